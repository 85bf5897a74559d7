import { BinnacleError } from '@binnacle/shared/errors.ts';
import { LabelSet } from '@binnacle/shared/telemetry/labels.ts';
import type {
  Matcher,
  SampleReader,
  SampleSlab,
  ScanRequest,
  SeriesEntry,
  TimeRange,
} from '@binnacle/shared/telemetry/reader.ts';
import { isStale, type MetricMetadata, type SampleBatch } from '@binnacle/shared/telemetry/sample-batch.ts';
import { compileMatchers } from '../matching/matcher.ts';

/** A series in memory: columns in time order. `words` is the same memory as `values`. */
interface StoredSeries {
  readonly entry: SeriesEntry;
  timestamps: Float64Array;
  values: Float64Array;
  words: Uint32Array;
  /** ms since 1970 from which each sample counts, 0 where that is not known; undefined where it is known of none. */
  starts: Float64Array | undefined;
  length: number;
}

/**
 * A `SampleReader` that holds its samples in memory: the storage of tests and of the language's own scripts. Keeps every
 * bit of a float. The first of two samples with the same time wins.
 */
export class MemoryReader implements SampleReader {
  readonly #series = new Map<string, StoredSeries>();
  readonly #metadata: MetricMetadata[] = [];

  /** Takes the samples of a batch, in any order, and the start timestamp of each (0: unknown) where there are any. */
  append(batch: SampleBatch, starts?: Float64Array): void {
    const targets = batch.series.map((labels) => this.#target(labels));
    for (let i = 0; i < batch.length; i++) {
      const target = targets[batch.seriesOf[i] as number];
      if (target === undefined) throw new Error('a sample of the batch names a series that is not in the batch');
      const low = batch.valueWords[2 * i] as number;
      const high = batch.valueWords[2 * i + 1] as number;
      insert(target, batch.timestamps[i] as number, low, high, starts?.[i] ?? 0);
    }
    this.#metadata.push(...batch.metadata);
  }

  clear(): void {
    this.#series.clear();
    this.#metadata.length = 0;
  }

  async select(matchers: readonly Matcher[], range: TimeRange): Promise<SeriesEntry[]> {
    return this.#matching(matchers, range).map((stored) => stored.entry);
  }

  async *scan(request: ScanRequest): AsyncGenerator<SampleSlab> {
    let total = 0;
    for (const [index, entry] of request.series.entries()) {
      request.signal?.throwIfAborted();
      const stored = this.#series.get(entry.labels.key);
      if (stored === undefined) continue;
      const from = lowerBound(stored, request.fromMs);
      const to = upperBound(stored, request.toMs);
      if (to === from) continue;
      total += to - from;
      if (total > request.maxSamples) throw tooMany(request.maxSamples);
      yield slabOf(index, stored, from, to);
    }
  }

  async labelNames(matchers: readonly Matcher[], range: TimeRange): Promise<string[]> {
    const names = new Set<string>();
    for (const { entry } of this.#matching(matchers, range)) {
      for (let i = 0; i < entry.labels.pairs.length; i += 2) names.add(entry.labels.pairs[i] as string);
    }
    return [...names].sort();
  }

  async labelValues(name: string, matchers: readonly Matcher[], range: TimeRange): Promise<string[]> {
    const values = new Set<string>();
    for (const { entry } of this.#matching(matchers, range)) {
      const value = entry.labels.get(name);
      if (value !== undefined) values.add(value);
    }
    return [...values].sort();
  }

  async metadata(family?: string): Promise<MetricMetadata[]> {
    return this.#metadata.filter((entry) => family === undefined || entry.family === family);
  }

  #matching(matchers: readonly Matcher[], range: TimeRange): StoredSeries[] {
    const matches = compileMatchers(matchers);
    const found: StoredSeries[] = [];
    for (const stored of this.#series.values()) {
      if (!matches(stored.entry.labels)) continue;
      if (lowerBound(stored, range.fromMs) < upperBound(stored, range.toMs)) found.push(stored);
    }
    return found.sort((a, b) => (a.entry.labels.key < b.entry.labels.key ? -1 : 1));
  }

  #target(labels: LabelSet): StoredSeries {
    let stored = this.#series.get(labels.key);
    if (stored === undefined) {
      const values = new Float64Array(16);
      const words = new Uint32Array(values.buffer);
      const entry = { id: BigInt(this.#series.size + 1), labels: new LabelSet(labels.pairs) };
      stored = { entry, timestamps: new Float64Array(16), values, words, starts: undefined, length: 0 };
      this.#series.set(labels.key, stored);
    }
    return stored;
  }
}

/** Some samples of one series as a slab of its own. */
function slabOf(index: number, stored: StoredSeries, from: number, to: number): SampleSlab {
  const valueWords = stored.words.slice(2 * from, 2 * to);
  const stale = new Uint8Array(to - from);
  for (let i = 0; i < stale.length; i++) stale[i] = isStale(valueWords, i) ? 1 : 0;
  return {
    count: 1,
    seriesOf: Uint32Array.of(index),
    ends: Uint32Array.of(to - from),
    timestamps: stored.timestamps.slice(from, to),
    values: new Float64Array(valueWords.buffer),
    valueWords,
    stale: stale.includes(1) ? stale : undefined,
    ...(stored.starts === undefined ? {} : { startTimestamps: stored.starts.slice(from, to) }),
    release: () => {},
  };
}

const tooMany = (maxSamples: number): BinnacleError =>
  new BinnacleError(
    'query_limit',
    `the query would read more than ${maxSamples} samples; narrow the selector or the time range`,
  );

function insert(stored: StoredSeries, timestampMs: number, low: number, high: number, startMs: number): void {
  const at = lowerBound(stored, timestampMs);
  if (at < stored.length && stored.timestamps[at] === timestampMs) return;
  if (stored.length === stored.timestamps.length) grow(stored);
  stored.timestamps.copyWithin(at + 1, at, stored.length);
  stored.words.copyWithin(2 * (at + 1), 2 * at, 2 * stored.length);
  stored.timestamps[at] = timestampMs;
  stored.words[2 * at] = low;
  stored.words[2 * at + 1] = high;
  if (startMs !== 0) stored.starts ??= new Float64Array(stored.timestamps.length);
  if (stored.starts !== undefined) {
    stored.starts.copyWithin(at + 1, at, stored.length);
    stored.starts[at] = startMs;
  }
  stored.length++;
}

function grow(stored: StoredSeries): void {
  const timestamps = new Float64Array(stored.length * 2);
  timestamps.set(stored.timestamps);
  const values = new Float64Array(stored.length * 2);
  const words = new Uint32Array(values.buffer);
  words.set(stored.words);
  stored.timestamps = timestamps;
  stored.values = values;
  stored.words = words;
  if (stored.starts === undefined) return;
  const starts = new Float64Array(stored.length * 2);
  starts.set(stored.starts);
  stored.starts = starts;
}

/** First index with a time >= t. */
function lowerBound(stored: StoredSeries, t: number): number {
  let low = 0;
  let high = stored.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((stored.timestamps[middle] as number) < t) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** First index with a time > t. */
function upperBound(stored: StoredSeries, t: number): number {
  let low = 0;
  let high = stored.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((stored.timestamps[middle] as number) <= t) low = middle + 1;
    else high = middle;
  }
  return low;
}
