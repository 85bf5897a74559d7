import type { GridReader } from './grid.ts';
import type { LabelSet } from './labels.ts';
import type { MetricMetadata } from './sample-batch.ts';

/** One label matcher of a selector. Regular expressions are RE2, anchored at both ends, and `.` matches a newline. */
export interface Matcher {
  readonly name: string;
  readonly op: '=' | '!=' | '=~' | '!~';
  readonly value: string;
}

/** A series as the store knows it. `id` is stable; two series never share one. */
export interface SeriesEntry {
  readonly id: bigint;
  readonly labels: LabelSet;
}

export interface TimeRange {
  /** ms since 1970, inclusive */
  readonly fromMs: number;
  /** ms since 1970, inclusive */
  readonly toMs: number;
}

export interface ScanRequest extends TimeRange {
  readonly series: readonly SeriesEntry[];
  /** More samples than this end the scan with `query_limit`. */
  readonly maxSamples: number;
  readonly signal?: AbortSignal;
}

/**
 * Samples of some of a request's series in columns, series by series: all that the series have in the request's range, in
 * time order, duplicate timestamps merged. No series comes in two slabs; the order of series says nothing. The samples of
 * the i-th series stand from `ends[i - 1]` (0 for the first) to `ends[i]`, exclusive. Stale markers are samples.
 */
export interface SampleSlab {
  /** How many series. */
  readonly count: number;
  /** Index into the request's `series` of each. */
  readonly seriesOf: Uint32Array;
  readonly ends: Uint32Array;
  /** ms since 1970 */
  readonly timestamps: Float64Array;
  readonly values: Float64Array;
  /** The same memory as `values`. */
  readonly valueWords: Uint32Array;
  /** 1 where a sample is a stale marker; undefined where none is. */
  readonly stale: Uint8Array | undefined;
  /** Start timestamps of the samples, ms since 1970, 0 where unknown; left out by a store that keeps none. */
  readonly startTimestamps?: Float64Array;
  /** Gives the memory back for another slab: do not look at the columns from then on. Optional. */
  release(): void;
}

/** What PromQL and the Prometheus API read: implemented by the telemetry store, and in memory for tests. */
export interface SampleReader {
  /** Series that match every matcher and may have samples in the range. */
  select(matchers: readonly Matcher[], range: TimeRange): Promise<SeriesEntry[]>;
  scan(request: ScanRequest): AsyncIterable<SampleSlab>;
  labelNames(matchers: readonly Matcher[], range: TimeRange): Promise<string[]>;
  labelValues(name: string, matchers: readonly Matcher[], range: TimeRange): Promise<string[]>;
  metadata(family?: string): Promise<MetricMetadata[]>;
  /** Computes over its samples where they lie; left out where it only hands them over. */
  readonly grid?: GridReader | undefined;
}
