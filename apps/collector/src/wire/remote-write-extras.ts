import { LabelSet } from '@binnacle/shared/telemetry/labels.ts';
import type { SampleBatch } from '@binnacle/shared/telemetry/sample-batch.ts';
import type { ClassicHistograms } from './classic-histograms.ts';
import { NativeHistogram } from './native-histogram.ts';
import { ProtobufReader } from './protobuf.ts';
import { appendHistogram, bucketLabels } from './remote-write-2-decode.ts';
import { type InternedSeries, type SeriesIntern, sortPairs } from './series-intern.ts';
import { WriteTally } from './write-tally.ts';

/**
 * Takes from a `prometheus.WriteRequest` what its decoder reads over: native histograms, as classic samples behind the
 * plain ones, and exemplars. Only for requests that hold any; the request has been decoded without fault.
 */
export class WriteRequestExtras {
  readonly #intern: SeriesIntern;
  readonly #labels: readonly (readonly [string, string])[];
  readonly #classic: ClassicHistograms;
  readonly #histogram = new NativeHistogram();

  /** `labels` are put on series that lack them; the table of series must be the decoder's. */
  constructor(labels: Readonly<Record<string, string>>, intern: SeriesIntern, classic: ClassicHistograms) {
    this.#labels = Object.entries(labels);
    this.#intern = intern;
    this.#classic = classic;
  }

  /** Throws `malformed_body` with the byte, or `body_too_large` when the histograms unfold into too many samples. */
  append(bytes: Buffer, batch: SampleBatch): WriteTally {
    const reader = new ProtobufReader(bytes);
    const tally = new WriteTally();
    // The labels of a series are one object in the whole process, so the batch's own series are found by it.
    const indexes = new Map<LabelSet, number>();
    for (let i = 0; i < batch.series.length; i++) indexes.set(batch.series[i] as LabelSet, i);
    const indexOf = ({ labels }: InternedSeries): number => {
      let index = indexes.get(labels);
      if (index === undefined) {
        index = batch.addSeries(labels);
        indexes.set(labels, index);
      }
      return index;
    };
    const target = { histogram: this.#histogram, classic: this.#classic, batch, tally, indexOf };
    const end = bytes.length;
    while (reader.position < end) {
      const tag = reader.uint32(end);
      if (tag !== 0x0a) {
        reader.skip(tag, end);
        continue;
      }
      const stop = reader.bytesEnd(end);
      const begin = reader.position;
      const pairs: string[] = [];
      let histograms = 0;
      let exemplars = 0;
      while (reader.position < stop) {
        const field = reader.uint32(stop);
        if (field === 0x0a) this.#label(reader, reader.bytesEnd(stop), pairs);
        else {
          if (field === 0x22) histograms++;
          else if (field === 0x1a) exemplars++;
          reader.skip(field, stop);
        }
      }
      if (histograms + exemplars === 0) continue;
      const labels = this.#intern.bySortedPairs(sortPairs(this.#withOwn(pairs))).labels;
      const nameless = labels.metricName === '';
      if (nameless) tally.refuse('no_metric_name', 'histograms', histograms, 'a histogram without __name__');
      const owner = histograms > 0 ? bucketLabels(labels) : labels;
      const newestMs = batch.length === 0 ? 0 : (batch.timestamps[batch.length - 1] as number);
      reader.position = begin;
      while (reader.position < stop) {
        const field = reader.uint32(stop);
        if (field === 0x22 && !nameless) appendHistogram(reader, reader.bytesEnd(stop), labels, target);
        else if (field === 0x1a) this.#exemplar(reader, reader.bytesEnd(stop), batch, owner, newestMs);
        else reader.skip(field, stop);
      }
    }
    return tally;
  }

  #withOwn(pairs: string[]): string[] {
    for (const [name, value] of this.#labels) {
      let has = false;
      for (let i = 0; i < pairs.length && !has; i += 2) has = pairs[i] === name && pairs[i + 1] !== '';
      if (!has) pairs.push(name, value);
    }
    return pairs;
  }

  /** `Exemplar { repeated Label labels = 1; double value = 2; int64 timestamp = 3; }` */
  #exemplar(reader: ProtobufReader, end: number, batch: SampleBatch, series: LabelSet, newestMs: number): void {
    const pairs: string[] = [];
    let value = 0;
    let timestampMs = newestMs;
    while (reader.position < end) {
      const field = reader.uint32(end);
      if (field === 0x0a) this.#label(reader, reader.bytesEnd(end), pairs);
      else if (field === 0x11) value = reader.double(end);
      else if (field === 0x18) timestampMs = reader.int64(end);
      else reader.skip(field, end);
    }
    batch.exemplars.push({ series, labels: new LabelSet(sortPairs(pairs)), timestampMs, value });
  }

  #label(reader: ProtobufReader, end: number, pairs: string[]): void {
    let name = '';
    let value = '';
    while (reader.position < end) {
      const tag = reader.uint32(end);
      if (tag === 0x0a) name = this.#intern.string(reader.string(end));
      else if (tag === 0x12) value = this.#intern.string(reader.string(end));
      else reader.skip(tag, end);
    }
    pairs.push(name, value);
  }
}
