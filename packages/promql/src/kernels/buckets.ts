/** Cumulative buckets of a classic histogram at one step: `counts[i]` observations were at most `bounds[i]`. */
export interface Buckets {
  /** Ascending upper bounds. */
  readonly bounds: Float64Array;
  readonly counts: Float64Array;
  length: number;
}

/** What had to be mended for the counts to rise with the bounds. */
export interface MonotonicityRepair {
  readonly minBucket: number;
  readonly maxBucket: number;
  readonly maxDiff: number;
}

export interface BucketQuantile {
  readonly value: number;
  readonly repair: MonotonicityRepair | undefined;
}

/** Differences between neighbouring counts below this share are rounding errors. */
const smallDelta = 1e-12;

const unrepaired = (value: number): BucketQuantile => ({ value, repair: undefined });

/**
 * The quantile of a classic histogram, interpolated linearly in its bucket; the lowest bucket begins at 0 where its bound
 * is positive. NaN without a +Inf bucket or without observations. Changes `buckets`.
 */
export function bucketQuantile(quantile: number, buckets: Buckets): BucketQuantile {
  if (Number.isNaN(quantile)) return unrepaired(Number.NaN);
  if (quantile < 0) return unrepaired(Number.NEGATIVE_INFINITY);
  if (quantile > 1) return unrepaired(Number.POSITIVE_INFINITY);
  const { bounds, counts } = buckets;
  if (buckets.length === 0 || bounds[buckets.length - 1] !== Number.POSITIVE_INFINITY) return unrepaired(Number.NaN);
  joinEqualBounds(buckets);
  const repair = makeMonotonic(buckets);
  const last = buckets.length - 1;
  if (buckets.length < 2) return { value: Number.NaN, repair };
  const observations = counts[last] as number;
  if (observations === 0) return { value: Number.NaN, repair };
  let rank = quantile * observations;
  // By bisection, so that NaN counts end where they would in a search over sorted counts.
  let low = 0;
  let high = last;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((counts[middle] as number) >= rank) high = middle;
    else low = middle + 1;
  }
  if (low === last) return { value: bounds[last - 1] as number, repair };
  if (low === 0 && (bounds[0] as number) <= 0) return { value: bounds[0] as number, repair };
  let start = 0;
  let count = counts[low] as number;
  if (low > 0) {
    start = bounds[low - 1] as number;
    count -= counts[low - 1] as number;
    rank -= counts[low - 1] as number;
  }
  return { value: start + ((bounds[low] as number) - start) * (rank / count), repair };
}

/** The share of observations in (lower, upper], interpolated linearly within buckets. Changes `buckets`. */
export function bucketFraction(lower: number, upper: number, buckets: Buckets): number {
  const { bounds, counts } = buckets;
  if (buckets.length === 0 || bounds[buckets.length - 1] !== Number.POSITIVE_INFINITY) return Number.NaN;
  joinEqualBounds(buckets);
  const count = counts[buckets.length - 1] as number;
  if (count === 0 || Number.isNaN(lower) || Number.isNaN(upper)) return Number.NaN;
  if (lower >= upper) return 0;
  return (rankAt(upper, buckets, count) - rankAt(lower, buckets, count)) / count;
}

/** How many observations lie below a value. */
function rankAt(value: number, { bounds, counts, length }: Buckets, count: number): number {
  let rank = 0;
  let from = (bounds[0] as number) <= 0 ? Number.NEGATIVE_INFINITY : 0;
  for (let i = 0; i < length; i++) {
    const to = bounds[i] as number;
    const upTo = counts[i] as number;
    if (from >= value) return Math.min(rank, count);
    if (to > value) {
      // Nothing can be said within an infinitely wide bucket: none of its observations count, or all of the lowest.
      const inside = from === Number.NEGATIVE_INFINITY ? upTo : rank + ((upTo - rank) * (value - from)) / (to - from);
      return Math.min(inside, count);
    }
    rank = upTo;
    from = to;
  }
  return count;
}

function joinEqualBounds(buckets: Buckets): void {
  const { bounds, counts } = buckets;
  let kept = 0;
  for (let i = 1; i < buckets.length; i++) {
    if (bounds[i] === bounds[kept]) {
      counts[kept] = (counts[kept] as number) + (counts[i] as number);
    } else {
      kept++;
      bounds[kept] = bounds[i] as number;
      counts[kept] = counts[i] as number;
    }
  }
  buckets.length = kept + 1;
}

function makeMonotonic({ bounds, counts, length }: Buckets): MonotonicityRepair | undefined {
  let minBucket = Number.POSITIVE_INFINITY;
  let maxBucket = Number.NEGATIVE_INFINITY;
  let maxDiff = 0;
  let previous = counts[0] as number;
  for (let i = 1; i < length; i++) {
    const current = counts[i] as number;
    if (current === previous) continue;
    if (almostEqual(previous, current)) {
      counts[i] = previous;
    } else if (current < previous) {
      counts[i] = previous;
      minBucket = Math.min(minBucket, bounds[i] as number);
      maxBucket = Math.max(maxBucket, bounds[i] as number);
      maxDiff = Math.max(maxDiff, previous - current);
    } else {
      previous = current;
    }
  }
  return maxDiff > 0 ? { minBucket, maxBucket, maxDiff } : undefined;
}

const smallestNormal = 2.2250738585072014e-308;

function almostEqual(a: number, b: number): boolean {
  if (Number.isNaN(a) && Number.isNaN(b)) return true;
  const sum = Math.abs(a) + Math.abs(b);
  const difference = Math.abs(a - b);
  if (a === 0 || b === 0 || sum < smallestNormal) return difference < smallDelta * smallestNormal;
  return difference / Math.min(sum, Number.MAX_VALUE) < smallDelta;
}
