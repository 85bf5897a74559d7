import { eachWindow, type KernelSamples, type RangeKernel, type Windows } from './windows.ts';

/** Which value of the extrapolation a function returns. */
interface Extrapolation {
  /** Mend counter resets, and never extrapolate below zero. */
  readonly counter: boolean;
  /** Divide by the length of the range. */
  readonly perSecond: boolean;
}

/** Indices at which a counter fell below its predecessor. Reused from series to series. */
let resetIndices = new Int32Array(64);

function findResets(samples: KernelSamples): number {
  const { values, length } = samples;
  let count = 0;
  let previous = values[0] as number;
  for (let i = 1; i < length; i++) {
    const value = values[i] as number;
    if (value < previous) {
      if (count === resetIndices.length) {
        const larger = new Int32Array(count * 2);
        larger.set(resetIndices);
        resetIndices = larger;
      }
      resetIndices[count++] = i;
    }
    previous = value;
  }
  return count;
}

/**
 * Whether a gap is 1.1 average distances long or longer, decided as Prometheus does in seconds. Most gaps are told by a
 * product, without a division.
 */
function isFar(gapMs: number, sampledMs: number, distances: number): boolean {
  const gaps = gapMs * distances;
  if (gaps < 1.05 * sampledMs) return false;
  if (gaps > 1.15 * sampledMs) return true;
  return gapMs / 1000 >= (sampledMs / 1000 / distances) * 1.1;
}

/**
 * `rate`, `increase` and `delta`: the difference between the first and last sample of the window, extrapolated to its
 * ends. Where a sample is missing near an end (more than 1.1 average distances), only half a distance is added; a counter
 * is never extrapolated to before the point where it would have been zero.
 */
function extrapolated({ counter, perSecond }: Extrapolation): RangeKernel {
  return (samples, windows, out, present) => {
    const { times, values } = samples;
    // In locals: `out` might be any of these columns, for all that a compiler knows, and they would be looked up at each step.
    const { count, rangeMs, endMs, from: froms, to: tos } = windows;
    const rangeSeconds = rangeMs / 1000;
    const resetCount = counter ? findResets(samples) : 0;
    let nextReset = 0;
    for (let i = 0; i < count; i++) {
      const from = froms[i] as number;
      const to = tos[i] as number;
      if (to - from < 2) continue;
      const first = values[from] as number;
      let difference = (values[to - 1] as number) - first;
      if (resetCount > 0) {
        while (nextReset < resetCount && (resetIndices[nextReset] as number) <= from) nextReset++;
        for (let r = nextReset; r < resetCount; r++) {
          const at = resetIndices[r] as number;
          if (at >= to) break;
          difference += values[at - 1] as number;
        }
      }
      const firstTime = times[from] as number;
      const lastTime = times[to - 1] as number;
      const end = endMs[i] as number;
      const sampledMs = lastTime - firstTime;
      const distances = to - from - 1;
      let toStartMs = firstTime - (end - rangeMs);
      let toEndMs = end - lastTime;
      if (isFar(toStartMs, sampledMs, distances)) toStartMs = sampledMs / distances / 2;
      if (counter && difference > 0 && first >= 0) {
        const share = first / difference;
        if (share * sampledMs < toStartMs) toStartMs = share * sampledMs;
      }
      if (isFar(toEndMs, sampledMs, distances)) toEndMs = sampledMs / distances / 2;
      const lengthMs = sampledMs + toStartMs + toEndMs;
      const factor = lengthMs / (perSecond ? sampledMs * rangeSeconds : sampledMs);
      out[i] = difference * factor;
      present[i] = 1;
    }
  };
}

export const rate = extrapolated({ counter: true, perSecond: true });
export const increase = extrapolated({ counter: true, perSecond: false });
export const delta = extrapolated({ counter: false, perSecond: false });

/** `irate`: the last two samples; after a reset the last value is the whole increase. */
export const irate = eachWindow(2, (times, values, _from, to) => {
  const last = values[to - 1] as number;
  const previous = values[to - 2] as number;
  const difference = last < previous ? last : last - previous;
  return difference / (((times[to - 1] as number) - (times[to - 2] as number)) / 1000);
});

/** `idelta`: the difference of the last two samples. */
export const idelta = eachWindow(
  2,
  (_times, values, _from, to) => (values[to - 1] as number) - (values[to - 2] as number),
);

let runningCounts = new Int32Array(64);

/** A kernel that counts neighbours for which a test holds, by running counts: one pass, whatever the windows' overlap. */
function countingNeighbours(holds: (previous: number, current: number) => boolean): RangeKernel {
  return (samples: KernelSamples, windows: Windows, out, present) => {
    const { values, length } = samples;
    if (runningCounts.length < length) runningCounts = new Int32Array(length * 2);
    let running = 0;
    for (let i = 0; i < length; i++) {
      if (i > 0 && holds(values[i - 1] as number, values[i] as number)) running++;
      runningCounts[i] = running;
    }
    for (let i = 0; i < windows.count; i++) {
      const from = windows.from[i] as number;
      const to = windows.to[i] as number;
      if (to <= from) continue;
      out[i] = (runningCounts[to - 1] as number) - (runningCounts[from] as number);
      present[i] = 1;
    }
  };
}

export const resets = countingNeighbours((previous, current) => current < previous);
/** NaN after NaN is no change. */
export const changes = countingNeighbours(
  (previous, current) => current !== previous && !(Number.isNaN(current) && Number.isNaN(previous)),
);
