import { SampleBatch } from '@binnacle/shared/telemetry/sample-batch.ts';
import type { RefusalReason } from '../receivers/receiver.ts';

/** A batch after the checks: what is left of it, and what was refused. */
export interface CheckedBatch {
  readonly batch: SampleBatch;
  readonly refused: Map<RefusalReason, Refusal>;
  /** Rows of the batch that were refused, in rising order. */
  readonly refusedRows: readonly number[];
  /** ms since 1970, of the newest sample that is left; null when none is. */
  readonly newestMs: number | null;
}

export interface Refusal {
  count: number;
  /** Labels and fault of the first one, for the sender to find it. */
  readonly example: string;
  /** Time of the earliest one, ms since 1970 by its source's clock. */
  earliestMs: number;
}

/** Bounds of a sample's time, ms since 1970, inclusive. */
export interface TimeBounds {
  readonly oldestMs: number;
  readonly newestMs: number;
}

const maxExampleCharacters = 300;
const none = new Map<RefusalReason, Refusal>();
const noRows: readonly number[] = [];

/**
 * Checks every series once and every sample's time. A batch without fault is handed back as it is; otherwise what is
 * left is copied, bits and all, into a new one. Makes no object per sample.
 */
export function checkBatch(
  batch: SampleBatch,
  checkSeries: (index: number) => RefusalReason | undefined,
  bounds: TimeBounds,
): CheckedBatch {
  const { series, seriesOf, timestamps, valueWords, length } = batch;
  let seriesFaults: (RefusalReason | undefined)[] | undefined;
  for (let i = 0; i < series.length; i++) {
    const reason = checkSeries(i);
    if (reason === undefined) continue;
    seriesFaults ??= new Array<RefusalReason | undefined>(series.length).fill(undefined);
    seriesFaults[i] = reason;
  }
  const { oldestMs, newestMs } = bounds;
  let newest = Number.NEGATIVE_INFINITY;
  let timeFaults = 0;
  for (let i = 0; i < length; i++) {
    const at = timestamps[i] as number;
    if (!(at >= oldestMs && at <= newestMs)) timeFaults++;
    else if (at > newest) newest = at;
  }
  if (seriesFaults === undefined && timeFaults === 0) {
    return { batch, refused: none, refusedRows: noRows, newestMs: length === 0 ? null : newest };
  }

  const kept = new SampleBatch(Math.max(length, 1));
  // One by one: as arguments of a call, some hundred thousand do not fit on the stack.
  for (const labels of series) kept.series.push(labels);
  kept.table = batch.table;
  kept.numbers = batch.numbers;
  for (const entry of batch.metadata) kept.metadata.push(entry);
  for (const exemplar of batch.exemplars) kept.exemplars.push(exemplar);
  const refused = new Map<RefusalReason, Refusal>();
  const refusedRows: number[] = [];
  newest = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < length; i++) {
    const index = seriesOf[i] as number;
    const at = timestamps[i] as number;
    const reason = seriesFaults?.[index] ?? timeFault(at, bounds);
    if (reason === undefined) {
      kept.appendBits(index, at, valueWords[2 * i] as number, valueWords[2 * i + 1] as number);
      if (at > newest) newest = at;
      continue;
    }
    refusedRows.push(i);
    const known = refused.get(reason);
    if (known === undefined) {
      refused.set(reason, { count: 1, example: exampleOf(batch, index, at, reason), earliestMs: at });
    } else {
      known.count++;
      if (at < known.earliestMs) known.earliestMs = at;
    }
  }
  return { batch: kept, refused, refusedRows, newestMs: kept.length === 0 ? null : newest };
}

function timeFault(at: number, bounds: TimeBounds): RefusalReason | undefined {
  if (at > bounds.newestMs) return 'too_far_in_future';
  return at >= bounds.oldestMs ? undefined : 'too_old';
}

function exampleOf(batch: SampleBatch, index: number, at: number, reason: RefusalReason): string {
  const pairs = batch.series[index]?.pairs ?? [];
  let text = '';
  for (let i = 0; i < pairs.length && text.length < maxExampleCharacters; i += 2) {
    text += `${text === '' ? '' : ', '}${pairs[i]}=${JSON.stringify((pairs[i + 1] ?? '').slice(0, 100))}`;
  }
  const time = Number.isFinite(at) && Math.abs(at) < 8.64e15 ? new Date(at).toISOString() : String(at);
  const isTime = reason === 'too_far_in_future' || reason === 'too_old';
  return `{${text.slice(0, maxExampleCharacters)}}${isTime ? ` at ${time}` : ''}`;
}
