import type { GridReader } from './grid.ts';
import type { MetricMetadata, SampleExemplar } from './sample-batch.ts';
import type { Matcher, ScanRequest, SeriesEntry, TimeRange } from './scan-request.ts';

export type { Matcher, ScanRequest, SeriesEntry, TimeRange } from './scan-request.ts';

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
  /** Exemplars of the series that match, in time order; left out where none are kept. */
  exemplars?(matchers: readonly Matcher[], range: TimeRange): Promise<SampleExemplar[]>;
  /** Computes over its samples where they lie; left out where it only hands them over. */
  readonly grid?: GridReader | undefined;
}
