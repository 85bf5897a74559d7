import type { SampleBatch, SampleExemplar } from '@binnacle/shared/telemetry/sample-batch.ts';
import type { RefusalReason } from '../receivers/receiver.ts';
import type { Limits } from './limits.ts';
import type { Refusal, TimeBounds } from './sample-check.ts';
import { labelsFault } from './series-check.ts';

/** Characters of all names and values of an exemplar's own labels, as OpenMetrics allows. */
const maxLabelCharacters = 128;

/** Takes the exemplars that are refused out of a batch, and says of which reason they were. */
export function checkExemplars(batch: SampleBatch, limits: Limits, bounds: TimeBounds): Map<RefusalReason, Refusal> {
  const refused = new Map<RefusalReason, Refusal>();
  const { exemplars } = batch;
  let kept = 0;
  for (const exemplar of exemplars) {
    const reason = exemplarFault(exemplar, limits, bounds);
    if (reason === undefined) {
      exemplars[kept++] = exemplar;
      continue;
    }
    const known = refused.get(reason);
    if (known === undefined)
      refused.set(reason, {
        count: 1,
        example: `an exemplar of ${exemplar.series.metricName.slice(0, 200)}`,
        earliestMs: exemplar.timestampMs,
      });
    else {
      known.count++;
      known.earliestMs = Math.min(known.earliestMs, exemplar.timestampMs);
    }
  }
  exemplars.length = kept;
  return refused;
}

function exemplarFault(
  { series, labels, timestampMs }: SampleExemplar,
  limits: Limits,
  { oldestMs, newestMs }: TimeBounds,
): RefusalReason | undefined {
  let characters = 0;
  let previous: string | undefined;
  for (let i = 0; i < labels.pairs.length; i += 2) {
    const name = labels.pairs[i] as string;
    const value = labels.pairs[i + 1] as string;
    if (name === '' || name === previous || !name.isWellFormed() || !value.isWellFormed()) return 'bad_exemplar';
    characters += name.length + value.length;
    previous = name;
  }
  if (characters > maxLabelCharacters || !Number.isInteger(timestampMs)) return 'bad_exemplar';
  if (timestampMs > newestMs) return 'too_far_in_future';
  if (timestampMs < oldestMs) return 'too_old';
  return labelsFault(series, limits);
}

/** Refusals of samples and of exemplars as one list, by reason. */
export function together(
  samples: ReadonlyMap<RefusalReason, Refusal>,
  exemplars: ReadonlyMap<RefusalReason, Refusal>,
): Map<RefusalReason, Refusal> {
  const all = new Map(samples);
  for (const [reason, refusal] of exemplars) {
    const known = all.get(reason);
    all.set(
      reason,
      known === undefined
        ? refusal
        : {
            ...known,
            count: known.count + refusal.count,
            earliestMs: Math.min(known.earliestMs, refusal.earliestMs),
          },
    );
  }
  return all;
}
