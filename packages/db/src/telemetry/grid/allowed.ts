import type { GridAggregation, GridFunction } from '@binnacle/shared/telemetry/grid.ts';

/** The aggregate function of ClickHouse that computes a function of PromQL at every step of a grid. */
export const gridFunctions: Partial<Record<GridFunction, string>> = {
  last: 'timeSeriesLastToGrid',
  rate: 'timeSeriesRateToGrid',
  increase: 'timeSeriesIncreaseToGrid',
  delta: 'timeSeriesDeltaToGrid',
  irate: 'timeSeriesInstantRateToGrid',
  idelta: 'timeSeriesInstantDeltaToGrid',
  resets: 'timeSeriesResetsToGrid',
  changes: 'timeSeriesChangesToGrid',
  last_over_time: 'timeSeriesLastToGrid',
  present_over_time: 'timeSeriesLastToGrid',
};

export const gridAggregations: readonly GridAggregation[] = [
  'sum',
  'avg',
  'count',
  'group',
  'min',
  'max',
  'stddev',
  'stdvar',
  'quantile',
];

export const resampledFunctions: readonly GridFunction[] = [
  'first_over_time',
  'count_over_time',
  'sum_over_time',
  'avg_over_time',
  'min_over_time',
  'max_over_time',
  'stddev_over_time',
  'stdvar_over_time',
];

/** Functions whose sign follows no rule: an interpolation between a value below and one above 0 may lose all digits. */
const signed: readonly GridFunction[] = ['delta', 'idelta'];

/** Pairs that have an exact form at all; which of them are offered, the self-test says. */
export const isGridPair = (fn: GridFunction, aggregation: GridAggregation | undefined): boolean =>
  gridFunctions[fn] !== undefined && !(aggregation === 'quantile' && signed.includes(fn));

/** Whether only the presence of a value matters, and no value can spoil the answer. */
export const countsOnly = (fn: GridFunction, aggregation: GridAggregation | undefined): boolean =>
  fn === 'present_over_time' || aggregation === 'count' || aggregation === 'group';
