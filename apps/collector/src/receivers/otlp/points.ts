import type { SampleBatch } from '@binnacle/shared/telemetry/sample-batch.ts';
import type { ProtobufReader } from '../../wire/protobuf.ts';
import { type InternedSeries, indexIn } from '../../wire/series-intern.ts';
import { double, milliseconds, unsigned } from './fixed64.ts';
import type { PointSeries } from './point-series.ts';

/** Finds the series of attributes: the fields of this tag in bytes[start, end). */
export type FindSeries = (bytes: Buffer, start: number, end: number, tag: number) => PointSeries;

const noRecordedValue = 1;
const maxBuckets = 2000;

/** Reads data points and appends their samples. A method returns why a point is refused, or undefined. */
export class PointReader {
  /** ms since 1970, of the newest point that was appended. */
  newestMs = 0;
  readonly #reader: ProtobufReader;
  readonly #batch: SampleBatch;
  readonly #epoch: number;
  readonly #find: FindSeries;
  // Of the point that is being read; the arrays are used again for the next one.
  readonly #counts: number[] = [];
  readonly #bounds: number[] = [];
  #attributesStart = -1;
  #attributesEnd = -1;
  #scattered = false;
  #begin = 0;

  constructor(reader: ProtobufReader, batch: SampleBatch, epoch: number, find: FindSeries) {
    this.#reader = reader;
    this.#batch = batch;
    this.#epoch = epoch;
    this.#find = find;
  }

  /** `NumberDataPoint` of a gauge or sum. */
  number(end: number): string | undefined {
    const reader = this.#reader;
    const { bytes } = reader;
    this.#beginPoint();
    let valueAt = -1;
    let integer = false;
    let timestampMs = 0;
    let flags = 0;
    while (reader.position < end) {
      const at = reader.position;
      const tag = reader.uint32(end);
      if (tag === 0x3a) this.#attribute(at, end);
      else if (tag === 0x19) timestampMs = milliseconds(bytes, reader.fixed64(end));
      else if (tag === 0x21 || tag === 0x31) {
        valueAt = reader.fixed64(end);
        integer = tag === 0x31;
      } else if (tag === 0x40) flags = reader.uint32(end);
      else reader.skip(tag, end);
    }
    const series = this.#series(end, 0x3a).suffixed('');
    reader.position = end;
    if ((flags & noRecordedValue) !== 0) return this.#stale(series, timestampMs);
    if (valueAt < 0) return 'a point has no value';
    this.#newest(timestampMs);
    const index = indexIn(this.#batch, series, this.#epoch);
    if (integer)
      this.#batch.append(index, timestampMs, bytes.readInt32LE(valueAt + 4) * 2 ** 32 + bytes.readUInt32LE(valueAt));
    else this.#batch.appendBits(index, timestampMs, bytes.readUInt32LE(valueAt), bytes.readUInt32LE(valueAt + 4));
    return undefined;
  }

  /** `HistogramDataPoint` as a classic histogram: `_bucket` with `le`, `_sum`, `_count`. */
  histogram(end: number): string | undefined {
    const reader = this.#reader;
    const { bytes } = reader;
    this.#beginPoint();
    let timestampMs = 0;
    let flags = 0;
    let count = 0;
    let sum: number | undefined;
    while (reader.position < end) {
      const at = reader.position;
      const tag = reader.uint32(end);
      if (tag === 0x4a) this.#attribute(at, end);
      else if (tag === 0x19) timestampMs = milliseconds(bytes, reader.fixed64(end));
      else if (tag === 0x21) count = unsigned(bytes, reader.fixed64(end));
      else if (tag === 0x29) sum = reader.double(end);
      else if (tag === 0x32) this.#packed(end, this.#counts, unsigned);
      else if (tag === 0x31) this.#counts.push(unsigned(bytes, reader.fixed64(end)));
      else if (tag === 0x3a) this.#packed(end, this.#bounds, double);
      else if (tag === 0x39) this.#bounds.push(reader.double(end));
      else if (tag === 0x50) flags = reader.uint32(end);
      else reader.skip(tag, end);
    }
    const series = this.#series(end, 0x4a);
    reader.position = end;
    if ((flags & noRecordedValue) !== 0) {
      for (const part of series.lastParts.length > 0 ? series.lastParts : series.buckets(this.#bounds))
        this.#stale(part, timestampMs);
      this.#stale(series.suffixed('_sum'), timestampMs);
      return this.#stale(series.suffixed('_count'), timestampMs);
    }
    const bounds = this.#bounds;
    const counts = this.#counts;
    if (counts.length !== 0 && counts.length !== bounds.length + 1)
      return `a histogram has ${counts.length} buckets for ${bounds.length} bounds`;
    if (bounds.length > maxBuckets) return `a histogram has more than ${maxBuckets} buckets`;
    for (let i = 0; i < bounds.length; i++) {
      const bound = bounds[i] as number;
      if (!(i === 0 ? bound > Number.NEGATIVE_INFINITY : bound > (bounds[i - 1] as number)) || bound === Infinity)
        return 'the bounds of a histogram do not rise';
    }
    // Without counts there is only the bucket of everything.
    if (counts.length === 0) bounds.length = 0;
    this.#newest(timestampMs);
    const buckets = series.buckets(bounds);
    let below = 0;
    for (let i = 0; i < bounds.length; i++) {
      below += counts[i] as number;
      this.#append(buckets[i] as InternedSeries, timestampMs, below);
    }
    this.#append(buckets[bounds.length] as InternedSeries, timestampMs, count);
    this.#append(series.suffixed('_count'), timestampMs, count);
    if (sum !== undefined) this.#append(series.suffixed('_sum'), timestampMs, sum);
    return undefined;
  }

  /** `SummaryDataPoint`: one series for each quantile, `_sum`, `_count`. */
  summary(end: number): string | undefined {
    const reader = this.#reader;
    const { bytes } = reader;
    this.#beginPoint();
    let timestampMs = 0;
    let flags = 0;
    let count = 0;
    let sum = 0;
    while (reader.position < end) {
      const at = reader.position;
      const tag = reader.uint32(end);
      if (tag === 0x3a) this.#attribute(at, end);
      else if (tag === 0x19) timestampMs = milliseconds(bytes, reader.fixed64(end));
      else if (tag === 0x21) count = unsigned(bytes, reader.fixed64(end));
      else if (tag === 0x29) sum = reader.double(end);
      else if (tag === 0x32) this.#quantile(reader.bytesEnd(end));
      else if (tag === 0x40) flags = reader.uint32(end);
      else reader.skip(tag, end);
    }
    const series = this.#series(end, 0x3a);
    reader.position = end;
    const stale = (flags & noRecordedValue) !== 0;
    if (this.#bounds.length > maxBuckets) return `a summary has more than ${maxBuckets} quantiles`;
    this.#newest(timestampMs);
    const quantiles = stale && this.#bounds.length === 0 ? series.lastParts : series.quantiles(this.#bounds);
    for (let i = 0; i < quantiles.length; i++) {
      if (stale) this.#stale(quantiles[i] as InternedSeries, timestampMs);
      else this.#append(quantiles[i] as InternedSeries, timestampMs, this.#counts[i] as number);
    }
    if (stale) {
      this.#stale(series.suffixed('_sum'), timestampMs);
      return this.#stale(series.suffixed('_count'), timestampMs);
    }
    this.#append(series.suffixed('_sum'), timestampMs, sum);
    this.#append(series.suffixed('_count'), timestampMs, count);
    return undefined;
  }

  #quantile(end: number): void {
    const reader = this.#reader;
    let quantile = 0;
    let value = 0;
    while (reader.position < end) {
      const tag = reader.uint32(end);
      if (tag === 0x09) quantile = reader.double(end);
      else if (tag === 0x11) value = reader.double(end);
      else reader.skip(tag, end);
    }
    this.#bounds.push(quantile);
    this.#counts.push(value);
  }

  #packed(end: number, into: number[], read: (bytes: Buffer, at: number) => number): void {
    const stop = this.#reader.bytesEnd(end);
    if ((stop - this.#reader.position) % 8 !== 0)
      this.#reader.fail('a list of 64-bit numbers is not a multiple of 8 bytes');
    for (let at = this.#reader.position; at < stop; at += 8) into.push(read(this.#reader.bytes, at));
    this.#reader.position = stop;
  }

  #beginPoint(): void {
    this.#counts.length = 0;
    this.#bounds.length = 0;
    this.#attributesStart = -1;
    this.#attributesEnd = -1;
    this.#scattered = false;
    this.#begin = this.#reader.position;
  }

  #attribute(at: number, end: number): void {
    if (this.#attributesStart < 0) this.#attributesStart = at;
    else if (this.#attributesEnd !== at) this.#scattered = true;
    this.#attributesEnd = this.#reader.position = this.#reader.bytesEnd(end);
  }

  #series(end: number, tag: number): PointSeries {
    const { bytes } = this.#reader;
    if (this.#attributesStart < 0) return this.#find(bytes, end, end, tag);
    if (!this.#scattered) return this.#find(bytes, this.#attributesStart, this.#attributesEnd, tag);
    // Attributes with other fields in between, which no known sender writes: brought together first.
    const reader = this.#reader;
    const parts: Buffer[] = [];
    reader.position = this.#begin;
    while (reader.position < end) {
      const at = reader.position;
      const found = reader.uint32(end);
      reader.skip(found, end);
      if (found === tag) parts.push(bytes.subarray(at, reader.position));
    }
    const together = Buffer.concat(parts);
    return this.#find(together, 0, together.length, tag);
  }

  #append(series: InternedSeries, timestampMs: number, value: number): void {
    this.#batch.append(indexIn(this.#batch, series, this.#epoch), timestampMs, value);
  }

  #stale(series: InternedSeries, timestampMs: number): undefined {
    this.#newest(timestampMs);
    this.#batch.appendStale(indexIn(this.#batch, series, this.#epoch), timestampMs);
  }

  #newest(timestampMs: number): void {
    if (timestampMs > this.newestMs) this.newestMs = timestampMs;
  }
}
