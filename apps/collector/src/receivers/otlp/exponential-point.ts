import type { DeltaStep, PointFault } from './delta-totals.ts';
import type { ExponentialBounds } from './exponential-bounds.ts';
import { type BucketRun, ExponentialBuckets } from './exponential-buckets.ts';
import { appendEnd, appendHistogram, appendZeroHistogram, malformed, maxBuckets } from './histogram-point.ts';
import { noRecordedValue, type PointCursor } from './point-cursor.ts';
import type { PointSeries } from './point-series.ts';

/** Scales that the data model allows. */
const minScale = -10;
const maxScale = 20;

/** `ExponentialHistogramDataPoint` as a classic histogram with the bounds of its metric. */
export class ExponentialPoint {
  readonly #buckets = new ExponentialBuckets();
  readonly #below: number[] = [];
  /** Bounds of the metric whose points are read; set before they are. */
  bounds: ExponentialBounds | null = null;
  #sum: number | undefined;
  count = 0;

  /** What tells this delta from another of the same window, together with `count`. */
  get sum(): number {
    return this.#sum ?? Number.NaN;
  }

  read(cursor: PointCursor, end: number): PointFault | undefined {
    const { reader } = cursor;
    const buckets = this.#buckets;
    cursor.begin(0x0a);
    buckets.clear();
    this.count = 0;
    this.#sum = undefined;
    while (reader.position < end) {
      const at = reader.position;
      const tag = reader.uint32(end);
      if (tag === 0x0a) cursor.attribute(at, end);
      else if (tag === 0x19) cursor.time(end);
      else if (tag === 0x11) cursor.start(end);
      else if (tag === 0x21) this.count = cursor.unsigned(reader.fixed64(end));
      else if (tag === 0x29) this.#sum = cursor.view.getFloat64(reader.fixed64(end), true);
      else if (tag === 0x30) buckets.scale = zigzag(reader.uint32(end));
      else if (tag === 0x39) buckets.zeroCount = cursor.unsigned(reader.fixed64(end));
      else if (tag === 0x42) readRun(cursor, end, buckets.positive);
      else if (tag === 0x4a) readRun(cursor, end, buckets.negative);
      else if (tag === 0x50) cursor.flags = reader.uint32(end);
      else reader.skip(tag, end);
    }
    cursor.finish(end);
    return (cursor.flags & noRecordedValue) !== 0 ? undefined : this.#fault();
  }

  take(cursor: PointCursor, { parts }: PointSeries): void {
    const { bounds } = this;
    if (parts === null || bounds === null) return;
    if ((cursor.flags & noRecordedValue) !== 0) {
      if (parts.last.length === 0) parts.buckets(bounds.bounds);
      appendEnd(cursor, parts);
      return;
    }
    bounds.fill(this.#buckets, this.#below);
    appendHistogram(cursor, parts, cursor.timeMs, bounds.bounds, this.#below, this.count, this.#sum);
  }

  takeDelta(cursor: PointCursor, { parts, total }: PointSeries, step: DeltaStep, zeroMs: number): void {
    const { bounds } = this;
    if (parts === null || total === null || bounds === null) return;
    if (total.exponential === null) {
      total.exponential = new ExponentialBuckets();
      total.exponential.scale = bounds.scale;
    }
    if (step !== 'again') {
      total.exponential.add(this.#buckets, bounds.scale);
      total.count += this.count;
      total.sum += this.sum;
    }
    const sum = Number.isNaN(total.sum) ? undefined : total.sum;
    if (zeroMs > 0) appendZeroHistogram(cursor, parts, zeroMs, bounds.bounds, sum !== undefined);
    bounds.fill(total.exponential, this.#below);
    appendHistogram(cursor, parts, cursor.timeMs, bounds.bounds, this.#below, total.count, sum);
  }

  #fault(): PointFault | undefined {
    const { scale, positive, negative } = this.#buckets;
    if (scale < minScale || scale > maxScale)
      return malformed(`an exponential histogram has the scale ${scale}; ${minScale} to ${maxScale} are known`);
    if (Math.max(positive.counts.length, negative.counts.length) > maxBuckets)
      return malformed(`an exponential histogram has more than ${maxBuckets} buckets`);
    if (this.bounds?.cover(this.#buckets) === false)
      return malformed('an exponential histogram has values beyond 2^-512 to 2^512');
    return undefined;
  }
}

const zigzag = (value: number): number => (value >>> 1) ^ -(value & 1);

/** `Buckets { sint32 offset = 1; repeated uint64 bucket_counts = 2; }`, the counts packed or one by one. */
function readRun(cursor: PointCursor, end: number, run: BucketRun): void {
  const { reader } = cursor;
  const stop = reader.bytesEnd(end);
  while (reader.position < stop) {
    const tag = reader.uint32(stop);
    if (tag === 0x08) run.offset = zigzag(reader.uint32(stop));
    else if (tag === 0x10) pushCount(run.counts, reader.int64(stop));
    else if (tag === 0x12) {
      for (const packed = reader.bytesEnd(stop); reader.position < packed; )
        pushCount(run.counts, reader.int64(packed));
    } else reader.skip(tag, stop);
  }
}

/** One more than is taken is enough to refuse the point: a long list must not become a long array. */
function pushCount(counts: number[], signed: number): void {
  if (counts.length <= maxBuckets) counts.push(signed < 0 ? signed + 2 ** 64 : signed);
}
