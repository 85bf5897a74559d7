import type { RangeKernel } from './windows.ts';

/**
 * Kernels of counters whose samples say since when they count (OTLP's start time): a reset shows even where the counter has
 * already passed its old value. Starts are ms since 1970, 0 where unknown.
 */
export interface StartedSeries {
  /** One for each sample. */
  readonly starts: Float64Array;
  /** Told where a sample claims to have begun before the end of the one before it, but not where that one began. */
  overlaps(): void;
}

/** The kernel of a function that looks at start timestamps; undefined where the function does not. */
export function startedKernel(name: string, series: StartedSeries): RangeKernel | undefined {
  switch (name) {
    case 'rate':
      return increaseOf(series, true);
    case 'increase':
      return increaseOf(series, false);
    case 'irate':
      return irateOf(series);
    case 'resets':
      return resetsOf(series);
    default:
      return undefined;
  }
}

/** Whether sample i began to count after the one before it was taken. */
function startedAnew(times: Float64Array, starts: Float64Array, i: number): boolean {
  const start = starts[i] as number;
  const previous = times[i - 1] as number;
  if (start === 0 || start >= (times[i] as number)) return false;
  if (start !== previous) return start > previous;
  // A start at the previous sample: a delta, unless that sample's own start is unknown or senseless.
  const before = starts[i - 1] as number;
  return before !== 0 && before < previous;
}

/**
 * `rate` and `increase`. Where the first sample of the window began to count within it, it counts whole and nothing is
 * extrapolated to the window's start: one sample is enough then.
 */
function increaseOf({ starts, overlaps }: StartedSeries, perSecond: boolean): RangeKernel {
  return ({ times, values }, windows, out, present) => {
    for (let i = 0; i < windows.count; i++) {
      const from = windows.from[i] as number;
      const to = windows.to[i] as number;
      if (to <= from) continue;
      const first = values[from] as number;
      const firstTime = times[from] as number;
      const lastTime = times[to - 1] as number;
      const end = windows.endMs[i] as number;
      const windowStart = end - windows.rangeMs;
      const start = starts[from] as number;
      const countsWhole = start !== 0 && start > windowStart && start < firstTime;
      if (to - from < 2 && !countsWhole) continue;
      let increase = (values[to - 1] as number) - first;
      for (let at = from + 1; at < to; at++) {
        const previous = values[at - 1] as number;
        const began = starts[at] as number;
        if (began !== 0 && began < (times[at - 1] as number) && began !== starts[at - 1]) overlaps();
        if ((values[at] as number) < previous || startedAnew(times, starts, at)) increase += previous;
      }
      let sampled = (lastTime - firstTime) / 1000;
      const average = to - from > 1 ? sampled / (to - from - 1) : 0;
      const threshold = average * 1.1;
      let toStart = (firstTime - windowStart) / 1000;
      let toEnd = (end - lastTime) / 1000;
      if (countsWhole) {
        toStart = 0;
        sampled = (lastTime - start) / 1000;
        increase += first;
      } else {
        if (toStart >= threshold) toStart = average / 2;
        if (increase > 0 && first >= 0) toStart = Math.min(toStart, sampled * (first / increase));
      }
      if (toEnd >= threshold) toEnd = average / 2;
      const factor = sampled === 0 ? 1 : (sampled + toStart + toEnd) / sampled;
      out[i] = increase * (perSecond ? factor / (windows.rangeMs / 1000) : factor);
      present[i] = 1;
    }
  };
}

function irateOf({ starts }: StartedSeries): RangeKernel {
  return ({ times, values }, windows, out, present) => {
    for (let i = 0; i < windows.count; i++) {
      const last = (windows.to[i] as number) - 1;
      if (last - (windows.from[i] as number) < 1) continue;
      const value = values[last] as number;
      const previous = values[last - 1] as number;
      const anew = value < previous || startedAnew(times, starts, last);
      out[i] = (anew ? value : value - previous) / (((times[last] as number) - (times[last - 1] as number)) / 1000);
      present[i] = 1;
    }
  };
}

function resetsOf({ starts }: StartedSeries): RangeKernel {
  return ({ times, values }, windows, out, present) => {
    for (let i = 0; i < windows.count; i++) {
      const from = windows.from[i] as number;
      const to = windows.to[i] as number;
      if (to <= from) continue;
      let count = 0;
      for (let at = from + 1; at < to; at++) {
        if ((values[at] as number) < (values[at - 1] as number) || startedAnew(times, starts, at)) count++;
      }
      out[i] = count;
      present[i] = 1;
    }
  };
}
