import type { LabelSet } from './labels.ts';

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
