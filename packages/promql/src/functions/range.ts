import * as counters from '../kernels/counters.ts';
import * as overTime from '../kernels/over-time.ts';
import * as trends from '../kernels/trends.ts';
import type { RangeKernel } from '../kernels/windows.ts';
import type { FunctionImplementation } from './function.ts';

const range = (kernel: RangeKernel, keepsName = false): FunctionImplementation => ({
  kind: 'range',
  kernel,
  keepsName,
});

/** Functions over range vectors, each by its kernel. Those that pick a sample keep the metric's name. */
export const rangeFunctions: Readonly<Record<string, FunctionImplementation>> = {
  avg_over_time: range(overTime.avgOverTime),
  changes: range(counters.changes),
  count_over_time: range(overTime.countOverTime),
  delta: range(counters.delta),
  deriv: range(trends.deriv),
  double_exponential_smoothing: range(trends.doubleExponentialSmoothing),
  first_over_time: range(overTime.firstOverTime, true),
  idelta: range(counters.idelta),
  increase: range(counters.increase),
  irate: range(counters.irate),
  last_over_time: range(overTime.lastOverTime, true),
  mad_over_time: range(overTime.madOverTime),
  max_over_time: range(overTime.maxOverTime),
  min_over_time: range(overTime.minOverTime),
  predict_linear: range(trends.predictLinear),
  present_over_time: range(overTime.presentOverTime),
  quantile_over_time: range(overTime.quantileOverTime),
  rate: range(counters.rate),
  resets: range(counters.resets),
  stddev_over_time: range(overTime.stddevOverTime),
  stdvar_over_time: range(overTime.stdvarOverTime),
  sum_over_time: range(overTime.sumOverTime),
  ts_of_first_over_time: range(overTime.tsOfFirstOverTime),
  ts_of_last_over_time: range(overTime.tsOfLastOverTime),
  ts_of_max_over_time: range(overTime.tsOfMaxOverTime),
  ts_of_min_over_time: range(overTime.tsOfMinOverTime),
};
