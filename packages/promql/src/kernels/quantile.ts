/**
 * The quantile (0 to 1) of the first `count` values, interpolated between neighbours. Moves them about in place. NaN counts
 * as the smallest value; a quantile below 0 is -Inf, above 1 +Inf; of nothing, NaN.
 */
export function quantileOf(quantile: number, values: Float64Array, count: number): number {
  if (count === 0 || Number.isNaN(quantile)) return Number.NaN;
  if (quantile < 0) return Number.NEGATIVE_INFINITY;
  if (quantile > 1) return Number.POSITIVE_INFINITY;
  const nans = nansFirst(values, count);
  const rank = quantile * (count - 1);
  const lower = Math.max(0, Math.floor(rank));
  const upper = Math.min(count - 1, lower + 1);
  const weight = rank - Math.floor(rank);
  if (lower >= nans) select(values, nans, count - 1, lower);
  if (upper > lower && upper >= nans) {
    // The next larger value is the smallest of those behind.
    let at = Math.max(upper, nans);
    for (let i = at + 1; i < count; i++) if ((values[i] as number) < (values[at] as number)) at = i;
    swap(values, at, upper);
  }
  return (values[lower] as number) * (1 - weight) + (values[upper] as number) * weight;
}

/** Moves NaNs to the front and returns how many there are. */
function nansFirst(values: Float64Array, count: number): number {
  let nans = 0;
  for (let i = 0; i < count; i++) if (Number.isNaN(values[i] as number)) swap(values, i, nans++);
  return nans;
}

/** Puts the k-th smallest of values[left..right] at k, smaller ones before it and larger ones behind (Hoare's quickselect). */
function select(values: Float64Array, from: number, to: number, k: number): void {
  let left = from;
  let right = to;
  while (left < right) {
    const pivot = medianOfThree(values[left] as number, values[(left + right) >> 1] as number, values[right] as number);
    let i = left;
    let j = right;
    while (i <= j) {
      while ((values[i] as number) < pivot) i++;
      while ((values[j] as number) > pivot) j--;
      if (i <= j) swap(values, i++, j--);
    }
    if (k <= j) right = j;
    else if (k >= i) left = i;
    else return;
  }
}

const medianOfThree = (a: number, b: number, c: number): number =>
  Math.max(Math.min(a, b), Math.min(Math.max(a, b), c));

function swap(values: Float64Array, i: number, j: number): void {
  const kept = values[i] as number;
  values[i] = values[j] as number;
  values[j] = kept;
}
