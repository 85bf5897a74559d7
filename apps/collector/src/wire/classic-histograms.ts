import type { LabelSet } from '@binnacle/shared/telemetry/labels.ts';
import { type SampleBatch, staleHigh, staleLow } from '@binnacle/shared/telemetry/sample-batch.ts';
import { type BucketSide, customBuckets, type NativeHistogram } from './native-histogram.ts';
import { type InternedSeries, type SeriesIntern, sortPairs } from './series-intern.ts';

export interface ClassicBounds {
  /** Buckets of one histogram; where it has more, neighbours are merged. */
  readonly maxBuckets: number;
  /** Classic series remembered of all histograms; two generations of them are alive at a time. */
  readonly maxSeries: number;
}

/** A bucket's series, and the last writing that had it. */
interface Bucket {
  readonly series: InternedSeries;
  turn: number;
}

/** What is remembered of one native histogram's series: the buckets it has had. */
interface Known {
  readonly sum: InternedSeries;
  readonly count: InternedSeries;
  readonly buckets: Map<number, Bucket>;
  turn: number;
  /** Resolution and range of the exponential buckets; a range is empty while its low is above its high. */
  schema: number;
  positiveLow: number;
  positiveHigh: number;
  negativeLow: number;
  negativeHigh: number;
  hasZero: boolean;
}

/** Index of a series in the batch that is being filled. */
export type IndexOf = (series: InternedSeries) => number;

/**
 * Native histograms as classic ones: `name_bucket` with `le`, `name_sum` and `name_count`, so that everything that reads
 * classic histograms reads them. Exponential buckets keep their bounds, without gaps between the lowest and the highest
 * bucket ever seen; where that is more than `maxBuckets`, the resolution is halved until it fits, which keeps every
 * second bound. A bound that goes gets a stale marker. Custom buckets keep the bounds that they list.
 */
export class ClassicHistograms {
  readonly #intern: SeriesIntern;
  readonly #bounds: ClassicBounds;
  readonly #positive: Float64Array;
  readonly #negative: Float64Array;
  #young = new Map<LabelSet, Known>();
  #old = new Map<LabelSet, Known>();
  #made = 0;
  // Of the histogram that is being written.
  #batch!: SampleBatch;
  #indexOf!: IndexOf;
  #base!: LabelSet;
  #last = 0;

  constructor(intern: SeriesIntern, bounds: ClassicBounds) {
    this.#intern = intern;
    this.#bounds = bounds;
    this.#positive = new Float64Array(bounds.maxBuckets);
    this.#negative = new Float64Array(bounds.maxBuckets);
  }

  /** Appends the samples of a histogram, which must have been settled without fault. `base` are its own labels. */
  append(histogram: NativeHistogram, base: LabelSet, batch: SampleBatch, indexOf: IndexOf): void {
    const known = this.#known(base);
    this.#batch = batch;
    this.#indexOf = indexOf;
    this.#base = base;
    this.#last = Number.NEGATIVE_INFINITY;
    known.turn++;
    const { timestampMs, sumLow, sumHigh, count } = histogram;
    if (!histogram.stale) {
      if (histogram.schema === customBuckets) this.#custom(histogram, known);
      else this.#exponential(histogram, known);
      this.#bucket(known, Number.POSITIVE_INFINITY, timestampMs, count);
      batch.append(indexOf(known.count), timestampMs, count);
    } else {
      batch.appendStale(indexOf(known.count), timestampMs);
    }
    batch.appendBits(indexOf(known.sum), timestampMs, sumLow, sumHigh);
    for (const [bound, bucket] of known.buckets) {
      if (bucket.turn === known.turn) continue;
      batch.appendBits(indexOf(bucket.series), timestampMs, staleLow, staleHigh);
      known.buckets.delete(bound);
    }
  }

  #custom({ customBounds, positive, timestampMs }: NativeHistogram, known: Known): void {
    let below = 0;
    let bound = 0;
    let bucket = 0;
    for (let span = 0; span < positive.lengths.length; span++) {
      for (let gap = positive.offsets[span] as number; gap > 0 && bound < customBounds.length; gap--)
        this.#bucket(known, customBounds[bound++] as number, timestampMs, below);
      for (let i = positive.lengths[span] as number; i > 0; i--) {
        below += positive.counts[bucket++] as number;
        if (bound < customBounds.length) this.#bucket(known, customBounds[bound++] as number, timestampMs, below);
      }
    }
    while (bound < customBounds.length) this.#bucket(known, customBounds[bound++] as number, timestampMs, below);
  }

  #exponential(histogram: NativeHistogram, known: Known): void {
    const { positive, negative, schema, zeroThreshold, zeroCount, timestampMs } = histogram;
    // One that comes finer than what is kept is merged, one that comes coarser coarsens what is kept.
    if (known.schema === Number.POSITIVE_INFINITY) known.schema = schema;
    while (known.schema > schema) coarsen(known);
    this.#widen(positive, schema - known.schema, known, true);
    this.#widen(negative, schema - known.schema, known, false);
    while (
      width(known.positiveLow, known.positiveHigh) + width(known.negativeLow, known.negativeHigh) >
      this.#bounds.maxBuckets
    )
      coarsen(known);
    const shift = schema - known.schema;
    const { positiveLow, positiveHigh, negativeLow, negativeHigh } = known;
    let below = 0;
    if (negativeLow <= negativeHigh) {
      fill(this.#negative, negative, shift, negativeLow, negativeHigh);
      this.#bucket(known, -boundOf(negativeHigh, known.schema), timestampMs, 0);
      for (let i = negativeHigh; i >= negativeLow; i--) {
        below += this.#negative[i - negativeLow] as number;
        const bound = -boundOf(i - 1, known.schema);
        if (bound <= -zeroThreshold) this.#bucket(known, bound, timestampMs, below);
      }
    }
    below += zeroCount;
    known.hasZero ||= zeroCount > 0;
    if (known.hasZero) this.#bucket(known, zeroThreshold, timestampMs, below);
    if (positiveLow > positiveHigh) return;
    fill(this.#positive, positive, shift, positiveLow, positiveHigh);
    const from = boundOf(positiveLow - 1, known.schema);
    if (from >= zeroThreshold) this.#bucket(known, from, timestampMs, below);
    for (let i = positiveLow; i <= positiveHigh; i++) {
      below += this.#positive[i - positiveLow] as number;
      const bound = boundOf(i, known.schema);
      if (bound >= zeroThreshold && bound !== Number.POSITIVE_INFINITY) this.#bucket(known, bound, timestampMs, below);
    }
  }

  /** Takes the buckets that hold something into the range. */
  #widen(side: BucketSide, shift: number, known: Known, positive: boolean): void {
    let low = Number.POSITIVE_INFINITY;
    let high = Number.NEGATIVE_INFINITY;
    let index = 0;
    let at = 0;
    for (let span = 0; span < side.lengths.length; span++) {
      index += side.offsets[span] as number;
      for (let i = side.lengths[span] as number; i > 0; i--, index++) {
        if ((side.counts[at++] as number) === 0) continue;
        if (index < low) low = index;
        high = index;
      }
    }
    if (low > high) return;
    low = merged(low, shift);
    high = merged(high, shift);
    if (positive) {
      known.positiveLow = Math.min(known.positiveLow, low);
      known.positiveHigh = Math.max(known.positiveHigh, high);
    } else {
      known.negativeLow = Math.min(known.negativeLow, low);
      known.negativeHigh = Math.max(known.negativeHigh, high);
    }
  }

  /** Bounds must rise; one that does not (bounds that fall together at the end of the floats) is left out. */
  #bucket(known: Known, bound: number, timestampMs: number, below: number): void {
    if (!(bound > this.#last)) return;
    this.#last = bound;
    let bucket = known.buckets.get(bound);
    if (bucket === undefined) {
      bucket = { series: this.#part('_bucket', leOf(bound)), turn: 0 };
      known.buckets.set(bound, bucket);
    }
    bucket.turn = known.turn;
    this.#batch.append(this.#indexOf(bucket.series), timestampMs, below);
  }

  #known(base: LabelSet): Known {
    let known = this.#young.get(base);
    if (known !== undefined) return known;
    known = this.#old.get(base);
    if (known === undefined) {
      this.#base = base;
      known = {
        sum: this.#part('_sum'),
        count: this.#part('_count'),
        buckets: new Map(),
        turn: 0,
        schema: Number.POSITIVE_INFINITY,
        positiveLow: Number.POSITIVE_INFINITY,
        positiveHigh: Number.NEGATIVE_INFINITY,
        negativeLow: Number.POSITIVE_INFINITY,
        negativeHigh: Number.NEGATIVE_INFINITY,
        hasZero: false,
      };
    }
    if (this.#made >= this.#bounds.maxSeries) {
      this.#old = this.#young;
      this.#young = new Map();
      this.#made = 0;
    }
    this.#young.set(base, known);
    this.#made += 2 + known.buckets.size;
    return known;
  }

  #part(suffix: string, le?: string): InternedSeries {
    this.#made++;
    const pairs: string[] = [];
    const { pairs: own } = this.#base;
    for (let i = 0; i < own.length; i += 2) {
      const name = own[i] as string;
      if (name === '__name__') pairs.push(name, this.#intern.string(own[i + 1] + suffix));
      else if (le === undefined || name !== 'le') pairs.push(name, own[i + 1] as string);
    }
    if (le !== undefined) pairs.push('le', this.#intern.string(le));
    return this.#intern.bySortedPairs(sortPairs(pairs));
  }
}

/** Half the resolution: two neighbours become one, and the upper bound of each pair stays. */
function coarsen(known: Known): void {
  known.schema--;
  known.positiveLow = merged(known.positiveLow, 1);
  known.positiveHigh = merged(known.positiveHigh, 1);
  known.negativeLow = merged(known.negativeLow, 1);
  known.negativeHigh = merged(known.negativeHigh, 1);
}

/** Index of the bucket that holds bucket `index` when the resolution is halved `shift` times. */
const merged = (index: number, shift: number) => Math.floor((index - 1) / 2 ** shift) + 1;

const width = (low: number, high: number) => (low > high ? 0 : high - low + 1);

function fill(into: Float64Array, side: BucketSide, shift: number, low: number, high: number): void {
  into.fill(0, 0, high - low + 1);
  let index = 0;
  let at = 0;
  for (let span = 0; span < side.lengths.length; span++) {
    index += side.offsets[span] as number;
    for (let i = side.lengths[span] as number; i > 0; i--, index++) {
      const count = side.counts[at++] as number;
      if (count !== 0) into[merged(index, shift) - low]! += count;
    }
  }
}

/** Upper bound of bucket `index`: 2^(index × 2^-schema), the same float at every resolution that has it. */
function boundOf(index: number, schema: number): number {
  const exponent = index / 2 ** schema;
  const whole = Math.floor(exponent);
  return 2 ** (exponent - whole) * 2 ** whole;
}

/** A bound as Prometheus 3 writes `le`: the shortest text, with ".0" behind whole numbers. */
export function leOf(bound: number): string {
  if (bound === Number.POSITIVE_INFINITY) return '+Inf';
  const text = String(bound);
  const size = Math.abs(bound);
  if (size === 0 || (size >= 1e-4 && size < 1e6)) return /[.e]/.test(text) ? text : `${text}.0`;
  const [digits = '', exponent = ''] = bound.toExponential().split('e');
  return `${digits}e${exponent[0]}${exponent.slice(1).padStart(2, '0')}`;
}
