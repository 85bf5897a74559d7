import { BinnacleError } from '@binnacle/shared/errors.ts';
import { LabelSet } from '@binnacle/shared/telemetry/labels.ts';
import { SampleBatch } from '@binnacle/shared/telemetry/sample-batch.ts';
import type { ClassicHistograms } from './classic-histograms.ts';
import { metricTypes } from './metric-types.ts';
import { NativeHistogram } from './native-histogram.ts';
import { ProtobufReader, wire } from './protobuf.ts';
import { SymbolTable } from './remote-write-2-symbols.ts';
import { type InternedSeries, indexIn, maxLabelsRead, type SeriesIntern, sortPairs } from './series-intern.ts';
import { WriteTally } from './write-tally.ts';

export interface DecodedWrite2 {
  readonly batch: SampleBatch;
  readonly tally: WriteTally;
}

/** Keys of this decoder in the table of series, which others share. */
const keyTag = 0x5232;
/** More than the largest limits of label lengths are meant to allow. */
const maxSeriesBytes = 4 * 1024 * 1024;
/** Native histograms of a small body may unfold into very many samples: beyond this the request is refused. */
export const maxUnfoldedSamples = 1_000_000;

/**
 * Decodes `io.prometheus.write.v2.Request` of remote write 2.0 straight into the columns of a batch
 * (https://prometheus.io/docs/specs/prw/remote_write_spec_2_0/). A symbol is looked up once per request, by its bytes,
 * and becomes a number that stays the same over requests; a series is looked up by the numbers of its labels.
 * Start timestamps are read over: the store has no place for them.
 */
export class WriteRequest2Decoder {
  readonly #intern: SeriesIntern;
  readonly #labels: readonly (readonly [string, string])[];
  readonly #histograms: ClassicHistograms;
  readonly #symbols: SymbolTable;
  readonly #histogram = new NativeHistogram();
  #target!: HistogramTarget;
  readonly #refs = new Uint32Array(2 * maxLabelsRead);
  readonly #keyWords = new Uint32Array(2 * maxLabelsRead);
  /** The same memory. */
  readonly #key = Buffer.from(this.#keyWords.buffer);
  // Of the request that is being decoded.
  #batch = new SampleBatch(1);
  #tally = new WriteTally();
  #epoch = 0;
  readonly #families = new Set<string>();
  readonly #indexOf = (series: InternedSeries) => indexIn(this.#batch, series, this.#epoch);

  /** `labels` are put on series that lack them. */
  constructor(labels: Readonly<Record<string, string>>, intern: SeriesIntern, histograms: ClassicHistograms) {
    this.#intern = intern;
    this.#labels = Object.entries(labels);
    this.#histograms = histograms;
    this.#symbols = new SymbolTable();
  }

  /** Throws `malformed_body` with the byte; then nothing of the request is handed over. */
  decode(bytes: Buffer): DecodedWrite2 {
    const reader = new ProtobufReader(bytes);
    const end = bytes.length;
    this.#batch = new SampleBatch(Math.max(64, Math.min(bytes.length >>> 6, 65_536)));
    this.#tally = new WriteTally();
    this.#epoch = this.#intern.nextEpoch();
    this.#target = {
      histogram: this.#histogram,
      classic: this.#histograms,
      batch: this.#batch,
      tally: this.#tally,
      indexOf: this.#indexOf,
    };
    this.#families.clear();
    this.#symbols.begin(bytes);
    // First the symbols: nothing says that they stand before the series.
    let firstSeries = -1;
    while (reader.position < end) {
      const at = reader.position;
      const tag = reader.uint32(end);
      if (tag === 0x22) {
        const stop = reader.bytesEnd(end);
        this.#symbols.add(reader.position, stop);
        reader.position = stop;
      } else if (tag === 0x2a) {
        if (firstSeries < 0) firstSeries = at;
        reader.position = reader.bytesEnd(end);
      } else {
        const field = tag >>> 3;
        if (field >= 1 && field <= 3)
          reader.fail(
            'field 1 belongs to prometheus.WriteRequest, which goes without a proto parameter in Content-Type',
            at,
          );
        if (field === 4 || field === 5) reader.expect(tag, wire.bytes);
        reader.skip(tag, end);
      }
    }
    if (firstSeries >= 0) {
      this.#symbols.check(reader);
      reader.position = firstSeries;
      while (reader.position < end) {
        const tag = reader.uint32(end);
        if (tag === 0x2a) this.#timeSeries(reader, reader.bytesEnd(end));
        else reader.skip(tag, end);
      }
    }
    const decoded = { batch: this.#batch, tally: this.#tally };
    this.#batch = new SampleBatch(1);
    return decoded;
  }

  #timeSeries(reader: ProtobufReader, end: number): void {
    const begin = reader.position;
    let refs = 0;
    let samples = 0;
    let histograms = 0;
    let exemplars = 0;
    let metadataAt = -1;
    let metadataEnd = -1;
    while (reader.position < end) {
      const tag = reader.uint32(end);
      if (tag === 0x0a || tag === 0x08) {
        refs = this.#readRefs(reader, tag, end, refs);
        continue;
      }
      if (tag === 0x12) samples++;
      else if (tag === 0x1a) histograms++;
      else if (tag === 0x22) exemplars++;
      else if (tag === 0x2a) {
        metadataEnd = reader.bytesEnd(end);
        metadataAt = reader.position;
        reader.position = metadataEnd;
        continue;
      } else if (tag >>> 3 >= 1 && tag >>> 3 <= 5) reader.expect(tag, wire.bytes);
      reader.skip(tag, end);
    }
    const symbols = this.#symbols;
    const fault = symbols.faultOf(this.#refs, refs);
    if (fault !== undefined) {
      this.#refuse('bad_label_ref', samples, histograms, exemplars, fault);
      return;
    }
    const series = this.#series(reader, refs);
    if (metadataAt >= 0) {
      reader.position = metadataAt;
      this.#metadata(reader, metadataEnd, series.labels.metricName);
    }
    if (samples > 0) this.#samples(reader, begin, end, this.#indexOf(series));
    if (histograms > 0) this.#nativeHistograms(reader, begin, end, series.labels, histograms);
    if (exemplars > 0) this.#exemplars(reader, begin, end, series.labels, histograms > 0);
    reader.position = end;
  }

  /** Adds to the list of references, packed or one by one. Returns how many there are now. */
  #readRefs(reader: ProtobufReader, tag: number, end: number, known: number): number {
    let count = known;
    const stop = tag === 0x0a ? reader.bytesEnd(end) : end;
    while (reader.position < stop) {
      const ref = reader.uint32(stop);
      // Those beyond the longest list are only counted.
      if (count < this.#refs.length) this.#refs[count] = ref;
      count++;
      if (tag === 0x08) break;
    }
    return count;
  }

  #series(reader: ProtobufReader, given: number): InternedSeries {
    const refs = Math.min(given, 2 * maxLabelsRead);
    const length = 4 * refs;
    const key = this.#key;
    const words = this.#keyWords;
    const symbols = this.#symbols;
    const tag = keyTag + symbols.generation;
    for (let i = 0; i < refs; i++) words[i] = symbols.idOf(this.#refs[i] as number);
    const known = this.#intern.get(key, 0, length, tag);
    if (known !== undefined) return known;
    let bytes = 0;
    for (let i = 0; i < refs; i++) bytes += symbols.lengthOf(this.#refs[i] as number);
    // Few references to one long symbol would be labels longer than the body.
    if (bytes > maxSeriesBytes) reader.fail(`the labels of one series have ${bytes} bytes`);
    const pairs: string[] = [];
    for (let i = 0; i < refs; i++) pairs.push(this.#intern.string(symbols.textOf(reader, this.#refs[i] as number)));
    for (const [name, value] of this.#labels) {
      let has = false;
      for (let i = 0; i < pairs.length && !has; i += 2) has = pairs[i] === name && pairs[i + 1] !== '';
      if (!has) pairs.push(name, value);
    }
    return this.#intern.addLabels(key, 0, length, sortPairs(pairs), tag);
  }

  /** `Sample { double value = 1; int64 timestamp = 2; int64 start_timestamp = 3; }`; what is left out is 0. */
  #samples(reader: ProtobufReader, begin: number, end: number, index: number): void {
    const { bytes } = reader;
    reader.position = begin;
    while (reader.position < end) {
      const tag = reader.uint32(end);
      if (tag !== 0x12) {
        reader.skip(tag, end);
        continue;
      }
      const stop = reader.bytesEnd(end);
      let low = 0;
      let high = 0;
      let timestampMs = 0;
      while (reader.position < stop) {
        const field = reader.uint32(stop);
        if (field === 0x09) {
          const at = reader.fixed64(stop);
          low = bytes.readUInt32LE(at);
          high = bytes.readUInt32LE(at + 4);
        } else if (field === 0x10) {
          timestampMs = reader.int64(stop);
        } else {
          if (field >>> 3 === 1) reader.expect(field, wire.fixed64);
          if (field >>> 3 === 2) reader.expect(field, wire.varint);
          reader.skip(field, stop);
        }
      }
      this.#batch.appendBits(index, timestampMs, low, high);
    }
  }

  #nativeHistograms(reader: ProtobufReader, begin: number, end: number, labels: LabelSet, count: number): void {
    if (labels.metricName === '') {
      this.#refuse('no_metric_name', 0, count, 0, 'a histogram without __name__');
      return;
    }
    reader.position = begin;
    while (reader.position < end) {
      const tag = reader.uint32(end);
      if (tag !== 0x1a) {
        reader.skip(tag, end);
        continue;
      }
      appendHistogram(reader, reader.bytesEnd(end), labels, this.#target);
    }
  }

  /** `Exemplar { repeated uint32 labels_refs = 1; double value = 2; int64 timestamp = 3; }` */
  #exemplars(reader: ProtobufReader, begin: number, end: number, series: LabelSet, ofHistogram: boolean): void {
    const { length } = this.#batch;
    const newestMs = length === 0 ? 0 : (this.#batch.timestamps[length - 1] as number);
    const owner = ofHistogram ? bucketLabels(series) : series;
    reader.position = begin;
    while (reader.position < end) {
      const tag = reader.uint32(end);
      if (tag !== 0x22) {
        reader.skip(tag, end);
        continue;
      }
      const stop = reader.bytesEnd(end);
      let refs = 0;
      let value = 0;
      let timestampMs = newestMs;
      while (reader.position < stop) {
        const field = reader.uint32(stop);
        if (field === 0x0a || field === 0x08) refs = this.#readRefs(reader, field, stop, refs);
        else if (field === 0x11) value = reader.double(stop);
        else if (field === 0x18) timestampMs = reader.int64(stop);
        else reader.skip(field, stop);
      }
      const fault = this.#symbols.faultOf(this.#refs, refs);
      if (fault !== undefined) {
        this.#refuse('bad_exemplar', 0, 0, 1, fault);
        continue;
      }
      const pairs: string[] = [];
      const read = Math.min(refs, 2 * maxLabelsRead);
      for (let i = 0; i < read; i++) pairs.push(this.#symbols.textOf(reader, this.#refs[i] as number));
      this.#batch.exemplars.push({ series: owner, labels: new LabelSet(sortPairs(pairs)), timestampMs, value });
    }
  }

  /** `Metadata { MetricType type = 1; uint32 help_ref = 3; uint32 unit_ref = 4; }`, taken once per family and request. */
  #metadata(reader: ProtobufReader, end: number, metricName: string): void {
    if (metricName === '' || this.#families.has(metricName)) return;
    this.#families.add(metricName);
    let type = 0;
    let help = 0;
    let unit = 0;
    while (reader.position < end) {
      const tag = reader.uint32(end);
      if (tag === 0x08) type = reader.uint32(end);
      else if (tag === 0x18) help = reader.uint32(end);
      else if (tag === 0x20) unit = reader.uint32(end);
      else reader.skip(tag, end);
    }
    const typeName = metricTypes[type] ?? 'unknown';
    const said = { type: typeName, help: this.#symbols.textOf(reader, help), unit: this.#symbols.textOf(reader, unit) };
    if (typeName === 'unknown' && said.help === '' && said.unit === '') return;
    const family = familyOf(metricName, typeName);
    if (family !== metricName && this.#families.has(family)) return;
    this.#families.add(family);
    this.#batch.metadata.push({ family, ...said });
  }

  #refuse(
    reason: Parameters<WriteTally['refuse']>[0],
    samples: number,
    histograms: number,
    exemplars: number,
    example: string,
  ): void {
    this.#tally.refuse(reason, 'samples', samples, example);
    this.#tally.refuse(reason, 'histograms', histograms, example);
    this.#tally.refuse(reason, 'exemplars', exemplars, example);
  }
}

/** What the histograms of one request are read with and written to. */
export interface HistogramTarget {
  readonly histogram: NativeHistogram;
  readonly classic: ClassicHistograms;
  readonly batch: SampleBatch;
  readonly tally: WriteTally;
  readonly indexOf: (series: InternedSeries) => number;
}

/** Reads one `Histogram` and appends its classic samples, or notes why not. Throws `body_too_large` when it is too much. */
export function appendHistogram(reader: ProtobufReader, end: number, labels: LabelSet, target: HistogramTarget): void {
  const { histogram, batch, tally } = target;
  histogram.read(reader, end);
  const fault = histogram.stale ? undefined : histogram.settle();
  if (fault !== undefined) {
    tally.refuse('bad_histogram', 'histograms', 1, `${JSON.stringify(labels.toObject()).slice(0, 200)}: ${fault}`);
    return;
  }
  tally.starts.push(batch.length);
  target.classic.append(histogram, labels, batch, target.indexOf);
  tally.ends.push(batch.length);
  if (batch.length > maxUnfoldedSamples)
    throw new BinnacleError(
      'body_too_large',
      `the native histograms unfold into more than ${maxUnfoldedSamples} samples; send fewer in one request`,
    );
}

/** Exemplars of a native histogram belong to its buckets, since that is the name that is asked for. */
export function bucketLabels(labels: LabelSet): LabelSet {
  return new LabelSet(
    labels.pairs.map((text, i) => (i % 2 === 1 && labels.pairs[i - 1] === '__name__' ? `${text}_bucket` : text)),
  );
}

/** The family that a series of a classic histogram or summary belongs to, as an exposition names it. */
function familyOf(metricName: string, type: string): string {
  if (type === 'histogram' || type === 'gaugehistogram')
    return metricName.replace(/_(bucket|sum|count|gsum|gcount)$/, '');
  return type === 'summary' ? metricName.replace(/_(sum|count)$/, '') : metricName;
}
