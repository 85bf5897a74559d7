import { BinnacleError } from '@binnacle/shared/errors.ts';
import type { SampleBatch } from '@binnacle/shared/telemetry/sample-batch.ts';
import type { WriteTally } from '../../wire/write-tally.ts';
import type { WriteResult } from '../receiver.ts';
import type { WriteVersion } from './negotiate.ts';

/** How many of each kind; what the `X-Prometheus-Remote-Write-*-Written` headers count. */
export interface Counts {
  readonly samples: number;
  readonly histograms: number;
  readonly exemplars: number;
}

export interface Outcome {
  readonly written: Counts;
  /** 400 with reasons and counts, when anything was refused; what could be stored is. */
  readonly refusal: BinnacleError | undefined;
}

export const nothingWritten: Counts = { samples: 0, histograms: 0, exemplars: 0 };

/** Headers that every answer of the door has, and must have for remote write 2.0. */
export function writtenHeaders({ samples, histograms, exemplars }: Counts): Record<string, string> {
  return {
    'x-prometheus-remote-write-samples-written': String(samples),
    'x-prometheus-remote-write-histograms-written': String(histograms),
    'x-prometheus-remote-write-exemplars-written': String(exemplars),
  };
}

/**
 * What became of a request. A histogram is written when all of its samples are. In 1.0 exemplars are a gift: one that is
 * not kept does not spoil the answer.
 */
export function outcomeOf(
  version: WriteVersion,
  { batch, tally }: { readonly batch: SampleBatch; readonly tally: WriteTally },
  exemplarsSent: number,
  result: WriteResult,
): Outcome {
  const { starts, ends } = tally;
  let histogramRows = 0;
  for (let i = 0; i < starts.length; i++) histogramRows += (ends[i] as number) - (starts[i] as number);
  let refusedPlain = 0;
  let refusedHistograms = 0;
  let next = 0;
  let hit = -1;
  for (const row of result.refusedRows ?? []) {
    while (next < ends.length && (ends[next] as number) <= row) next++;
    if (next === ends.length || row < (starts[next] as number)) refusedPlain++;
    else if (hit !== next) {
      hit = next;
      refusedHistograms++;
    }
  }
  const written = {
    samples: batch.length - histogramRows - refusedPlain,
    histograms: starts.length - refusedHistograms,
    exemplars: result.acceptedExemplars ?? 0,
  };
  const left = {
    samples: refusedPlain,
    histograms: refusedHistograms,
    exemplars: exemplarsSent - written.exemplars,
  };
  for (const refused of tally.refused.values()) {
    left.samples += refused.samples;
    left.histograms += refused.histograms;
    left.exemplars += refused.exemplars;
  }
  if (version === 1) left.exemplars = 0;
  return { written, refusal: refusalOf(written, left, tally, result) };
}

function refusalOf(written: Counts, left: Counts, tally: WriteTally, result: WriteResult): BinnacleError | undefined {
  if (left.samples + left.histograms + left.exemplars === 0) return undefined;
  const kinds = (['samples', 'histograms', 'exemplars'] as const)
    .filter((kind) => left[kind] > 0)
    .map((kind) => `${left[kind]} of ${left[kind] + written[kind]} ${kind}`);
  const reasons = result.refused.map(({ reason, count }) => `${reason} (${count})`);
  for (const [reason, { samples, histograms, exemplars }] of tally.refused)
    reasons.push(`${reason} (${samples + histograms + exemplars})`);
  const example = result.refused[0]?.example ?? tally.refused.values().next().value?.example;
  return new BinnacleError(
    'bad_sample',
    `${kinds.join(', ')} were refused, the rest is stored: ${reasons.join(', ')}${example === undefined ? '' : `; the first: ${example}`}`,
  );
}
