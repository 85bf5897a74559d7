import { labelsFromObject } from '@binnacle/shared/telemetry/labels.ts';
import { SampleBatch } from '@binnacle/shared/telemetry/sample-batch.ts';

/** A value, or a stale marker. */
export type DataValue = number | 'stale';

/** One series of a test: labels with `__name__`, and samples in time order. */
export interface DataSeries {
  readonly labels: Readonly<Record<string, string>>;
  /** ms since 1970 */
  readonly times: readonly number[];
  readonly values: readonly DataValue[];
}

/** The series as batches of bounded size, all samples of a time before those of later ones, as a scraper sends them. */
export function batchesOf(data: readonly DataSeries[], batchMs = 2 * 3_600_000): SampleBatch[] {
  const labels = data.map((series) => labelsFromObject(series.labels));
  const byPeriod = new Map<number, { batch: SampleBatch; indices: Map<number, number> }>();
  for (const [s, { times, values }] of data.entries()) {
    for (const [i, timeMs] of times.entries()) {
      const period = Math.floor(timeMs / batchMs);
      let open = byPeriod.get(period);
      if (open === undefined) {
        open = { batch: new SampleBatch(), indices: new Map() };
        byPeriod.set(period, open);
      }
      let index = open.indices.get(s);
      if (index === undefined) {
        index = open.batch.addSeries(labels[s] as (typeof labels)[number]);
        open.indices.set(s, index);
      }
      const value = values[i] as DataValue;
      if (value === 'stale') open.batch.appendStale(index, timeMs);
      else open.batch.append(index, timeMs, value);
    }
  }
  return [...byPeriod.entries()].sort(([a], [b]) => a - b).map(([, { batch }]) => batch);
}
