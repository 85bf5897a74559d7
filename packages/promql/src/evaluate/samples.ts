import { BinnacleError } from '@binnacle/shared/errors.ts';
import type { LabelSet } from '@binnacle/shared/telemetry/labels.ts';
import type { SampleBlock, SampleReader } from '@binnacle/shared/telemetry/reader.ts';
import { staleHigh, staleLow } from '@binnacle/shared/telemetry/sample-batch.ts';
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
}

export interface FetchLimits {
  readonly maxSamples: number;
  readonly maxSeries: number;
  readonly signal: AbortSignal;
}

/** Reads everything one fetch of the plan asks for, in one pass over the store. */
export async function fetchSamples(reader: SampleReader, fetch: Fetch, limits: FetchLimits): Promise<Samples[]> {
  const entries = await reader.select(fetch.matchers, fetch);
  limits.signal.throwIfAborted();
  if (entries.length > limits.maxSeries) {
    throw new BinnacleError(
      'query_limit',
      `the query selects ${entries.length} series, more than ${limits.maxSeries}; narrow the selector`,
    );
  }
  if (entries.length === 0) return [];
  const series: Samples[] = entries.map((entry) => ({
    labels: entry.labels,
    dropName: false,
    times: emptyColumn,
    values: emptyColumn,
    length: 0,
    stale: undefined,
  }));
  const { fromMs, toMs } = fetch;
  const { maxSamples, signal } = limits;
  for await (const block of reader.scan({ series: entries, fromMs, toMs, maxSamples, signal })) {
    signal.throwIfAborted();
    takeBlock(series, block);
  }
  return series.filter((one) => one.length > 0);
}

const emptyColumn = new Float64Array(0);

/** Copies a block run by run: within a block the samples of a series stand together for long stretches. */
function takeBlock(series: readonly Samples[], block: SampleBlock): void {
  const { length, seriesOf, timestamps, values, valueWords } = block;
  for (let from = 0; from < length; ) {
    const index = seriesOf[from] as number;
    let to = from + 1;
    while (to < length && seriesOf[to] === index) to++;
    const target = series[index];
    if (target === undefined) throw new Error('the store answered with a series that was not asked for');
    const needed = target.length + to - from;
    if (needed > target.times.length) grow(target, needed);
    for (let i = from; i < to; i++) {
      const at = target.length + i - from;
      target.times[at] = timestamps[i] as number;
      target.values[at] = values[i] as number;
      if (valueWords[2 * i + 1] === staleHigh && valueWords[2 * i] === staleLow) {
        target.stale ??= new Uint8Array(target.times.length);
        target.stale[at] = 1;
      }
    }
    target.length = needed;
    from = to;
  }
}

function grow(target: Samples, needed: number): void {
  const capacity = Math.max(needed, target.times.length * 2, 64);
  const times = new Float64Array(capacity);
  times.set(target.times);
  const values = new Float64Array(capacity);
  values.set(target.values);
  target.times = times;
  target.values = values;
  if (target.stale === undefined) return;
  const stale = new Uint8Array(capacity);
  stale.set(target.stale);
  target.stale = stale;
}

/** The same series without its stale markers, as range vectors see it. */
export function withoutStaleMarkers(samples: Samples): Samples {
  const { stale, length } = samples;
  if (stale === undefined) return samples;
  const times = new Float64Array(length);
  const values = new Float64Array(length);
  let kept = 0;
  for (let i = 0; i < length; i++) {
    if (stale[i] === 1) continue;
    times[kept] = samples.times[i] as number;
    values[kept] = samples.values[i] as number;
    kept++;
  }
  return { labels: samples.labels, dropName: samples.dropName, times, values, length: kept, stale: undefined };
}
