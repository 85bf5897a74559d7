import type { SampleBatch } from '@binnacle/shared/telemetry/sample-batch.ts';
import { ProtobufReader } from '../../wire/protobuf.ts';
import { type InternedSeries, indexIn } from '../../wire/series-intern.ts';

/** The flag of a data point that says: the series ends here. */
export const noRecordedValue = 1;

/**
 * Reads the data points of one request. What all kinds of points have (attributes, times, flags) is kept here while a
 * point is being read, as positions and numbers; samples go from here into the batch.
 */
export class PointCursor {
  readonly reader: ProtobufReader;
  readonly view: DataView;
  readonly batch: SampleBatch;
  readonly #epoch: number;
  /** Where the attributes of the point stand, as one run of bytes. */
  keyBytes: Buffer;
  keyView: DataView;
  keyStart = 0;
  keyEnd = 0;
  /** Field tag of an attribute in this kind of point. */
  attributeTag = 0;
  /** ms since 1970, cut */
  timeMs = 0;
  flags = 0;
  #startAt = -1;
  #timeAt = -1;
  #attributesStart = -1;
  #attributesEnd = -1;
  #scattered = false;
  #begin = 0;
  // The points of a request share few times.
  #timeLow = 0;
  #timeHigh = 0;
  #timeKnownMs = 0;

  constructor(bytes: Buffer, batch: SampleBatch, epoch: number) {
    this.reader = new ProtobufReader(bytes);
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    this.keyBytes = bytes;
    this.keyView = this.view;
    this.batch = batch;
    this.#epoch = epoch;
  }

  begin(attributeTag: number): void {
    this.attributeTag = attributeTag;
    this.#begin = this.reader.position;
    this.#attributesStart = -1;
    this.#attributesEnd = -1;
    this.#scattered = false;
    this.#startAt = -1;
    this.#timeAt = -1;
    this.timeMs = 0;
    this.flags = 0;
  }

  /** An attribute whose tag stands at `at` has been met. */
  attribute(at: number, end: number): void {
    if (this.#attributesStart < 0) this.#attributesStart = at;
    else if (this.#attributesEnd !== at) this.#scattered = true;
    this.#attributesEnd = this.reader.position = this.reader.bytesEnd(end);
  }

  start(end: number): void {
    this.#startAt = this.reader.fixed64(end);
  }

  time(end: number): void {
    const at = this.reader.fixed64(end);
    this.#timeAt = at;
    const low = this.view.getUint32(at, true);
    const high = this.view.getUint32(at + 4, true);
    if (low !== this.#timeLow || high !== this.#timeHigh) {
      this.#timeLow = low;
      this.#timeHigh = high;
      // The high word is divided first, so that nothing exceeds 2^53.
      this.#timeKnownMs = Math.floor(high / 1e6) * 2 ** 32 + Math.floor(((high % 1e6) * 2 ** 32 + low) / 1e6);
    }
    this.timeMs = this.#timeKnownMs;
  }

  /** ns since 1970, within 256 ns; 0 where it is not said. */
  get timeNs(): number {
    return this.#timeAt < 0 ? 0 : this.unsigned(this.#timeAt);
  }

  get startNs(): number {
    return this.#startAt < 0 ? 0 : this.unsigned(this.#startAt);
  }

  /** The point ends at `end`: brings its attributes together, and moves behind it. */
  finish(end: number): void {
    this.reader.position = end;
    this.keyBytes = this.reader.bytes;
    this.keyView = this.view;
    this.keyStart = this.#attributesStart < 0 ? end : this.#attributesStart;
    this.keyEnd = this.#attributesStart < 0 ? end : this.#attributesEnd;
    if (this.#scattered) this.#gather(end);
  }

  /** An unsigned integer as a number: exact up to 2^53. */
  unsigned(at: number): number {
    return this.view.getUint32(at + 4, true) * 2 ** 32 + this.view.getUint32(at, true);
  }

  signed(at: number): number {
    return this.view.getInt32(at + 4, true) * 2 ** 32 + this.view.getUint32(at, true);
  }

  append(series: InternedSeries, timeMs: number, value: number): void {
    this.batch.append(indexIn(this.batch, series, this.#epoch), timeMs, value);
  }

  /** Appends the double that stands at `at`, bit for bit. */
  appendDouble(series: InternedSeries, at: number): void {
    this.batch.appendBits(
      indexIn(this.batch, series, this.#epoch),
      this.timeMs,
      this.view.getUint32(at, true),
      this.view.getUint32(at + 4, true),
    );
  }

  appendStale(series: InternedSeries): void {
    this.batch.appendStale(indexIn(this.batch, series, this.#epoch), this.timeMs);
  }

  /** Attributes with other fields in between, which no known sender writes. */
  #gather(end: number): void {
    const { reader } = this;
    const parts: Buffer[] = [];
    reader.position = this.#begin;
    while (reader.position < end) {
      const at = reader.position;
      const tag = reader.uint32(end);
      reader.skip(tag, end);
      if (tag === this.attributeTag) parts.push(reader.bytes.subarray(at, reader.position));
    }
    this.keyBytes = Buffer.concat(parts);
    this.keyView = new DataView(this.keyBytes.buffer, this.keyBytes.byteOffset, this.keyBytes.length);
    this.keyStart = 0;
    this.keyEnd = this.keyBytes.length;
  }
}
