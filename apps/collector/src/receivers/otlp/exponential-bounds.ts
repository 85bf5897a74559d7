import { type BucketRun, type ExponentialBuckets, mergedIndex } from './exponential-buckets.ts';

/** Values are taken from 2^-512 to 2^512, so that every bound is a double at every scale. */
const mostOctaves = 512;
/** Fewer than this cannot hold all of that, of both signs. */
export const fewestBounds = 8;

/** Powers of two that enclose the values of one sign; empty while low is above high. */
interface Octaves {
  low: number;
  high: number;
}

/**
 * The `le` bounds of a metric that comes as exponential histograms. They belong to the metric, not to one of its series:
 * sums over series by `le` are right only where all have the same bounds. They change seldom, and only in two ways, so
 * that bounds stay where they were: the range grows by whole powers of two when a value lies outside, and when that would
 * be more bounds than allowed, the scale is lowered, which keeps every second bound. Neither is ever taken back.
 */
export class ExponentialBounds {
  /** Ascending, without +Inf. */
  bounds: number[] = [];
  /** Of the bounds; never above that of a point. */
  scale: number;
  readonly #maxBounds: number;
  readonly #positive: Octaves = { low: Number.POSITIVE_INFINITY, high: Number.NEGATIVE_INFINITY };
  readonly #negative: Octaves = { low: Number.POSITIVE_INFINITY, high: Number.NEGATIVE_INFINITY };
  #zero = false;

  constructor(maxBounds: number, maxScale: number) {
    this.#maxBounds = Math.max(maxBounds, fewestBounds);
    this.scale = maxScale;
  }

  /** Makes room for what the buckets hold. False, and nothing changed, where a bucket lies beyond 2^±512. */
  cover(buckets: ExponentialBuckets): boolean {
    const { scale } = buckets;
    const positive = octavesOf(buckets.positive, scale);
    const negative = octavesOf(buckets.negative, scale);
    if (!inRange(positive) || !inRange(negative)) return false;
    const zero = this.#zero || buckets.zeroCount > 0 || negative.low <= negative.high;
    const changed = zero !== this.#zero || scale < this.scale;
    this.#zero = zero;
    this.scale = Math.min(this.scale, scale);
    const wider = [widen(this.#positive, positive), widen(this.#negative, negative)];
    if (changed || wider.includes(true)) this.#choose();
    return true;
  }

  /** For each bound, how many values lie at or below it. The buckets must have been covered. */
  fill(buckets: ExponentialBuckets, into: number[]): void {
    const { bounds, scale } = this;
    const shift = buckets.scale - scale;
    into.length = 0;
    for (let i = 0; i < bounds.length; i++) into.push(0);
    let at = 0;
    if (this.#negative.low <= this.#negative.high) {
      const [low, high] = indexes(this.#negative, scale);
      // Bucket m lies below -base^m, which stands as far from the end as m from the lowest.
      addTo(into, buckets.negative, shift, high, -1);
      at = high - low + 1;
    }
    if (this.#zero) into[at++] = buckets.zeroCount;
    if (this.#positive.low <= this.#positive.high)
      addTo(into, buckets.positive, shift, at + 1 - indexes(this.#positive, scale)[0], 1);
    let below = 0;
    for (let i = 0; i < into.length; i++) into[i] = below += into[i] as number;
  }

  #choose(): void {
    while (this.#size() > this.#maxBounds) this.scale--;
    const bounds: number[] = [];
    const [negativeLow, negativeHigh] = indexes(this.#negative, this.scale);
    for (let i = negativeHigh; i >= negativeLow; i--) bounds.push(-boundOf(i, this.scale));
    if (this.#zero) bounds.push(0);
    const [low, high] = indexes(this.#positive, this.scale);
    for (let i = low; i <= high; i++) bounds.push(boundOf(i, this.scale));
    this.bounds = bounds;
  }

  #size(): number {
    const [low, high] = indexes(this.#positive, this.scale);
    const [negativeLow, negativeHigh] = indexes(this.#negative, this.scale);
    return Math.max(0, high - low + 1) + Math.max(0, negativeHigh - negativeLow + 1) + (this.#zero ? 1 : 0);
  }
}

/** base^index, the same double at every scale that has it. */
export function boundOf(index: number, scale: number): number {
  const exponent = index / 2 ** scale;
  const whole = Math.floor(exponent);
  return 2 ** (exponent - whole) * 2 ** whole;
}

/** Indexes of the lowest and highest bound; the low one is above the high one where there are none. */
function indexes({ low, high }: Octaves, scale: number): [number, number] {
  return low > high ? [0, -1] : [Math.floor(low * 2 ** scale), Math.ceil(high * 2 ** scale)];
}

function octavesOf({ offset, counts }: BucketRun, scale: number): Octaves {
  let first = 0;
  let last = counts.length - 1;
  while (first <= last && counts[first] === 0) first++;
  while (last >= first && counts[last] === 0) last--;
  if (first > last) return { low: Number.POSITIVE_INFINITY, high: Number.NEGATIVE_INFINITY };
  return { low: Math.floor((offset + first) / 2 ** scale), high: Math.ceil((offset + last + 1) / 2 ** scale) };
}

const inRange = ({ low, high }: Octaves) => low > high || (low >= -mostOctaves && high <= mostOctaves);

function widen(known: Octaves, by: Octaves): boolean {
  if (by.low > by.high || (by.low >= known.low && by.high <= known.high)) return false;
  known.low = Math.min(known.low, by.low);
  known.high = Math.max(known.high, by.high);
  return true;
}

function addTo(into: number[], { offset, counts }: BucketRun, shift: number, from: number, direction: 1 | -1): void {
  for (let i = 0; i < counts.length; i++) {
    const count = counts[i] as number;
    if (count === 0) continue;
    const at = from + direction * mergedIndex(offset + i, shift);
    into[at] = (into[at] as number) + count;
  }
}
