import type { SampleBatch } from '@binnacle/shared/telemetry/sample-batch.ts';
import type { Engine } from '../engine/engine.ts';
import type { MetadataTable } from '../metadata.ts';
import type { BucketLedger } from '../sealed/bucket-ledger.ts';
import type { LabelIndex } from '../series/label-index.ts';
import type { OlderSeriesLookup } from '../series/older-series.ts';
import { sampleBlocks, sampleColumns } from './sample-columns.ts';
import { SpanChanges, seriesColumns, spanColumns } from './span-changes.ts';

/**
 * Inserts groups of batches, one group at a time. Labels and spans are stored before the samples: whatever moment the
 * process dies in, no sample is without its series. A group that failed may be given again: equal rows are merged.
 */
export class SampleWriter {
  readonly #engine: Engine;
  readonly #database: string;
  readonly #index: LabelIndex;
  readonly #metadata: MetadataTable;
  readonly #ledger: BucketLedger;
  readonly #older: OlderSeriesLookup | undefined;
  #last: Promise<unknown> = Promise.resolve();

  constructor(
    engine: Engine,
    database: string,
    index: LabelIndex,
    metadata: MetadataTable,
    ledger: BucketLedger,
    older?: OlderSeriesLookup,
  ) {
    this.#engine = engine;
    this.#database = database;
    this.#index = index;
    this.#metadata = metadata;
    this.#ledger = ledger;
    this.#older = older;
  }

  insert(batches: readonly SampleBatch[]): Promise<void> {
    const run = this.#last.then(() => this.#insert(batches));
    this.#last = run.catch(() => {});
    return run;
  }

  /** Runs work while no insert runs, and after those that were given before. */
  alone<T>(work: () => Promise<T>): Promise<T> {
    const run = this.#last.then(work);
    this.#last = run.catch(() => {});
    return run;
  }

  /** Resolves when every group that was given has been stored or has failed. */
  async idle(): Promise<void> {
    await this.#last;
  }

  async #insert(batches: readonly SampleBatch[]): Promise<void> {
    if (this.#older !== undefined) await this.#older.recall(batches.flatMap(({ series }) => series));
    const changes = new SpanChanges(this.#index);
    const samples = sampleBlocks(this.#index, batches, changes);
    await this.#metadata.put(batches);
    await this.#put('series', seriesColumns, changes.seriesBlock());
    await this.#put('series_span', spanColumns, changes.spanBlock());
    // Before the rows are there, so that no reader passes them over.
    for (const bucket of changes.buckets) this.#ledger.wrote(bucket, Date.now());
    await this.#put('samples', sampleColumns, samples);
    changes.commit();
  }

  async #put(table: string, columns: readonly string[], pieces: readonly Uint8Array[]): Promise<void> {
    if (pieces.length > 0) await this.#engine.insertNative(`${this.#database}.${table}`, columns, pieces);
  }
}
