import { KahanSum } from './kahan.ts';
import { quantileOf } from './quantile.ts';
import { eachWindow, type KernelSamples, type RangeKernel, type Windows } from './windows.ts';

// The compensated sums of these two stand in local variables: they run for every sample of every window.

export const sumOverTime = eachWindow(1, (_times, values, from, to) => {
  let sum = 0;
  let compensation = 0;
  for (let i = from; i < to; i++) {
    const value = values[i] as number;
    const total = sum + value;
    if (total === Infinity || total === -Infinity) compensation = 0;
    else if (Math.abs(sum) >= Math.abs(value)) compensation += sum - total + value;
    else compensation += value - total + sum;
    sum = total;
  }
  return sum === Infinity || sum === -Infinity ? sum : sum + compensation;
});

/** The mean by a compensated sum; where the sum would overflow, an incremental mean from there on. */
export const avgOverTime = eachWindow(1, (_times, values, from, to) => {
  let sum = values[from] as number;
  let compensation = 0;
  for (let i = from + 1; i < to; i++) {
    const value = values[i] as number;
    const total = sum + value;
    if (total === Infinity || total === -Infinity) return incrementalMean(values, from, i, to, sum, compensation);
    if (Math.abs(sum) >= Math.abs(value)) compensation += sum - total + value;
    else compensation += value - total + sum;
    sum = total;
  }
  const count = to - from;
  return sum / count + compensation / count;
});

const mean = new KahanSum();

function incrementalMean(
  values: Float64Array,
  from: number,
  at: number,
  to: number,
  sum: number,
  compensation: number,
): number {
  let count = at - from;
  mean.sum = sum / count;
  mean.compensation = compensation / count;
  for (let i = at; i < to; i++) {
    count++;
    const share = (count - 1) / count;
    mean.sum *= share;
    mean.compensation *= share;
    mean.add((values[i] as number) / count);
  }
  return mean.sum + mean.compensation;
}

export const countOverTime = eachWindow(1, (_times, _values, from, to) => to - from);
export const lastOverTime = eachWindow(1, (_times, values, _from, to) => values[to - 1] as number);
export const firstOverTime = eachWindow(1, (_times, values, from) => values[from] as number);
export const presentOverTime = eachWindow(1, () => 1);
export const tsOfFirstOverTime = eachWindow(1, (times, _values, from) => (times[from] as number) / 1000);
export const tsOfLastOverTime = eachWindow(1, (times, _values, _from, to) => (times[to - 1] as number) / 1000);

/** Candidates for the extreme of a window, by index, the best first. Reused from series to series. */
let queue = new Int32Array(64);
/** Index of the extreme of each window that has samples. */
let extremes = new Int32Array(64);

/**
 * Extremes by a queue of candidates: each sample enters and leaves once, whatever the windows' overlap. NaN is only the
 * answer where there is nothing else; of equal values the last one stands. The two functions are the same but for one
 * comparison, which a function handed in would make several times dearer.
 */
function findMaxima({ values, length }: KernelSamples, { count, from: froms, to: tos }: Windows): void {
  const { candidates, found } = room(length, count);
  let head = 0;
  let tail = 0;
  let entered = count > 0 ? (froms[0] as number) : 0;
  for (let i = 0; i < count; i++) {
    const from = froms[i] as number;
    const to = tos[i] as number;
    if (entered < from) entered = from;
    for (; entered < to; entered++) {
      const value = values[entered] as number;
      if (Number.isNaN(value)) continue;
      while (tail > head && value >= (values[candidates[tail - 1] as number] as number)) tail--;
      candidates[tail++] = entered;
    }
    while (head < tail && (candidates[head] as number) < from) head++;
    found[i] = head < tail ? (candidates[head] as number) : to - 1;
  }
}

function findMinima({ values, length }: KernelSamples, { count, from: froms, to: tos }: Windows): void {
  const { candidates, found } = room(length, count);
  let head = 0;
  let tail = 0;
  let entered = count > 0 ? (froms[0] as number) : 0;
  for (let i = 0; i < count; i++) {
    const from = froms[i] as number;
    const to = tos[i] as number;
    if (entered < from) entered = from;
    for (; entered < to; entered++) {
      const value = values[entered] as number;
      if (Number.isNaN(value)) continue;
      while (tail > head && value <= (values[candidates[tail - 1] as number] as number)) tail--;
      candidates[tail++] = entered;
    }
    while (head < tail && (candidates[head] as number) < from) head++;
    found[i] = head < tail ? (candidates[head] as number) : to - 1;
  }
}

function room(samples: number, windows: number): { readonly candidates: Int32Array; readonly found: Int32Array } {
  if (queue.length < samples) queue = new Int32Array(samples * 2);
  if (extremes.length < windows) extremes = new Int32Array(windows * 2);
  return { candidates: queue, found: extremes };
}

/** When the extreme of each window was, in unix seconds. */
function extreme(find: (samples: KernelSamples, windows: Windows) => void): RangeKernel {
  return (samples, windows, out, present) => {
    find(samples, windows);
    const found = extremes;
    const { count, from, to } = windows;
    for (let i = 0; i < count; i++) {
      if ((to[i] as number) <= (from[i] as number)) continue;
      out[i] = (samples.times[found[i] as number] as number) / 1000;
      present[i] = 1;
    }
  };
}

export const tsOfMaxOverTime = extreme(findMaxima);
export const tsOfMinOverTime = extreme(findMinima);

/** The best of the samples from each index up to the pivot. Reused from series to series. */
let bestToPivot = new Float64Array(64);

/**
 * The largest value of each window, in two parts: from its begin to a pivot, which was looked at backwards when the last pivot
 * was passed, and from there on. Each sample is looked at twice, whatever the windows' overlap, by comparisons that rarely come
 * out another way than the one before: three times faster than a queue of candidates, which must know where the best one is.
 */
export const maxOverTime: RangeKernel = ({ values, length }, { count, from: froms, to: tos }, out, present) => {
  if (bestToPivot.length < length) bestToPivot = new Float64Array(length * 2);
  const toPivot = bestToPivot;
  let pivot = 0;
  let entered = 0;
  let sincePivot = -Infinity;
  for (let i = 0; i < count; i++) {
    const from = froms[i] as number;
    const to = tos[i] as number;
    if (to <= from) continue;
    if (from >= pivot) {
      let best = -Infinity;
      for (let j = to - 1; j >= from; j--) {
        const value = values[j] as number;
        if (value > best) best = value;
        toPivot[j] = best;
      }
      pivot = to;
      entered = to;
      sincePivot = -Infinity;
    } else {
      for (; entered < to; entered++) {
        const value = values[entered] as number;
        if (value > sincePivot) sincePivot = value;
      }
    }
    const before = toPivot[from] as number;
    const best = Math.max(before, sincePivot);
    out[i] = best === -Infinity && onlyNaN(values, from, to) ? Number.NaN : best;
    present[i] = 1;
  }
};

/** The same for the smallest. */
export const minOverTime: RangeKernel = ({ values, length }, { count, from: froms, to: tos }, out, present) => {
  if (bestToPivot.length < length) bestToPivot = new Float64Array(length * 2);
  const toPivot = bestToPivot;
  let pivot = 0;
  let entered = 0;
  let sincePivot = Infinity;
  for (let i = 0; i < count; i++) {
    const from = froms[i] as number;
    const to = tos[i] as number;
    if (to <= from) continue;
    if (from >= pivot) {
      let best = Infinity;
      for (let j = to - 1; j >= from; j--) {
        const value = values[j] as number;
        if (value < best) best = value;
        toPivot[j] = best;
      }
      pivot = to;
      entered = to;
      sincePivot = Infinity;
    } else {
      for (; entered < to; entered++) {
        const value = values[entered] as number;
        if (value < sincePivot) sincePivot = value;
      }
    }
    const before = toPivot[from] as number;
    const best = Math.min(before, sincePivot);
    out[i] = best === Infinity && onlyNaN(values, from, to) ? Number.NaN : best;
    present[i] = 1;
  }
};

function onlyNaN(values: Float64Array, from: number, to: number): boolean {
  for (let i = from; i < to; i++) if (!Number.isNaN(values[i] as number)) return false;
  return true;
}

const squares = new KahanSum();

/** Population variance by Welford's method on compensated sums. */
function variance(values: Float64Array, from: number, to: number): number {
  mean.reset();
  squares.reset();
  for (let i = from; i < to; i++) {
    const value = values[i] as number;
    const distance = value - (mean.sum + mean.compensation);
    mean.add(distance / (i - from + 1));
    squares.add(distance * (value - (mean.sum + mean.compensation)));
  }
  return (squares.sum + squares.compensation) / (to - from);
}

export const stdvarOverTime = eachWindow(1, (_times, values, from, to) => variance(values, from, to));
export const stddevOverTime = eachWindow(1, (_times, values, from, to) => Math.sqrt(variance(values, from, to)));

let scratch = new Float64Array(64);

function copyWindow(values: Float64Array, from: number, to: number): Float64Array {
  if (scratch.length < to - from) scratch = new Float64Array((to - from) * 2);
  scratch.set(values.subarray(from, to));
  return scratch;
}

export const quantileOverTime = eachWindow(1, (_times, values, from, to, step, _windows, params) =>
  quantileOf(params[0]?.[step] as number, copyWindow(values, from, to), to - from),
);

/** Median absolute deviation; NaN where any sample is NaN. */
export const madOverTime = eachWindow(1, (_times, values, from, to) => {
  const count = to - from;
  const copy = copyWindow(values, from, to);
  for (let i = 0; i < count; i++) if (Number.isNaN(copy[i] as number)) return Number.NaN;
  const median = quantileOf(0.5, copy, count);
  for (let i = 0; i < count; i++) copy[i] = Math.abs((copy[i] as number) - median);
  return quantileOf(0.5, copy, count);
});
