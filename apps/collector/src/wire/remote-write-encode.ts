import type { LabelSet } from '@binnacle/shared/telemetry/labels.ts';
import type { SampleBatch, SampleExemplar } from '@binnacle/shared/telemetry/sample-batch.ts';
import { metricTypes } from './metric-types.ts';
import { snappyEncode } from './snappy.ts';

/** Bytes of the label fields of a series: they never change, and an agent sends the same series again and again. */
const encodedLabels = new WeakMap<LabelSet, Buffer>();

/** Headers that go with a body of `encodeWriteRequest`. */
export const writeRequestHeaders = {
  'content-type': 'application/x-protobuf',
  'content-encoding': 'snappy',
  'x-prometheus-remote-write-version': '0.1.0',
} as const;

/** A batch as the body of one remote write 1.0 request: protobuf, snappy block. Every bit of a value is kept. */
export function encodeWriteRequest(batch: SampleBatch): Uint8Array {
  return snappyEncode(encodeWriteRequestMessage(batch));
}

/** The protobuf message before compression, exemplars behind the samples. Samples are grouped by series; within one they keep their order. */
export function encodeWriteRequestMessage(batch: SampleBatch): Buffer {
  const { series, seriesOf, timestamps, valueWords, length } = batch;
  // Counting sort: the samples of series s are order[starts[s] .. starts[s + 1]).
  const starts = new Uint32Array(series.length + 1);
  for (let i = 0; i < length; i++) starts[(seriesOf[i] as number) + 1]!++;
  for (let s = 0; s < series.length; s++) starts[s + 1]! += starts[s] as number;
  const cursor = starts.slice();
  const order = new Uint32Array(length);
  for (let i = 0; i < length; i++) order[cursor[seriesOf[i] as number]!++] = i;

  let size = batch.metadata.reduce(
    (sum, { family, help, unit }) => sum + 40 + 3 * (family.length + help.length + unit.length),
    0,
  );
  for (let s = 0; s < series.length; s++) {
    const samples = (starts[s + 1] as number) - (starts[s] as number);
    if (samples > 0) size += 11 + labelsOf(series[s] as LabelSet).length + samples * maxSampleBytes;
  }
  const writer = new Writer(size);
  for (let s = 0; s < series.length; s++) {
    const from = starts[s] as number;
    const to = starts[s + 1] as number;
    if (from === to) continue;
    const labels = labelsOf(series[s] as LabelSet);
    let messageLength = labels.length;
    for (let k = from; k < to; k++) messageLength += 2 + 10 + int64Length(timestamps[order[k] as number] as number);
    writer.byte(0x0a);
    writer.varint(messageLength);
    writer.raw(labels);
    for (let k = from; k < to; k++) {
      const i = order[k] as number;
      const timestampMs = timestamps[i] as number;
      writer.byte(0x12);
      writer.byte(10 + int64Length(timestampMs));
      writer.byte(0x09);
      writer.word(valueWords[2 * i] as number);
      writer.word(valueWords[2 * i + 1] as number);
      writer.byte(0x10);
      writer.int64(timestampMs);
    }
  }
  for (const { family, type, help, unit } of batch.metadata) {
    const message = new Writer(40 + 3 * (family.length + help.length + unit.length));
    message.byte(0x08);
    message.varint(Math.max(0, metricTypes.indexOf(type)));
    message.text(0x12, family);
    message.text(0x22, help);
    message.text(0x2a, unit);
    writer.byte(0x1a);
    writer.varint(message.position);
    writer.raw(message.done());
  }
  const message = writer.done();
  return batch.exemplars.length === 0 ? message : Buffer.concat([message, ...batch.exemplars.map(exemplarSeries)]);
}

/** A series of one exemplar and no samples. */
function exemplarSeries({ series, labels, timestampMs, value }: SampleExemplar): Buffer {
  const own = labelsOf(labels);
  const exemplar = new Writer(own.length + 20);
  exemplar.raw(own);
  exemplar.byte(0x11);
  words.setFloat64(0, value, true);
  exemplar.word(words.getUint32(0, true));
  exemplar.word(words.getUint32(4, true));
  exemplar.byte(0x18);
  exemplar.int64(timestampMs);
  const body = exemplar.done();
  const of = labelsOf(series);
  const length = of.length + 1 + varintLength(body.length) + body.length;
  const writer = new Writer(length + 11);
  writer.byte(0x0a);
  writer.varint(length);
  writer.raw(of);
  writer.byte(0x1a);
  writer.varint(body.length);
  writer.raw(body);
  return writer.done();
}

const words = new DataView(new ArrayBuffer(8));
const maxSampleBytes = 22;

function labelsOf(labels: LabelSet): Buffer {
  let bytes = encodedLabels.get(labels);
  if (bytes !== undefined) return bytes;
  const { pairs } = labels;
  const sizes = pairs.map((text) => Buffer.byteLength(text));
  const writer = new Writer(sizes.reduce((sum, size) => sum + size + 6, 16));
  for (let i = 0; i < pairs.length; i += 2) {
    const nameBytes = sizes[i] as number;
    const valueBytes = sizes[i + 1] as number;
    writer.byte(0x0a);
    writer.varint(2 + varintLength(nameBytes) + nameBytes + varintLength(valueBytes) + valueBytes);
    writer.text(0x0a, pairs[i] as string);
    writer.text(0x12, pairs[i + 1] as string);
  }
  bytes = Buffer.from(writer.done());
  encodedLabels.set(labels, bytes);
  return bytes;
}

function varintLength(value: number): number {
  let length = 1;
  for (let rest = value; rest >= 0x80; rest = Math.floor(rest / 128)) length++;
  return length;
}

function int64Length(value: number): number {
  return value < 0 ? 10 : varintLength(value);
}

/** Writes into memory that the caller sized; the caller's arithmetic is what keeps it in bounds. */
class Writer {
  readonly #bytes: Buffer;
  position = 0;

  constructor(size: number) {
    this.#bytes = Buffer.allocUnsafe(size);
  }

  byte(value: number): void {
    this.#bytes[this.position++] = value;
  }

  varint(value: number): void {
    let rest = value;
    for (; rest >= 0x80; rest = Math.floor(rest / 128)) this.byte((rest % 128) | 0x80);
    this.byte(rest);
  }

  int64(value: number): void {
    if (value >= 0) {
      this.varint(value);
      return;
    }
    let rest = BigInt.asUintN(64, BigInt(value));
    for (; rest >= 0x80n; rest >>= 7n) this.byte(Number(rest & 0x7fn) | 0x80);
    this.byte(Number(rest));
  }

  word(value: number): void {
    this.position = this.#bytes.writeUInt32LE(value, this.position);
  }

  raw(bytes: Buffer): void {
    this.position += bytes.copy(this.#bytes, this.position);
  }

  text(tag: number, text: string): void {
    this.byte(tag);
    this.varint(Buffer.byteLength(text));
    this.position += this.#bytes.write(text, this.position);
  }

  done(): Buffer {
    return this.#bytes.subarray(0, this.position);
  }
}
