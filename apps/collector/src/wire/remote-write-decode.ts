import { type MetricMetadata, type MetricType, SampleBatch } from '@binnacle/shared/telemetry/sample-batch.ts';
import { metricTypes } from './metric-types.ts';
import { ProtobufReader, wire } from './protobuf.ts';
import { type InternedSeries, indexIn, maxLabelsRead, SeriesIntern, sortPairs } from './series-intern.ts';

export interface DecodedWrite {
  readonly batch: SampleBatch;
  /** Native histograms and exemplars, which are left to `WriteRequestExtras`. */
  readonly histograms: number;
  readonly exemplars: number;
}

const fieldLabels = 0x0a;
const fieldSamples = 0x12;
const fieldExemplars = 0x1a;
const fieldHistograms = 0x22;

/**
 * Decodes `prometheus.WriteRequest` of remote write 1.0 straight into the columns of a batch
 * (https://prometheus.io/docs/specs/prw/remote_write_spec/). Values move as two words, so that every NaN survives.
 * Repeated label names are handed over side by side: the sink refuses that series, not the request.
 */
export class WriteRequestDecoder {
  readonly #intern: SeriesIntern;
  readonly #labels: readonly (readonly [string, string])[];
  #exemplars = 0;

  /** `labels` are put on series that lack them. */
  constructor(labels: Readonly<Record<string, string>> = {}, intern = new SeriesIntern()) {
    this.#intern = intern;
    this.#labels = Object.entries(labels);
  }

  /** Throws `malformed_body` with the byte; then nothing of the request is handed over. */
  decode(bytes: Buffer): DecodedWrite {
    const reader = new ProtobufReader(bytes);
    const batch = new SampleBatch(Math.max(64, Math.min(bytes.length >>> 6, 65_536)));
    const epoch = this.#intern.nextEpoch();
    const end = bytes.length;
    let histograms = 0;
    this.#exemplars = 0;
    while (reader.position < end) {
      const tag = reader.uint32(end);
      if (tag === 0x0a) {
        histograms += this.#timeSeries(reader, reader.bytesEnd(end), batch, epoch);
      } else if (tag === 0x1a) {
        batch.metadata.push(metadata(reader, reader.bytesEnd(end)));
      } else {
        if (tag >>> 3 === 1 || tag >>> 3 === 3) reader.expect(tag, wire.bytes);
        reader.skip(tag, end);
      }
    }
    return { batch, histograms, exemplars: this.#exemplars };
  }

  #timeSeries(reader: ProtobufReader, end: number, batch: SampleBatch, epoch: number): number {
    let labelsStart = -1;
    let labelsEnd = -1;
    let scattered = false;
    let firstSample = -1;
    let histograms = 0;
    // First the labels: nothing says that they stand before the samples.
    while (reader.position < end) {
      const at = reader.position;
      const tag = reader.uint32(end);
      if (tag === fieldLabels) {
        if (labelsStart < 0) labelsStart = at;
        else if (labelsEnd !== at) scattered = true;
        labelsEnd = reader.position = reader.bytesEnd(end);
      } else if (tag === fieldSamples) {
        if (firstSample < 0) firstSample = at;
        reader.position = reader.bytesEnd(end);
      } else {
        if (tag === fieldHistograms) histograms++;
        else if (tag === fieldExemplars) this.#exemplars++;
        else if (tag >>> 3 === 1 || tag >>> 3 === 2 || tag >>> 3 === 4) reader.expect(tag, wire.bytes);
        reader.skip(tag, end);
      }
    }
    if (firstSample < 0) return histograms;
    const series = this.#series(
      reader,
      labelsStart < 0 ? end : labelsStart,
      labelsStart < 0 ? end : labelsEnd,
      scattered,
    );
    const index = indexIn(batch, series, epoch);
    reader.position = firstSample;
    while (reader.position < end) {
      const tag = reader.uint32(end);
      if (tag === fieldSamples) sample(reader, reader.bytesEnd(end), batch, index);
      else reader.skip(tag, end);
    }
    return histograms;
  }

  #series(reader: ProtobufReader, start: number, end: number, scattered: boolean): InternedSeries {
    if (!scattered) {
      const known = this.#intern.get(reader.bytes, start, end);
      if (known !== undefined) return known;
    }
    const sorted = readLabels(reader, start, end, this.#intern, this.#labels);
    return scattered ? this.#intern.bySortedPairs(sorted) : this.#intern.addLabels(reader.bytes, start, end, sorted);
  }
}

/**
 * Sorted pairs of the `Label { string name = 1; string value = 2; }` fields in bytes [start, end), with those of `added` whose
 * names are missing there.
 */
export function readLabels(
  reader: ProtobufReader,
  start: number,
  end: number,
  strings: { string(text: string): string },
  added: readonly (readonly [string, string])[],
): string[] {
  const pairs: string[] = [];
  reader.position = start;
  while (reader.position < end) {
    const tag = reader.uint32(end);
    if (tag === fieldLabels) readLabel(reader, reader.bytesEnd(end), strings, pairs);
    else reader.skip(tag, end);
  }
  for (const [name, value] of added) {
    let has = false;
    for (let i = 0; i < pairs.length && !has; i += 2) has = pairs[i] === name && pairs[i + 1] !== '';
    if (!has) pairs.push(name, value);
  }
  return sortPairs(pairs);
}

function readLabel(
  reader: ProtobufReader,
  end: number,
  strings: { string(text: string): string },
  pairs: string[],
): void {
  let name = '';
  let value = '';
  while (reader.position < end) {
    const tag = reader.uint32(end);
    if (tag === 0x0a) name = strings.string(reader.string(end));
    else if (tag === 0x12) value = strings.string(reader.string(end));
    else reader.skip(tag, end);
  }
  // An empty value is no label, and what is beyond the longest list only has to be counted as too much.
  if (value !== '' && pairs.length < 2 * maxLabelsRead) pairs.push(name, value);
}

/** `Sample { double value = 1; int64 timestamp = 2; }`; what is left out is 0, as in proto3. */
function sample(reader: ProtobufReader, end: number, batch: SampleBatch, index: number): void {
  const { bytes } = reader;
  let low = 0;
  let high = 0;
  let timestampMs = 0;
  while (reader.position < end) {
    const tag = reader.uint32(end);
    if (tag === 0x09) {
      const at = reader.fixed64(end);
      low =
        ((bytes[at] as number) |
          ((bytes[at + 1] as number) << 8) |
          ((bytes[at + 2] as number) << 16) |
          ((bytes[at + 3] as number) << 24)) >>>
        0;
      high =
        ((bytes[at + 4] as number) |
          ((bytes[at + 5] as number) << 8) |
          ((bytes[at + 6] as number) << 16) |
          ((bytes[at + 7] as number) << 24)) >>>
        0;
    } else if (tag === 0x10) {
      timestampMs = reader.int64(end);
    } else {
      if (tag >>> 3 === 1) reader.expect(tag, wire.fixed64);
      if (tag >>> 3 === 2) reader.expect(tag, wire.varint);
      reader.skip(tag, end);
    }
  }
  batch.appendBits(index, timestampMs, low, high);
}

function metadata(reader: ProtobufReader, end: number): MetricMetadata {
  let type: MetricType = 'unknown';
  let family = '';
  let help = '';
  let unit = '';
  while (reader.position < end) {
    const tag = reader.uint32(end);
    if (tag === 0x08) type = metricTypes[reader.uint32(end)] ?? 'unknown';
    else if (tag === 0x12) family = reader.string(end);
    else if (tag === 0x22) help = reader.string(end);
    else if (tag === 0x2a) unit = reader.string(end);
    else reader.skip(tag, end);
  }
  return { family, type, help, unit };
}
