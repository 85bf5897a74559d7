import type { FloatList } from './decode.ts';
import type { ResampleBuckets } from './resample-columns.ts';

/** A binary operation over partial results that lie in `columns`, from two places of two sets of columns into a third. */
type Combine = (
  into: Float64Array[],
  at: number,
  left: Float64Array[],
  i: number,
  right: Float64Array[],
  j: number,
) => void;

/**
 * Combines `perWindow` neighbouring buckets for each window with two operations a window, whatever its width, and without
 * taking anything away again (which would leave rounding behind): running results from the left and from the right within
 * blocks of a window's length; a window is the end of one block and the beginning of the next.
 */
export function combineWindows(
  columns: readonly Float64Array[],
  buckets: ResampleBuckets,
  steps: number,
  combine: Combine,
): Float64Array[] {
  const { count, perWindow, perStep } = buckets;
  const input = [...columns];
  const fromLeft = input.map((column) => Float64Array.from(column));
  const fromRight = input.map((column) => Float64Array.from(column));
  for (let i = 0; i < count; i++) if (i % perWindow !== 0) combine(fromLeft, i, fromLeft, i - 1, input, i);
  for (let i = count - 2; i >= 0; i--) {
    if (i % perWindow !== perWindow - 1) combine(fromRight, i, input, i, fromRight, i + 1);
  }
  const windows = input.map(() => new Float64Array(steps));
  for (let step = 0; step < steps; step++) {
    const first = step * perStep;
    // A whole block is the end of itself.
    if (first % perWindow === 0)
      windows.forEach((out, c) => {
        out[step] = fromRight[c]?.[first] as number;
      });
    else combine(windows, step, fromRight, first, fromLeft, first + perWindow - 1);
  }
  return windows;
}

const pairwise =
  (join: (a: number, b: number) => number): Combine =>
  (into, at, left, i, right, j) => {
    (into[0] as Float64Array)[at] = join(left[0]?.[i] as number, right[0]?.[j] as number);
  };

export const sums = pairwise((a, b) => a + b);
export const minima = pairwise((a, b) => Math.min(a, b));
export const maxima = pairwise((a, b) => Math.max(a, b));

/** Number of values, mean and sum of squared distances from it (Chan, Golub and LeVeque's rule for two parts). */
export const moments: Combine = (into, at, left, i, right, j) => {
  const [counts, means, squares] = into as [Float64Array, Float64Array, Float64Array];
  const [nLeft, nRight] = [left[0]?.[i] as number, right[0]?.[j] as number];
  const [meanLeft, meanRight] = [left[1]?.[i] as number, right[1]?.[j] as number];
  const [squaresLeft, squaresRight] = [left[2]?.[i] as number, right[2]?.[j] as number];
  const n = nLeft + nRight;
  const distance = meanRight - meanLeft;
  counts[at] = n;
  means[at] = n === 0 ? 0 : nLeft === 0 ? meanRight : meanLeft + (distance * nRight) / n;
  squares[at] =
    nLeft === 0 || nRight === 0
      ? squaresLeft + squaresRight
      : squaresLeft + squaresRight + (distance * distance * nLeft * nRight) / n;
};

/** The values with `nothing` where a bucket has none. */
export function filled({ values, nulls }: FloatList, nothing: number): Float64Array {
  const out = Float64Array.from(values);
  for (let i = 0; i < nulls.length; i++) if (nulls[i] === 1) out[i] = nothing;
  return out;
}

/** For each window the first bucket with a value, or -1. */
export function firstBuckets({ nulls }: FloatList, buckets: ResampleBuckets, steps: number): Int32Array {
  const next = new Int32Array(nulls.length + 1).fill(nulls.length);
  for (let i = nulls.length - 1; i >= 0; i--) next[i] = nulls[i] === 1 ? (next[i + 1] as number) : i;
  const found = new Int32Array(steps);
  for (let step = 0; step < steps; step++) {
    const first = step * buckets.perStep;
    const at = next[first] as number;
    found[step] = at < first + buckets.perWindow ? at : -1;
  }
  return found;
}
