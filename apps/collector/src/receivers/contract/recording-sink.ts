import type { BinnacleError } from '@binnacle/shared/errors.ts';
import type { LabelSet } from '@binnacle/shared/telemetry/labels.ts';
import type { RecordSink, TelemetryRecord } from '@binnacle/shared/telemetry/records.ts';
import {
  isStale,
  type MetricMetadata,
  type SampleBatch,
  type SampleExemplar,
} from '@binnacle/shared/telemetry/sample-batch.ts';
import type { RefusalReason, SampleOrigin, SampleSink, WriteResult } from '../receiver.ts';

export interface RecordedSample {
  readonly labels: Record<string, string>;
  /** ms since 1970 */
  readonly timestampMs: number;
  readonly value: number;
  readonly stale: boolean;
  readonly receiver: string;
  readonly source: string;
}

type Judge = (labels: LabelSet, timestampMs: number) => RefusalReason | undefined;

/**
 * A SampleSink and RecordSink that keeps what it is given and complains of batches that break the data model. It refuses
 * series as the pipeline does (`no_metric_name`, `bad_label_name`, `duplicate_label`), and what a test wants refused.
 */
export class RecordingSink implements SampleSink, RecordSink {
  readonly samples: RecordedSample[] = [];
  readonly metadata: MetricMetadata[] = [];
  readonly exemplars: SampleExemplar[] = [];
  readonly records: TelemetryRecord[] = [];
  readonly origins: SampleOrigin[] = [];
  /** Faults of batches, in words; the contract wants none. */
  readonly faults: string[] = [];
  /** Writes that were turned away with an error. */
  turnedAway = 0;
  readonly #errors: BinnacleError[] = [];
  #judge: Judge | undefined;
  #waiting: { done: () => boolean; resolve: () => void }[] = [];

  /** The next `times` writes reject with the error, and nothing of them is kept. */
  failNext(error: BinnacleError, times = 1): void {
    for (let i = 0; i < times; i++) this.#errors.push(error);
  }

  /** Forgets what was kept so far, other than faults. */
  forget(): void {
    for (const kept of [this.samples, this.metadata, this.exemplars, this.records, this.origins]) kept.length = 0;
  }

  /** Has samples refused one by one. */
  refuse(judge: Judge): void {
    this.#judge = judge;
  }

  async write(batch: SampleBatch, origin: SampleOrigin): Promise<WriteResult> {
    this.#validate(batch);
    this.origins.push(origin);
    const error = this.#errors.shift();
    if (error !== undefined) {
      this.turnedAway++;
      this.#wake();
      throw error;
    }
    const refused = new Map<RefusalReason, { reason: RefusalReason; count: number; example: string }>();
    const refusedRows: number[] = [];
    let accepted = 0;
    for (let i = 0; i < batch.length; i++) {
      const labels = batch.series[batch.seriesOf[i] as number] as LabelSet;
      const timestampMs = batch.timestamps[i] as number;
      const reason = labelFault(labels) ?? this.#judge?.(labels, timestampMs);
      if (reason !== undefined) {
        refusedRows.push(i);
        const known = refused.get(reason);
        if (known === undefined) refused.set(reason, { reason, count: 1, example: JSON.stringify(labels.toObject()) });
        else known.count++;
        continue;
      }
      accepted++;
      this.samples.push({
        labels: labels.toObject(),
        timestampMs,
        value: batch.values[i] as number,
        stale: isStale(batch.valueWords, i),
        receiver: origin.receiver,
        source: origin.source,
      });
    }
    this.metadata.push(...batch.metadata);
    this.exemplars.push(...batch.exemplars);
    this.#wake();
    return { accepted, refused: [...refused.values()], refusedRows, acceptedExemplars: batch.exemplars.length };
  }

  async putRecords(records: readonly TelemetryRecord[]): Promise<void> {
    this.records.push(...records);
    this.#wake();
  }

  /** Samples whose labels include all of these, in the order they came. */
  find(labels: Readonly<Record<string, string>>): RecordedSample[] {
    return this.samples.filter((sample) => includes(sample, labels));
  }

  /** Waits for a sample with these labels and returns it: the first, or the first after `from` kept samples. */
  async waitFor(labels: Readonly<Record<string, string>>, from = 0): Promise<RecordedSample> {
    const found = () => this.samples.slice(from).find((sample) => includes(sample, labels));
    await this.until(() => found() !== undefined);
    return found() as RecordedSample;
  }

  /** Resolves when the condition holds; it is asked again after every write. */
  until(done: () => boolean): Promise<void> {
    if (done()) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.push({ done, resolve }));
  }

  #wake(): void {
    const waiting = this.#waiting;
    this.#waiting = waiting.filter((one) => !one.done());
    for (const one of waiting) if (!this.#waiting.includes(one)) one.resolve();
  }

  #validate(batch: SampleBatch): void {
    const fault = (text: string) => this.faults.push(text);
    if (batch.values.buffer !== batch.valueWords.buffer) fault('values and valueWords are not the same memory');
    const keys = new Set<string>();
    for (const { pairs } of batch.series) {
      const name = JSON.stringify(pairs);
      if (keys.has(name)) fault(`series ${name} was added twice to a batch`);
      keys.add(name);
      if (pairs.length % 2 !== 0) fault(`odd pairs in ${name}`);
      for (let i = 0; i < pairs.length; i += 2) {
        if (i > 0 && (pairs[i - 2] as string) > (pairs[i] as string)) fault(`unsorted labels in ${name}`);
        if (pairs[i + 1] === '') fault(`empty value of ${pairs[i]} in ${name}`);
      }
    }
    for (let i = 0; i < batch.length; i++) {
      if ((batch.seriesOf[i] as number) >= batch.series.length) fault(`sample ${i} belongs to no series`);
      if (!Number.isInteger(batch.timestamps[i])) fault(`sample ${i} has the timestamp ${batch.timestamps[i]}`);
    }
  }
}

function includes(sample: RecordedSample, labels: Readonly<Record<string, string>>): boolean {
  return Object.entries(labels).every(([name, value]) => sample.labels[name] === value);
}

function labelFault(labels: LabelSet): RefusalReason | undefined {
  if (labels.metricName === '') return 'no_metric_name';
  let previous: string | undefined;
  for (let i = 0; i < labels.pairs.length; i += 2) {
    const name = labels.pairs[i] as string;
    if (name === previous) return 'duplicate_label';
    if (name === '' || !name.isWellFormed()) return 'bad_label_name';
    if (!(labels.pairs[i + 1] as string).isWellFormed()) return 'bad_label_value';
    previous = name;
  }
  return undefined;
}
