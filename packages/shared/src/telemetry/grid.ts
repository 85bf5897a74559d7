import type { ScanRequest, SeriesEntry } from './scan-request.ts';

/**
 * What a store computes for each series at each step, over the samples in (step - windowMs, step]. `last` is an instant
 * selector: nothing where the newest sample is a stale marker. All others never see stale markers.
 */
export type GridFunction =
  | 'last'
  | 'rate'
  | 'increase'
  | 'delta'
  | 'irate'
  | 'idelta'
  | 'resets'
  | 'changes'
  | 'last_over_time'
  | 'first_over_time'
  | 'present_over_time'
  | 'count_over_time'
  | 'sum_over_time'
  | 'avg_over_time'
  | 'min_over_time'
  | 'max_over_time'
  | 'stddev_over_time'
  | 'stdvar_over_time';

/** How the series of a group become one, step by step. */
export type GridAggregation = 'sum' | 'avg' | 'count' | 'group' | 'min' | 'max' | 'stddev' | 'stdvar' | 'quantile';

/**
 * How the store goes about it: `grid` computes every step within the store; `resample` fetches partial results per
 * bucket of the greatest common divisor of step and window, which are joined outside.
 */
export type GridMethod = 'grid' | 'resample';

/** A part of a query that a store may answer by itself. Times are whole ms since 1970; offset and `@` are applied. */
export interface GridRequest {
  readonly method: GridMethod;
  readonly series: readonly SeriesEntry[];
  readonly function: GridFunction;
  /** Left out, every series stands for itself. Only with the method `grid`. */
  readonly aggregation?: GridAggregation | undefined;
  /** Group of each series, from 0; with an aggregation. */
  readonly groupOf?: Uint32Array | undefined;
  /** For `quantile`: from 0 to 1. */
  readonly quantile?: number | undefined;
  readonly startMs: number;
  /** More than 0, whatever the count. */
  readonly stepMs: number;
  readonly count: number;
  /** The range of a range function, the lookback of `last`. */
  readonly windowMs: number;
  /** More samples than this end the query with `query_limit`. */
  readonly maxSamples: number;
  readonly signal?: AbortSignal | undefined;
}

/** One group or series of an answer. NaN is a value; absence is `present[i] === 0`. */
export interface GridRow {
  /** Group number, or index into the request's series where nothing is aggregated. */
  readonly index: number;
  /** Any series of the group, by its index in the request. */
  readonly oneSeries: number;
  readonly values: Float64Array;
  readonly present: Uint8Array;
}

/** Rows without any value are left out. `declined`: the store cannot promise the exact answer for these samples. */
export type GridAnswer =
  | { readonly kind: 'rows'; readonly rows: readonly GridRow[]; readonly samplesRead: number; readonly bytes: number }
  | { readonly kind: 'declined'; readonly reason: string };

/** The capability of a store to compute over its samples: a plan may use it, and never has to. */
export interface GridReader {
  /** Whether a query crosses a network: raw samples are dear there. */
  readonly place: 'embedded' | 'remote';
  /** Whether the pair of function and aggregation passed the tests that ran when the store opened. */
  offers(method: GridMethod, fn: GridFunction, aggregation: GridAggregation | undefined): boolean;
  /** Rejects as `SampleReader.scan` does. */
  answer(request: GridRequest): Promise<GridAnswer>;
  /** A guess of the samples of some series of one metric over a time span, from what was read before. */
  expectedSamples(series: readonly SeriesEntry[], spanMs: number): number;
  /** The SQL of `answer`, for people. */
  describe(request: GridRequest): string;
  /** The SQL of a scan, for people. */
  describeScan(request: ScanRequest): string;
}
