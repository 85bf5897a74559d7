import { BinnacleError } from '@binnacle/shared/errors.ts';
import { KahanSum } from './kahan.ts';
import { eachWindow } from './windows.ts';

const sumX = new KahanSum();
const sumY = new KahanSum();
const sumXY = new KahanSum();
const sumX2 = new KahanSum();

/** Slope per second, and value at the intercept time, of the least-squares line: left here for the caller to read. */
const line = { slope: 0, intercept: 0 };

function fitLine(times: Float64Array, values: Float64Array, from: number, to: number, interceptMs: number): void {
  sumX.reset();
  sumY.reset();
  sumXY.reset();
  sumX2.reset();
  const first = values[from] as number;
  let constant = true;
  for (let i = from; i < to; i++) {
    const y = values[i] as number;
    if (i > from && y !== first) constant = false;
    const x = ((times[i] as number) - interceptMs) / 1000;
    sumX.add(x);
    sumY.add(y);
    sumXY.add(x * y);
    sumX2.add(x * x);
  }
  if (constant) {
    // A flat line is answered exactly, without the rounding of the sums.
    const finite = first !== Infinity && first !== -Infinity;
    line.slope = finite ? 0 : Number.NaN;
    line.intercept = finite ? first : Number.NaN;
    return;
  }
  const n = to - from;
  const x = sumX.sum + sumX.compensation;
  const y = sumY.sum + sumY.compensation;
  const covariance = sumXY.sum + sumXY.compensation - (x * y) / n;
  const varianceX = sumX2.sum + sumX2.compensation - (x * x) / n;
  line.slope = covariance / varianceX;
  line.intercept = y / n - (line.slope * x) / n;
}

export const deriv = eachWindow(2, (times, values, from, to) => {
  // Measured from the first sample: unix times are too large to square.
  fitLine(times, values, from, to, times[from] as number);
  return line.slope;
});

/** `predict_linear(range, seconds)`: the line's value some seconds after the evaluation time. */
export const predictLinear = eachWindow(2, (times, values, from, to, step, windows, params) => {
  fitLine(times, values, from, to, windows.stepMs[step] as number);
  return line.slope * (params[0]?.[step] as number) + line.intercept;
});

/** `double_exponential_smoothing(range, smoothing, trend)`, with both factors in (0, 1). */
export const doubleExponentialSmoothing = eachWindow(2, (_times, values, from, to, step, _windows, params) => {
  const smoothing = factor(params[0]?.[step] as number, 'smoothing');
  const trendFactor = factor(params[1]?.[step] as number, 'trend');
  let previous = 0;
  let smoothed = values[from] as number;
  let trend = (values[from + 1] as number) - smoothed;
  for (let i = from + 1; i < to; i++) {
    const scaled = smoothing * (values[i] as number);
    if (i > from + 1) trend = trendFactor * (smoothed - previous) + (1 - trendFactor) * trend;
    const next = scaled + (1 - smoothing) * (smoothed + trend);
    previous = smoothed;
    smoothed = next;
  }
  return smoothed;
});

function factor(value: number, name: string): number {
  if (value > 0 && value < 1) return value;
  throw new BinnacleError(
    'query_failed',
    `invalid ${name} factor. Expected: 0 < ${name === 'smoothing' ? 'sf' : 'tf'} < 1, got: ${value}`,
  );
}
