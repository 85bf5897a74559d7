import { staleHigh, staleLow } from '@binnacle/shared/telemetry/sample-batch.ts';
import { type ProtobufReader, wire } from './protobuf.ts';

/** `schema` of a histogram whose bucket bounds are listed instead of computed. */
export const customBuckets = -53;
const lowestSchema = -9;
const highestSchema = 52;
/** Buckets with listed bounds, as many as any door takes. */
const maxCustomBounds = 2000;

/** Buckets of one sign: runs of neighbouring indexes, and the count of each bucket in the order of its index. */
export class BucketSide {
  readonly offsets: number[] = [];
  readonly lengths: number[] = [];
  /** As they were sent: differences when `deltas`, else counts. `settle` makes counts of them. */
  readonly counts: number[] = [];
  deltas = false;

  clear(): void {
    this.offsets.length = 0;
    this.lengths.length = 0;
    this.counts.length = 0;
    this.deltas = false;
  }

  /** Turns differences into counts. Returns the fault of the side, or undefined. */
  settle(): string | undefined {
    const { counts, offsets, lengths } = this;
    let buckets = 0;
    for (let i = 0; i < lengths.length; i++) {
      if (i > 0 && (offsets[i] as number) < 0) return 'spans of buckets overlap';
      buckets += lengths[i] as number;
    }
    if (buckets !== counts.length) return `its spans hold ${buckets} buckets, but ${counts.length} have a count`;
    let running = 0;
    for (let i = 0; i < counts.length; i++) {
      if (this.deltas) counts[i] = running += counts[i] as number;
      if (!((counts[i] as number) >= 0)) return 'a bucket has a negative count';
    }
    return undefined;
  }
}

/**
 * One native histogram as it stands on the wire, `Histogram` of both remote write 1.0 and 2.0: they are the same message
 * (https://prometheus.io/docs/specs/native_histograms/). The object is read into again and again.
 */
export class NativeHistogram {
  readonly positive = new BucketSide();
  readonly negative = new BucketSide();
  readonly customBounds: number[] = [];
  /** ms since 1970 */
  timestampMs = 0;
  count = 0;
  /** The sum's bits, so that a stale marker can be told from another NaN. */
  sumLow = 0;
  sumHigh = 0;
  schema = 0;
  zeroThreshold = 0;
  zeroCount = 0;
  /** Counts that may be fractions. */
  #float = false;

  /** Whether it says that its series has ended. */
  get stale(): boolean {
    return this.sumHigh === staleHigh && this.sumLow === staleLow;
  }

  /** Reads the message that ends at `end`. Throws `malformed_body` with the byte. */
  read(reader: ProtobufReader, end: number): void {
    this.#clear();
    while (reader.position < end) {
      const tag = reader.uint32(end);
      switch (tag) {
        case 0x08:
          this.count = reader.int64(end);
          break;
        case 0x11:
          this.count = reader.double(end);
          this.#float = true;
          break;
        case 0x19: {
          const at = reader.fixed64(end);
          this.sumLow = reader.bytes.readUInt32LE(at);
          this.sumHigh = reader.bytes.readUInt32LE(at + 4);
          break;
        }
        case 0x20:
          this.schema = zigzag32(reader.uint32(end));
          break;
        case 0x29:
          this.zeroThreshold = reader.double(end);
          break;
        case 0x30:
          this.zeroCount = reader.int64(end);
          break;
        case 0x39:
          this.zeroCount = reader.double(end);
          break;
        case 0x42:
          readSpan(reader, reader.bytesEnd(end), this.negative);
          break;
        case 0x5a:
          readSpan(reader, reader.bytesEnd(end), this.positive);
          break;
        case 0x4a:
        case 0x48:
          readDeltas(reader, tag, end, this.negative);
          break;
        case 0x62:
        case 0x60:
          readDeltas(reader, tag, end, this.positive);
          break;
        case 0x52:
        case 0x51:
          readDoubles(reader, tag, end, this.negative.counts);
          break;
        case 0x6a:
        case 0x69:
          readDoubles(reader, tag, end, this.positive.counts);
          break;
        case 0x82:
        case 0x81:
          readDoubles(reader, tag, end, this.customBounds);
          break;
        case 0x78:
          this.timestampMs = reader.int64(end);
          break;
        default:
          // What is left is the reset hint, the start timestamp, and what later versions add.
          reader.skip(tag, end);
      }
    }
  }

  /** Makes counts of differences and checks what the format promises. Returns the fault, or undefined. */
  settle(): string | undefined {
    const sides = this.positive.settle() ?? this.negative.settle();
    if (sides !== undefined) return sides;
    if (!(this.count >= 0) || !(this.zeroCount >= 0)) return 'it has a negative count';
    if (!(this.zeroThreshold >= 0) || this.zeroThreshold === Number.POSITIVE_INFINITY)
      return 'its zero bucket has no width';
    const layout = this.schema === customBuckets ? this.#customFault() : this.#exponentialFault();
    return layout ?? (this.#float ? undefined : this.#totalFault());
  }

  #exponentialFault(): string | undefined {
    const { schema } = this;
    if (schema < lowestSchema || schema > highestSchema) return `schema ${schema} is not known`;
    // Beyond these indexes there are no floats.
    const lowest = Math.floor(-1076 * 2 ** schema);
    const highest = Math.ceil(1025 * 2 ** schema) + 1;
    for (const side of [this.positive, this.negative]) {
      let index = 0;
      for (let i = 0; i < side.lengths.length; i++) {
        index += side.offsets[i] as number;
        if (index < lowest) return 'a bucket lies outside of the numbers';
        index += side.lengths[i] as number;
        if (index - 1 > highest) return 'a bucket lies outside of the numbers';
      }
    }
    return undefined;
  }

  #customFault(): string | undefined {
    const { customBounds, negative, positive } = this;
    if (negative.counts.length > 0 || this.zeroCount !== 0) return 'custom buckets go with positive buckets alone';
    if (customBounds.length > maxCustomBounds) return `it has more than ${maxCustomBounds} buckets`;
    for (let i = 0; i < customBounds.length; i++) {
      const bound = customBounds[i] as number;
      const above = i === 0 ? bound > Number.NEGATIVE_INFINITY : bound > (customBounds[i - 1] as number);
      if (!above || bound === Number.POSITIVE_INFINITY) return 'its custom bounds do not rise';
    }
    let index = 0;
    for (let i = 0; i < positive.lengths.length; i++) {
      index += positive.offsets[i] as number;
      if (index < 0) return 'a bucket has no bound';
      index += positive.lengths[i] as number;
    }
    return index > customBounds.length + 1 ? 'a bucket has no bound' : undefined;
  }

  /** Observations that are NaN are counted and lie in no bucket; then the sum is NaN too. */
  #totalFault(): string | undefined {
    let total = this.zeroCount;
    for (const count of this.positive.counts) total += count;
    for (const count of this.negative.counts) total += count;
    const sumIsNaN = (this.sumHigh & 0x7ff00000) === 0x7ff00000 && ((this.sumHigh & 0xfffff) | this.sumLow) !== 0;
    if (total === this.count || (sumIsNaN && total < this.count)) return undefined;
    return `its buckets hold ${total} observations, its count says ${this.count}`;
  }

  #clear(): void {
    this.positive.clear();
    this.negative.clear();
    this.customBounds.length = 0;
    this.timestampMs = 0;
    this.count = 0;
    this.sumLow = 0;
    this.sumHigh = 0;
    this.schema = 0;
    this.zeroThreshold = 0;
    this.zeroCount = 0;
    this.#float = false;
  }
}

const zigzag32 = (value: number) => (value >>> 1) ^ -(value & 1);

/** A zigzag varint of 64 bits: exact up to 2^52 and refused as a negative count beyond 2^62. */
function zigzag64(value: number): number {
  if (value < 0) return Number.NEGATIVE_INFINITY;
  return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
}

function readSpan(reader: ProtobufReader, end: number, side: BucketSide): void {
  let offset = 0;
  let length = 0;
  while (reader.position < end) {
    const tag = reader.uint32(end);
    if (tag === 0x08) offset = zigzag32(reader.uint32(end));
    else if (tag === 0x10) length = reader.uint32(end);
    else reader.skip(tag, end);
  }
  side.offsets.push(offset);
  side.lengths.push(length);
}

function readDeltas(reader: ProtobufReader, tag: number, end: number, side: BucketSide): void {
  side.deltas = true;
  const stop = (tag & 7) === wire.bytes ? reader.bytesEnd(end) : 0;
  do side.counts.push(zigzag64(reader.int64(stop === 0 ? end : stop)));
  while (reader.position < stop);
}

function readDoubles(reader: ProtobufReader, tag: number, end: number, into: number[]): void {
  if ((tag & 7) === wire.fixed64) {
    into.push(reader.double(end));
    return;
  }
  const stop = reader.bytesEnd(end);
  if ((stop - reader.position) % 8 !== 0) reader.fail('a list of 64-bit numbers is not a multiple of 8 bytes');
  while (reader.position < stop) into.push(reader.double(stop));
}
