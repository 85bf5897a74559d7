import { LabelSet } from '@binnacle/shared/telemetry/labels.ts';
import type { SeriesEntry } from '@binnacle/shared/telemetry/reader.ts';
import { readBlocks } from '../engine/read-blocks.ts';
import type { NativeColumnView } from '../native/native-reader.ts';
import { type ScanPlace, scanSamples } from '../scan/scan.ts';
import { bucketMs } from '../schema/tables.ts';
import type { BucketLedger } from './bucket-ledger.ts';
import { sealedRowColumns, sealedRows } from './sealed-rows.ts';

export interface SealerOptions {
  /** A bucket is sealed when it has been over, and was not written to, for so long. */
  readonly afterMs: number;
  /** Buckets before it have left the store by their age. */
  readonly oldestBucket: () => number;
  /** Runs work while no insert runs. */
  readonly withoutInserts: <T>(work: () => Promise<T>) => Promise<T>;
  readonly log:
    | { info(fields: object, message: string): void; warn(fields: object, message: string): void }
    | undefined;
  /** ms since 1970 */
  readonly now: () => number;
}

/** Between two looks for buckets that are over. */
const lookEveryMs = 30_000;

/**
 * Writes the samples of buckets that are over from `samples` (one row a sample) into `sealed` (one row a series), which is read
 * with less than half of the work. At every moment each sample is in a table that readers ask: rows are gathered in `sealing`,
 * move to `sealed` at once, and leave `samples` when nobody reads them any more. Where a process dies between the last two, or
 * samples come late, a bucket has rows in both tables, and readers merge them.
 */
export class Sealer {
  readonly #place: ScanPlace & { readonly ledger: BucketLedger };
  readonly #options: SealerOptions;
  #last: Promise<unknown> = Promise.resolve();
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(place: ScanPlace & { readonly ledger: BucketLedger }, options: SealerOptions) {
    this.#place = place;
    this.#options = options;
  }

  /** Looks for buckets to seal from now on. */
  start(): void {
    if (this.#closed || this.#timer !== undefined) return;
    const everyMs = Math.min(lookEveryMs, Math.max(1000, this.#options.afterMs));
    this.#timer = setInterval(() => void this.sealDue().catch(() => {}), everyMs).unref();
  }

  /** Seals every bucket that is due, and resolves with how many were. Errors: `store_unavailable`; it is tried again. */
  sealDue(afterMs = this.#options.afterMs): Promise<number> {
    return this.still(() => this.#sealDue(afterMs));
  }

  /** Runs work while nothing is sealed. */
  still<T>(work: () => Promise<T>): Promise<T> {
    const run = this.#last.then(work);
    this.#last = run.catch(() => {});
    return run;
  }

  /** Ends what runs: a bucket that is not finished stays as it was. */
  async close(): Promise<void> {
    this.#closed = true;
    clearInterval(this.#timer);
    await this.#last;
  }

  async #sealDue(afterMs: number): Promise<number> {
    const { log, now } = this.#options;
    const dueMs = now() - afterMs;
    this.#place.ledger.forgetBefore(this.#options.oldestBucket());
    let count = 0;
    for (const bucket of this.#place.ledger.quietBuckets(bucketMs, dueMs)) {
      if (this.#closed) break;
      try {
        if (await this.#seal(bucket)) count++;
      } catch (error) {
        if (this.#closed) break;
        log?.warn({ bucket, err: error }, 'a bucket of samples could not be sealed; it is tried again');
        throw error;
      }
    }
    return count;
  }

  /** Whether the bucket was sealed: not, where it was written to meanwhile. */
  async #seal(bucket: number): Promise<boolean> {
    const { engine, database, ledger } = this.#place;
    const { withoutInserts, log } = this.#options;
    const began = performance.now();
    const writes = ledger.writesOf(bucket);
    await engine.command(`TRUNCATE TABLE ${database}.sealing`);
    const { series, samples } = await this.#gather(bucket);
    if (this.#closed) return false;
    const moved = await withoutInserts(async () => {
      if (ledger.writesOf(bucket) !== writes || writes === undefined) return false;
      if (samples > 0) {
        const day = new Date(bucket * bucketMs).toISOString().slice(0, 10);
        await engine.command(`ALTER TABLE ${database}.sealing MOVE PARTITION '${day}' TO TABLE ${database}.sealed`);
        ledger.copied(bucket, writes, samples);
      }
      return true;
    });
    if (!moved) return false;
    await ledger.readsEnded();
    await withoutInserts(async () => {
      // What came late meanwhile stays, together with what was sealed, and is merged by readers.
      if (ledger.writesOf(bucket) !== writes) return;
      await engine.command(`ALTER TABLE ${database}.samples DROP PARTITION ${bucket}`);
      ledger.dropped(bucket);
    });
    const sealMs = Math.round(performance.now() - began);
    log?.info({ bucketAt: new Date(bucket * bucketMs).toISOString(), series, samples, sealMs }, 'samples sealed');
    return true;
  }

  /** Writes the bucket's samples into `sealing`, some series at a time. */
  async #gather(bucket: number): Promise<{ series: number; samples: number }> {
    const { engine, database } = this.#place;
    const ids = await this.#seriesOf(bucket);
    const place: ScanPlace = {
      ...this.#place,
      ledger: { placesOf: () => onlyOpen(bucket), beginRead: () => () => {} },
    };
    const request = {
      series: Array.from(ids, (id): SeriesEntry => ({ id, labels: noLabels })),
      fromMs: bucket * bucketMs,
      toMs: (bucket + 1) * bucketMs - 1,
      maxSamples: Number.POSITIVE_INFINITY,
    };
    let samples = 0;
    for await (const slab of scanSamples(place, request)) {
      try {
        if (this.#closed) break;
        if (slab.count === 0) continue;
        samples += slab.ends[slab.count - 1] as number;
        await engine.insertNative(`${database}.sealing`, sealedRowColumns, sealedRows(slab, ids, bucket, bucketMs));
      } finally {
        slab.release();
      }
    }
    return { series: ids.length, samples };
  }

  async #seriesOf(bucket: number): Promise<BigUint64Array> {
    const { engine, database } = this.#place;
    const sql = `SELECT DISTINCT series FROM ${database}.samples WHERE b = ${bucket}`;
    const pieces: Uint8Array[] = [];
    for await (const { columns } of readBlocks(engine, sql, { heavy: true })) {
      pieces.push((columns as [NativeColumnView])[0].bytes);
    }
    const bytes = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.byteLength, 0));
    let at = 0;
    for (const piece of pieces) {
      bytes.set(piece, at);
      at += piece.byteLength;
    }
    return new BigUint64Array(bytes.buffer);
  }
}

const noLabels = new LabelSet([]);

const onlyOpen = (bucket: number) => ({ open: { from: bucket, to: bucket }, sealed: undefined });
