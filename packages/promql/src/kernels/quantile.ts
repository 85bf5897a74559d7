/**
 * The quantile (0 to 1) of the first `count` values, interpolated between neighbours. Sorts them in place. NaN counts as
 * the smallest value; a quantile below 0 is -Inf, above 1 +Inf; of nothing, NaN.
 */
export function quantileOf(quantile: number, values: Float64Array, count: number): number {
  if (count === 0 || Number.isNaN(quantile)) return Number.NaN;
  if (quantile < 0) return Number.NEGATIVE_INFINITY;
  if (quantile > 1) return Number.POSITIVE_INFINITY;
  // The typed sort puts NaN last, so the ranks are shifted by their number.
  const sorted = values.subarray(0, count).sort();
  let nans = 0;
  while (nans < count && Number.isNaN(sorted[count - 1 - nans] as number)) nans++;
  const valueAt = (rank: number): number => (rank < nans ? Number.NaN : (sorted[rank - nans] as number));
  const rank = quantile * (count - 1);
  const lower = Math.max(0, Math.floor(rank));
  const upper = Math.min(count - 1, lower + 1);
  const weight = rank - Math.floor(rank);
  return valueAt(lower) * (1 - weight) + valueAt(upper) * weight;
}
