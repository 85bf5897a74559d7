import type { SampleBatch } from '@binnacle/shared/telemetry/sample-batch.ts';
import type { Engine } from '../engine/engine.ts';
import type { MetadataTable } from '../metadata.ts';
import type { BucketLedger } from '../sealed/bucket-ledger.ts';
import type { LabelIndex } from '../series/label-index.ts';
import type { OlderSeriesLookup } from '../series/older-series.ts';
import { sampleBlocks, sampleColumns } from './sample-columns.ts';
import { SpanChanges, seriesColumns, spanColumns } from './span-changes.ts';
import { Spool, type SpoolOptions, type SpoolState } from './spool/spool.ts';

/**
 * When an insert resolves. `queryable`: the samples are in the table. `durable`: they survive the end of this process, and are in
 * the table within a second or so, as part of a larger insert that costs the engine less.
 */
export type Acknowledge = 'queryable' | 'durable';

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
  #spool: Spool | undefined;
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

  /**
   * Opens the spool in a folder, and stores what a process before has left there. Only for an engine that reads files of this
   * machine; without a spool every insert goes into the table at once.
   */
  async openSpool(options: Omit<SpoolOptions, 'insertFile'>): Promise<void> {
    const engine = this.#engine;
    if (engine.insertFile === undefined) return;
    const table = `${this.#database}.samples`;
    this.#spool = await Spool.open({
      ...options,
      insertFile: async (path, buckets) => {
        // Before the rows are there, so that no reader passes them over.
        for (const bucket of buckets) this.#ledger.wrote(bucket, Date.now());
        await engine.insertFile?.(table, sampleColumns, path);
      },
    });
  }

  /** What waits in the spool; undefined where there is none. */
  get spool(): SpoolState | undefined {
    return this.#spool?.state;
  }

  insert(batches: readonly SampleBatch[], acknowledge: Acknowledge = 'queryable'): Promise<void> {
    const run = this.#last.then(() => this.#insert(batches, acknowledge));
    this.#last = run.catch(() => {});
    return run;
  }

  /** Runs work while no insert runs, and after those that were given before: all of their samples are in the table. */
  alone<T>(work: () => Promise<T>): Promise<T> {
    const run = this.#last.then(async () => {
      await this.#spool?.flush();
      return work();
    });
    this.#last = run.catch(() => {});
    return run;
  }

  /** Resolves when all samples that were given before are in the table. */
  flush(): Promise<void> {
    return this.#last.then(() => this.#spool?.flush());
  }

  /** Call when nothing more is given; what the table does not take now stays in the spool for the next process. */
  async close(): Promise<void> {
    await this.#last;
    await this.#spool?.close();
  }

  async #insert(batches: readonly SampleBatch[], acknowledge: Acknowledge): Promise<void> {
    if (this.#older !== undefined) await this.#older.recall(batches.flatMap(({ series }) => series));
    const changes = new SpanChanges(this.#index);
    const samples = sampleBlocks(this.#index, batches, changes);
    await this.#metadata.put(batches);
    await this.#put('series', seriesColumns, changes.seriesBlock());
    await this.#put('series_span', spanColumns, changes.spanBlock());
    // Before the rows are there, so that no reader passes them over.
    for (const bucket of changes.buckets) this.#ledger.wrote(bucket, Date.now());
    if (this.#spool !== undefined && acknowledge === 'durable') {
      await this.#spool.append(samples, countOf(batches), changes.buckets);
    } else await this.#put('samples', sampleColumns, samples);
    changes.commit();
  }

  async #put(table: string, columns: readonly string[], pieces: readonly Uint8Array[]): Promise<void> {
    if (pieces.length > 0) await this.#engine.insertNative(`${this.#database}.${table}`, columns, pieces);
  }
}

const countOf = (batches: readonly SampleBatch[]) => batches.reduce((sum, { length }) => sum + length, 0);
