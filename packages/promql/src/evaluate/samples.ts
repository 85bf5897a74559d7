import { BinnacleError } from '@binnacle/shared/errors.ts';
import type { LabelSet } from '@binnacle/shared/telemetry/labels.ts';
import type { SampleReader, SampleSlab, SeriesEntry } from '@binnacle/shared/telemetry/reader.ts';
import type { Fetch } from '../plan/plan.ts';

/** The raw samples of one series in columns, in time order: ms since 1970 and values; the first `length` count. */
export interface Samples {
  readonly labels: LabelSet;
  readonly dropName: boolean;
  times: Float64Array;
  values: Float64Array;
  length: number;
  /** 1 where a sample is a stale marker; undefined where the series has none. */
  stale: Uint8Array | undefined;
  /** Start timestamps, ms since 1970, 0 where unknown; undefined where the store keeps none. */
  starts?: Float64Array | undefined;
}

export interface FetchLimits {
  readonly maxSamples: number;
  readonly maxSeries: number;
  readonly signal: AbortSignal;
}

/** The series of a fetch. Refuses with `query_limit` where there are too many. */
export async function selectSeries(reader: SampleReader, fetch: Fetch, limits: FetchLimits): Promise<SeriesEntry[]> {
  const entries = await reader.select(fetch.matchers, fetch);
  limits.signal.throwIfAborted();
  if (entries.length > limits.maxSeries) {
    throw new BinnacleError(
      'query_limit',
      `the query selects ${entries.length} series, more than ${limits.maxSeries}; narrow the selector`,
    );
  }
  return entries;
}

/** The i-th series of a slab; shares its memory. */
export function samplesOf(entries: readonly SeriesEntry[], slab: SampleSlab, i: number): Samples {
  const from = i === 0 ? 0 : (slab.ends[i - 1] as number);
  const to = slab.ends[i] as number;
  const entry = entries[slab.seriesOf[i] as number];
  if (entry === undefined) throw new Error('the store answered with a series that was not asked for');
  const stale = slab.stale?.subarray(from, to);
  return {
    labels: entry.labels,
    dropName: false,
    times: slab.timestamps.subarray(from, to),
    values: slab.values.subarray(from, to),
    length: to - from,
    stale: stale?.includes(1) === true ? stale : undefined,
    starts: slab.startTimestamps?.subarray(from, to),
  };
}

/** The series of all batches, one after another. */
export async function* eachSeries(
  batches: AsyncIterable<readonly Samples[]> | Iterable<readonly Samples[]>,
): AsyncGenerator<Samples> {
  for await (const batch of batches) yield* batch;
}

/** The same series without its stale markers, as range vectors see it. */
export function withoutStaleMarkers(samples: Samples): Samples {
  const { stale, length } = samples;
  if (stale === undefined) return samples;
  const times = new Float64Array(length);
  const values = new Float64Array(length);
  const starts = samples.starts && new Float64Array(length);
  let kept = 0;
  for (let i = 0; i < length; i++) {
    if (stale[i] === 1) continue;
    times[kept] = samples.times[i] as number;
    values[kept] = samples.values[i] as number;
    if (starts !== undefined) starts[kept] = samples.starts?.[i] as number;
    kept++;
  }
  return { ...samples, times, values, starts, length: kept, stale: undefined };
}
