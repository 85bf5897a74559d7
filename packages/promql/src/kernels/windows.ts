/**
 * The windows of one series over a grid: the window of step i holds the samples `from[i]` to `to[i]` (exclusive), which
 * lie in (endMs[i] - rangeMs, endMs[i]]. Both bounds never fall from step to step. Reused for the next series.
 */
export interface Windows {
  readonly count: number;
  readonly rangeMs: number;
  /** End of each window, ms since 1970: the step's time less the offset, or the time of an `@`. */
  readonly endMs: Float64Array;
  /** Evaluation time of each step, ms since 1970. */
  readonly stepMs: Float64Array;
  readonly from: Int32Array;
  readonly to: Int32Array;
}

/** The samples a kernel sees: columns without stale markers, of which the first `length` count. */
export interface KernelSamples {
  readonly times: Float64Array;
  readonly values: Float64Array;
  readonly length: number;
}

/**
 * A function over range vectors, for one series and all its windows: writes a value and a 1 in `present` for each step
 * that has a result. `params` are the scalar arguments, one value per step.
 */
export type RangeKernel = (
  samples: KernelSamples,
  windows: Windows,
  out: Float64Array,
  present: Uint8Array,
  params: readonly Float64Array[],
) => void;

export function makeWindows(rangeMs: number, endMs: Float64Array, stepMs: Float64Array): Windows {
  const count = endMs.length;
  return { count, rangeMs, endMs, stepMs, from: new Int32Array(count), to: new Int32Array(count) };
}

/**
 * Places the windows on a series with two pointers that only move forward. Most series have a sample at every turn of a clock,
 * so the next bound is first looked for as far ahead as the last one was.
 */
export function placeWindows(windows: Windows, samples: KernelSamples): void {
  const { count, rangeMs, endMs, from, to } = windows;
  const { times, length } = samples;
  let low = 0;
  let high = 0;
  if (count > 0) {
    // Skip ahead by bisection: data of a shared read may begin long before the first window.
    const start = (endMs[0] as number) - rangeMs;
    let left = 0;
    let right = length;
    while (left < right) {
      const middle = (left + right) >> 1;
      if ((times[middle] as number) <= start) left = middle + 1;
      else right = middle;
    }
    low = left;
    high = left;
  }
  let lowStride = 0;
  let highStride = 0;
  for (let i = 0; i < count; i++) {
    const end = endMs[i] as number;
    const start = end - rangeMs;
    const lowBefore = low;
    if (lowStride > 1 && low + lowStride < length && (times[low + lowStride - 1] as number) <= start) low += lowStride;
    while (low < length && (times[low] as number) <= start) low++;
    lowStride = low - lowBefore;
    if (high < low) high = low;
    const highBefore = high;
    if (highStride > 1 && high + highStride < length && (times[high + highStride - 1] as number) <= end)
      high += highStride;
    while (high < length && (times[high] as number) <= end) high++;
    highStride = high - highBefore;
    from[i] = low;
    to[i] = high;
  }
}

/** A kernel from a function of one window, for windows of at least `minimum` samples. */
export function eachWindow(
  minimum: number,
  compute: (
    times: Float64Array,
    values: Float64Array,
    from: number,
    to: number,
    step: number,
    windows: Windows,
    params: readonly Float64Array[],
  ) => number,
): RangeKernel {
  return (samples, windows, out, present, params) => {
    const { times, values } = samples;
    for (let i = 0; i < windows.count; i++) {
      const from = windows.from[i] as number;
      const to = windows.to[i] as number;
      if (to - from < minimum) continue;
      out[i] = compute(times, values, from, to, i, windows, params);
      present[i] = 1;
    }
  };
}

/** Most samples that one call of a kernel looks at: what a kernel does in a few ms. */
const samplesPerRun = 500_000;

/**
 * Splits windows into runs of steps that look at a bounded number of samples, so that a long range over one series does
 * not hold the event loop. Yields the first step of each run and the one after its last.
 */
export function* windowRuns({ count, from, to }: Windows): Generator<readonly [number, number]> {
  let first = 0;
  let samples = 0;
  for (let i = 0; i < count; i++) {
    samples += (to[i] as number) - (from[i] as number);
    if (samples < samplesPerRun) continue;
    yield [first, i + 1];
    first = i + 1;
    samples = 0;
  }
  if (first < count) yield [first, count];
}

/** Whether all windows are surely one run, told without looking at each: a sample is in as many as a range has steps. */
export function isOneRun({ count, rangeMs, endMs, from, to }: Windows): boolean {
  if (count < 2) return true;
  const distanceMs = (endMs[1] as number) - (endMs[0] as number);
  const overlap = distanceMs > 0 ? Math.min(count, Math.ceil(rangeMs / distanceMs)) : count;
  return overlap * ((to[count - 1] as number) - (from[0] as number)) < samplesPerRun;
}

/** The windows of some of the steps; shares memory. */
export function someWindows(windows: Windows, first: number, end: number): Windows {
  if (first === 0 && end === windows.count) return windows;
  return {
    count: end - first,
    rangeMs: windows.rangeMs,
    endMs: windows.endMs.subarray(first, end),
    stepMs: windows.stepMs.subarray(first, end),
    from: windows.from.subarray(first, end),
    to: windows.to.subarray(first, end),
  };
}
