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
 * A run of samples in columns. Within one series samples come in time order over the whole scan; series interleave from
 * block to block (the store walks two-hour buckets). Duplicate timestamps of a series have been merged. Stale markers are
 * samples: test `valueWords` with `isStale`. The arrays are reused by the next block: copy what you keep.
 */
export interface SampleBlock {
  readonly length: number;
  /** Index into the request's `series`. */
  readonly seriesOf: Uint32Array;
  readonly timestamps: Float64Array;
  readonly values: Float64Array;
  readonly valueWords: Uint32Array;
}

/** What PromQL and the Prometheus API read: implemented by the telemetry store, and in memory for tests. */
export interface SampleReader {
  /** Series that match every matcher and may have samples in the range. */
  select(matchers: readonly Matcher[], range: TimeRange): Promise<SeriesEntry[]>;
  scan(request: ScanRequest): AsyncIterable<SampleBlock>;
  labelNames(matchers: readonly Matcher[], range: TimeRange): Promise<string[]>;
  labelValues(name: string, matchers: readonly Matcher[], range: TimeRange): Promise<string[]>;
  metadata(family?: string): Promise<MetricMetadata[]>;
  /** Computes over its samples where they lie; left out where it only hands them over. */
  readonly grid?: GridReader | undefined;
}
