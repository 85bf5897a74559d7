import { statfs } from 'node:fs/promises';
import { BinnacleError } from '@binnacle/shared/errors.ts';
import type { Logger } from 'pino';
import { observeGauge } from '../../telemetry/instruments.ts';

/** What a file system has, in bytes; `free` is what this user may still write. */
export interface DiskSpace {
  readonly free: number;
  readonly size: number;
}

export interface DiskWatchOptions {
  /** A folder that exists, on the disk that is watched. */
  readonly folder: string;
  /** Free bytes below which nothing is taken in; by default what `defaultFloor` says. */
  readonly minFreeBytes?: number | undefined;
  readonly log: Logger;
  readonly spaceOf?: (folder: string) => Promise<DiskSpace>;
  readonly intervalMs?: number;
}

const gibibyte = 2 ** 30;

/** Room that ClickHouse's merges, Postgres and the log of the system need beside us. */
export function defaultFloor(sizeBytes: number): number {
  return Math.min(20 * gibibyte, Math.max(gibibyte, sizeBytes * 0.02));
}

/** A disk that is let in again at the very floor would be full at once. */
const resumeRatio = 1.25;

/** Older knowledge is renewed before a write. */
const staleAfterMs = 100;

/** What senders are told to wait, in seconds: somebody has to make room. */
const retryAfterSeconds = 30;

/**
 * Watches the free space of the disk that the telemetry store is on. Below the floor `ensureRoom` throws `disk_full`, for
 * every way in, while reads, deletion and retention go on; a quarter above the floor it takes up again.
 */
export class DiskWatch {
  readonly #options: DiskWatchOptions;
  readonly #spaceOf: (folder: string) => Promise<DiskSpace>;
  readonly #timer: NodeJS.Timeout;
  readonly #unobserve: (() => void)[];
  #space: DiskSpace | undefined;
  #full = false;
  #lookedAt = Number.NEGATIVE_INFINITY;
  #blind = false;

  private constructor(options: DiskWatchOptions) {
    this.#options = options;
    this.#spaceOf = options.spaceOf ?? spaceOf;
    this.#timer = setInterval(() => void this.check(), options.intervalMs ?? 2000);
    this.#timer.unref();
    this.#unobserve = [
      observeGauge('binnacle_disk_free_bytes', (set) => {
        if (this.#space !== undefined) set(this.#space.free);
      }),
      observeGauge('binnacle_disk_size_bytes', (set) => {
        if (this.#space !== undefined) set(this.#space.size);
      }),
      observeGauge('binnacle_disk_full', (set) => {
        if (this.#space !== undefined) set(this.#full ? 1 : 0);
      }),
    ];
  }

  /** Looks once before it resolves: a gateway that starts on a full disk takes nothing in. */
  static async start(options: DiskWatchOptions): Promise<DiskWatch> {
    const watch = new DiskWatch(options);
    await watch.check();
    return watch;
  }

  /** Throws `disk_full` while there is too little room. */
  ensureRoom(): void {
    const problem = this.problem();
    if (problem !== undefined) throw new BinnacleError('disk_full', problem, { retryAfterSeconds });
  }

  /** A sentence while nothing is taken in, else undefined. */
  problem(): string | undefined {
    if (!this.#full) return undefined;
    if (this.#space === undefined) return 'the disk of the telemetry store was nearly full when it could last be read';
    const [free, floor] = [mebibytes(this.#space.free), mebibytes(this.#floor(this.#space))];
    return `the disk of the telemetry store is nearly full: ${free} MiB are free, and below ${floor} MiB nothing is taken in (gateway.storage.minFreeBytes)`;
  }

  /** The same write, asked of the disk first; one that meets the end of the disk itself is what the watch learns from. */
  guard<Given extends unknown[], Done>(write: (...given: Given) => Promise<Done>): (...given: Given) => Promise<Done> {
    return async (...given) => {
      // A fast sender fills in two seconds what was free when the timer last looked; asking costs some microseconds.
      if (performance.now() - this.#lookedAt > staleAfterMs) await this.check();
      this.ensureRoom();
      try {
        return await write(...given);
      } catch (error) {
        if (error instanceof BinnacleError && error.code === 'disk_full') void this.check();
        throw error;
      }
    };
  }

  /** Looks at the disk now. */
  async check(): Promise<void> {
    this.#lookedAt = performance.now();
    let space: DiskSpace;
    try {
      space = await this.#spaceOf(this.#options.folder);
    } catch (error) {
      // Unknown is neither full nor empty: what was known last stands, and the metric is absent.
      this.#space = undefined;
      if (!this.#blind) this.#options.log.warn({ err: error }, 'the free space of the disk cannot be read');
      this.#blind = true;
      return;
    }
    this.#blind = false;
    this.#space = space;
    const floor = this.#floor(space);
    const before = this.#full;
    this.#full = space.free < (before ? floor * resumeRatio : floor);
    if (this.#full === before) return;
    const facts = { freeBytes: space.free, sizeBytes: space.size, minFreeBytes: floor };
    if (this.#full) this.#options.log.error(facts, 'the disk is nearly full: nothing is taken in until there is room');
    else this.#options.log.info(facts, 'the disk has room again: telemetry is taken in');
  }

  stop(): void {
    clearInterval(this.#timer);
    for (const unobserve of this.#unobserve) unobserve();
  }

  #floor({ size }: DiskSpace): number {
    return this.#options.minFreeBytes ?? defaultFloor(size);
  }
}

const mebibytes = (bytes: number): number => Math.floor(bytes / 2 ** 20);

/** Asks the operating system. */
async function spaceOf(folder: string): Promise<DiskSpace> {
  const { bavail, blocks, bsize } = await statfs(folder);
  return { free: bavail * bsize, size: blocks * bsize };
}
