import type { LabelSet } from './labels.ts';
import type { SeriesTable } from './series-table.ts';

export type MetricType =
  | 'counter'
  | 'gauge'
  | 'histogram'
  | 'gaugehistogram'
  | 'summary'
  | 'info'
  | 'stateset'
  | 'unknown';

/** What an exposition says of a metric family. */
export interface MetricMetadata {
  readonly family: string;
  readonly type: MetricType;
  readonly help: string;
  readonly unit: string;
}

/** One observation that stands as an example beside the samples of a series, mostly with a `trace_id`. */
export interface SampleExemplar {
  /** The series it is an example of. */
  readonly series: LabelSet;
  /** Its own labels. */
  readonly labels: LabelSet;
  /** ms since 1970 */
  readonly timestampMs: number;
  readonly value: number;
}

/** High and low 32-bit words of Prometheus' stale marker, the NaN 0x7ff0000000000002. */
export const staleHigh = 0x7ff00000;
export const staleLow = 0x00000002;

/**
 * Samples in columns: sample i belongs to `series[seriesOf[i]]`, at `timestamps[i]` (ms since 1970, whole), with the
 * value `values[i]`. `valueWords` is the same memory as `values` (little-endian: low word at 2i, high word at 2i+1):
 * stale markers are signalling NaNs whose bits an ordinary load and store may change, so they are written and read as words.
 */
export class SampleBatch {
  readonly series: LabelSet[] = [];
  readonly metadata: MetricMetadata[] = [];
  readonly exemplars: SampleExemplar[] = [];
  /** Where the decoder keeps its series by number, and the number of each of `series`; undefined where it keeps none. */
  table: SeriesTable | undefined;
  numbers: Uint32Array | undefined;
  seriesOf: Uint32Array;
  timestamps: Float64Array;
  values: Float64Array;
  valueWords: Uint32Array;
  length = 0;

  constructor(capacity = 1024) {
    this.seriesOf = new Uint32Array(capacity);
    this.timestamps = new Float64Array(capacity);
    this.values = new Float64Array(capacity);
    this.valueWords = new Uint32Array(this.values.buffer);
  }

  /** Adds a series to the batch and returns its index for `append`. The caller adds each series once. */
  addSeries(labels: LabelSet): number {
    return this.series.push(labels) - 1;
  }

  append(seriesIndex: number, timestampMs: number, value: number): void {
    if (this.length === this.timestamps.length) this.#grow();
    const i = this.length++;
    this.seriesOf[i] = seriesIndex;
    this.timestamps[i] = timestampMs;
    this.values[i] = value;
  }

  /** Appends a value by its bits, so that every NaN survives. */
  appendBits(seriesIndex: number, timestampMs: number, low: number, high: number): void {
    if (this.length === this.timestamps.length) this.#grow();
    const i = this.length++;
    this.seriesOf[i] = seriesIndex;
    this.timestamps[i] = timestampMs;
    this.valueWords[2 * i] = low;
    this.valueWords[2 * i + 1] = high;
  }

  appendStale(seriesIndex: number, timestampMs: number): void {
    this.appendBits(seriesIndex, timestampMs, staleLow, staleHigh);
  }

  #grow(): void {
    const capacity = Math.max(16, this.timestamps.length * 2);
    const seriesOf = new Uint32Array(capacity);
    seriesOf.set(this.seriesOf);
    const timestamps = new Float64Array(capacity);
    timestamps.set(this.timestamps);
    const values = new Float64Array(capacity);
    const valueWords = new Uint32Array(values.buffer);
    valueWords.set(this.valueWords);
    this.seriesOf = seriesOf;
    this.timestamps = timestamps;
    this.values = values;
    this.valueWords = valueWords;
  }
}

/** Whether sample i, given as words, is a stale marker. */
export function isStale(valueWords: Uint32Array, i: number): boolean {
  return valueWords[2 * i + 1] === staleHigh && valueWords[2 * i] === staleLow;
}
