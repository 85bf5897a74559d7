import { type LabelSet, labelsFromObject } from '@binnacle/shared/telemetry/labels.ts';
import type { RecordKind, TelemetryRecord } from '@binnacle/shared/telemetry/records.ts';
import { SampleBatch } from '@binnacle/shared/telemetry/sample-batch.ts';

interface KnownSeries {
  readonly labels: LabelSet;
  round: number;
  row: number;
}

/** The series of a source over its readings: interns labels, and knows which series the newest reading lacks. */
export class SeriesMemory {
  readonly #known = new Map<string, KnownSeries>();
  readonly #fixed: Readonly<Record<string, string>>;
  #round = 0;

  /** `fixed` are the labels from the configuration. */
  constructor(fixed: Readonly<Record<string, string>>) {
    this.#fixed = fixed;
  }

  begin(nowMs: number): Round {
    this.#round++;
    return new Round(this, nowMs);
  }

  /** Adds a sample to the batch; the same series twice in one reading keeps the last value. */
  put(batch: SampleBatch, atMs: number, name: string, labels: Readonly<Record<string, string>>, value: number): void {
    const set = labelsFromObject({ ...this.#fixed, ...labels, __name__: name });
    const known = this.#known.get(set.key);
    if (known !== undefined && known.round === this.#round) {
      batch.values[known.row] = value;
      return;
    }
    const entry = known ?? { labels: set, round: 0, row: 0 };
    if (known === undefined) this.#known.set(set.key, entry);
    entry.round = this.#round;
    entry.row = batch.length;
    batch.append(batch.addSeries(entry.labels), atMs, value);
  }

  /** Ends the reading: a series it lacks gets a stale marker and is forgotten, so memory follows the newest reading. */
  end(batch: SampleBatch, atMs: number): void {
    for (const [key, entry] of this.#known) {
      if (entry.round === this.#round) continue;
      batch.appendStale(batch.addSeries(entry.labels), atMs);
      this.#known.delete(key);
    }
  }
}

interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** What one reading found. Filled by the receiver, written by the poller. */
export class Round {
  readonly atMs: number;
  readonly records: TelemetryRecord[] = [];
  readonly #memory: SeriesMemory;
  #samples: Sample[] = [];
  #problem: string | undefined;
  #failed = false;
  #closed = false;

  constructor(memory: SeriesMemory, atMs: number) {
    this.#memory = memory;
    this.atMs = atMs;
  }

  /** Adds a sample. `null`, `undefined` and NaN mean "not known" and are not written. */
  sample(name: string, labels: Readonly<Record<string, string>>, value: number | null | undefined): void {
    if (this.#closed || value === null || value === undefined || Number.isNaN(value)) return;
    this.#samples.push({ name, labels, value });
  }

  record(kind: RecordKind, cluster: string, key: string, atMs: number, body: unknown): void {
    if (!this.#closed) this.records.push({ kind, cluster, key, at: atMs, body });
  }

  /** Part of the source could not be read; the rest counts. The first sentence is kept for the Sources page. */
  warn(sentence: string): void {
    this.#problem ??= sentence;
  }

  /** The source did not answer, but what was added so far (a counter of failures, say) still counts. */
  fail(sentence: string): void {
    this.#failed = true;
    this.#problem = sentence;
  }

  /** Drops everything and takes nothing more: the reading threw or ran out of time, and may still be running. */
  abandon(sentence: string): void {
    this.#samples = [];
    this.records.length = 0;
    this.#failed = true;
    this.#closed = true;
    this.#problem = sentence;
  }

  get failed(): boolean {
    return this.#failed;
  }

  get problem(): string | undefined {
    return this.#problem;
  }

  /** The columns for the sink, `up` and stale markers included. */
  toBatch(up: { readonly job: string; readonly instance: string }): SampleBatch {
    this.#closed = true;
    const batch = new SampleBatch(Math.max(16, this.#samples.length + 16));
    this.#memory.put(batch, this.atMs, 'up', { job: up.job, instance: up.instance }, this.#failed ? 0 : 1);
    for (const sample of this.#samples) this.#memory.put(batch, this.atMs, sample.name, sample.labels, sample.value);
    this.#memory.end(batch, this.atMs);
    return batch;
  }
}
