import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { BinnacleError } from '@binnacle/shared/errors.ts';
import { type SegmentPaths, SegmentWriter, segmentPaths } from './segment.ts';
import { checkSegment } from './segment-check.ts';

export interface SpoolOptions {
  readonly folder: string;
  /** Reads a file of `Native` into the table; may be given the same file again. */
  readonly insertFile: (path: string, buckets: ReadonlySet<number>) => Promise<void>;
  /** Bytes of samples that may wait here; more are refused with `over_capacity`. */
  readonly maxBytes: number;
  /** A segment is handed over at the latest when it has so many rows or is so old. */
  readonly segmentRows: number;
  readonly segmentMs: number;
  readonly log?: { warn(fields: object, message: string): void } | undefined;
}

export interface SpoolState {
  readonly bytes: number;
  readonly samples: number;
  /** ms that the oldest sample has waited for the table; 0 when none waits. */
  readonly oldestAgeMs: number;
  /** Blocks that were found damaged since this process began. */
  readonly damagedBlocks: number;
}

interface Closed {
  paths: SegmentPaths;
  readonly rows: number;
  readonly bytes: number;
  /** ms by `performance.now()`: a step of the clock is no age. */
  readonly openedAt: number;
  /** Buckets of two hours that its samples lie in. */
  readonly buckets: ReadonlySet<number>;
  doubtful: boolean;
}

const longestPauseMs = 10_000;

/**
 * Samples on their way into the table, on disk: an append is one write, and the table gets many appends as one large insert,
 * which costs the engine a fraction of many small ones. What a process leaves behind that dies is inserted by the next one. A
 * segment may reach the table twice; equal rows are merged where they are read.
 */
export class Spool {
  readonly #options: SpoolOptions;
  #next: number;
  #open: SegmentWriter | undefined;
  #appending: Promise<void> = Promise.resolve();
  readonly #closed: Closed[] = [];
  #timer: NodeJS.Timeout | undefined;
  #inserting: Promise<void> | undefined;
  #damagedBlocks = 0;
  #stopped = false;
  #wake: (() => void) | undefined;
  readonly #waiting: { readonly until: Closed; resolve(): void; reject(error: unknown): void }[] = [];

  private constructor(options: SpoolOptions, next: number) {
    this.#options = options;
    this.#next = next;
  }

  /** Takes over what a process before has left: its samples are checked here and inserted soon. */
  static async open(options: SpoolOptions): Promise<Spool> {
    const { folder } = options;
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const names = readdirSync(folder);
    for (const name of names) if (name.endsWith('.partial')) rmSync(join(folder, name), { force: true });
    const numbers = [...new Set(names.map((name) => Number(/^(\d{12})\./.exec(name)?.[1] ?? Number.NaN)))]
      .filter((number) => Number.isInteger(number))
      .sort((a, b) => a - b);
    const spool = new Spool(options, (numbers.at(-1) ?? 0) + 1);
    for (const number of numbers) {
      const paths = segmentPaths(folder, number);
      if (!names.includes(`${String(number).padStart(12, '0')}.native`)) {
        rmSync(paths.sums, { force: true });
        continue;
      }
      await spool.#takeOver(paths);
    }
    spool.#insertNext();
    return spool;
  }

  get state(): SpoolState {
    const open = this.#open;
    const oldest = this.#closed[0]?.openedAt ?? (open !== undefined && open.rows > 0 ? open.openedAt : undefined);
    return {
      bytes: this.#closed.reduce((sum, { bytes }) => sum + bytes, open?.bytes ?? 0),
      samples: this.#closed.reduce((sum, { rows }) => sum + rows, open?.rows ?? 0),
      oldestAgeMs: oldest === undefined ? 0 : Math.max(0, performance.now() - oldest),
      damagedBlocks: this.#damagedBlocks,
    };
  }

  /**
   * Resolves when the rows are safe from the end of this process. Errors: `over_capacity` where too much waits for the table,
   * `store_unavailable` where the disk does not take them. One append at a time.
   */
  append(pieces: readonly Uint8Array[], rows: number, buckets: Iterable<number>): Promise<void> {
    const run = this.#appending.then(() => this.#append(pieces, rows, buckets));
    this.#appending = run.catch(() => {});
    return run;
  }

  /** Resolves when everything that was appended before is in the table. Errors: of an insert that fails meanwhile. */
  async flush(): Promise<void> {
    await this.#handOver();
    const until = this.#closed.at(-1);
    if (until === undefined) return;
    const stored = new Promise<void>((resolve, reject) => this.#waiting.push({ until, resolve, reject }));
    this.#wake?.();
    await stored;
  }

  /** Inserts what waits, if the store takes it; what it does not take stays for the next process. */
  async close(): Promise<void> {
    await this.flush().catch(() => {});
    this.#stopped = true;
    this.#wake?.();
    await this.#inserting;
  }

  async #append(pieces: readonly Uint8Array[], rows: number, buckets: Iterable<number>): Promise<void> {
    const size = pieces.reduce((sum, piece) => sum + piece.byteLength, 0);
    const { maxBytes, folder, segmentRows, segmentMs } = this.#options;
    const { bytes } = this.state;
    if (bytes + size > maxBytes) {
      throw new BinnacleError(
        'over_capacity',
        `${bytes} bytes of samples wait for the telemetry store already; send again later`,
        {
          retryAfterSeconds: 5,
        },
      );
    }
    try {
      this.#open ??= await SegmentWriter.create(segmentPaths(folder, this.#next++));
      await this.#open.append(pieces, rows, buckets);
    } catch (cause) {
      const full = (cause as NodeJS.ErrnoException).code === 'ENOSPC';
      throw new BinnacleError(
        full ? 'disk_full' : 'store_unavailable',
        full
          ? 'the disk of the telemetry store is full; send again later'
          : 'the spool of the telemetry store cannot be written; send again later',
        { cause, retryAfterSeconds: full ? 30 : 5 },
      );
    }
    if (this.#open.rows >= segmentRows) await this.#rotate();
    else this.#timer ??= setTimeout(() => void this.#handOver(), segmentMs);
  }

  /** Closes the open segment once nothing is being appended. */
  #handOver(): Promise<void> {
    const run = this.#appending.then(() => this.#rotate());
    this.#appending = run.catch(() => {});
    return run;
  }

  async #rotate(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const open = this.#open;
    if (open === undefined) return;
    this.#open = undefined;
    const { paths, rows, bytes, openedAt, buckets, doubtful } = open;
    this.#closed.push({ paths, rows, bytes, openedAt, buckets, doubtful });
    await open.close();
    this.#insertNext();
  }

  #insertNext(): void {
    if (this.#inserting !== undefined || this.#stopped || this.#closed.length === 0) return;
    this.#inserting = this.#insertAll().finally(() => {
      this.#inserting = undefined;
      this.#insertNext();
    });
  }

  async #insertAll(): Promise<void> {
    let pauseMs = 500;
    for (let first = this.#closed[0]; first !== undefined && !this.#stopped; first = this.#closed[0]) {
      try {
        await this.#insert(first);
        pauseMs = 500;
      } catch (error) {
        for (const { reject } of this.#waiting.splice(0)) reject(error);
        if (this.#stopped) return;
        const { bytes, samples } = this.state;
        this.#options.log?.warn({ err: error, bytes, samples }, 'samples in the spool could not be stored yet');
        first.doubtful = true;
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, pauseMs);
          this.#wake = () => {
            clearTimeout(timer);
            resolve();
          };
        });
        this.#wake = undefined;
        pauseMs = Math.min(pauseMs * 2, longestPauseMs);
      }
    }
  }

  async #insert(closed: Closed): Promise<void> {
    let { paths, rows } = closed;
    if (closed.doubtful) {
      const checked = await checkSegment(paths, segmentPaths(this.#options.folder, this.#next++));
      this.#report(paths, checked);
      ({ paths, rows } = checked);
      closed.paths = paths;
      closed.doubtful = false;
    }
    if (rows > 0) await this.#options.insertFile(paths.native, closed.buckets);
    // The entries last: blocks without entries would be taken for damage.
    await unlink(paths.native).catch(() => {});
    await unlink(paths.sums).catch(() => {});
    this.#closed.shift();
    const stillWaiting = this.#waiting.filter((waiting) => {
      if (waiting.until !== closed) return true;
      waiting.resolve();
      return false;
    });
    this.#waiting.splice(0, this.#waiting.length, ...stillWaiting);
  }

  async #takeOver(paths: SegmentPaths): Promise<void> {
    const checked = await checkSegment(paths, segmentPaths(this.#options.folder, this.#next++));
    this.#report(paths, checked);
    if (checked.rows === 0) {
      rmSync(checked.paths.native, { force: true });
      rmSync(checked.paths.sums, { force: true });
      return;
    }
    const { rows, bytes, buckets } = checked;
    this.#closed.push({ paths: checked.paths, rows, bytes, buckets, openedAt: performance.now(), doubtful: false });
  }

  #report(
    paths: SegmentPaths,
    { damagedBlocks, damagedRows, tornBytes }: Awaited<ReturnType<typeof checkSegment>>,
  ): void {
    this.#damagedBlocks += damagedBlocks;
    if (damagedBlocks === 0) return;
    this.#options.log?.warn(
      { file: `${paths.native}.damaged`, damagedBlocks, damagedSamples: damagedRows, tornBytes },
      'a file of the spool was damaged: its bad blocks are refused, the rest is stored',
    );
  }
}
