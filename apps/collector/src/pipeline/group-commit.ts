import { BinnacleError } from '@binnacle/shared/errors.ts';
import type { SampleBatch } from '@binnacle/shared/telemetry/sample-batch.ts';

/**
 * Writes batches for good: into the telemetry store, or encoded into an agent's buffer. `durable` says that they need not be found
 * by queries at once, only survive the end of the process.
 */
export type InsertBatches = (batches: readonly SampleBatch[], acknowledge?: 'queryable' | 'durable') => Promise<void>;

export interface GroupCommitOptions {
  readonly insert: InsertBatches;
  readonly inFlightBytes: number;
  readonly commitSamples: number;
  readonly commitMilliseconds: number;
  /** Above this rate commits are `durable` and begin at once: many small ones would cost the store more than it can give. */
  readonly spoolSamplesPerSecond: number;
  /** Told after every commit: how many samples, how long the insert took, and whether it failed. */
  readonly onCommit?: (samples: number, seconds: number, failed: boolean) => void;
}

interface Waiting {
  readonly batch: SampleBatch;
  readonly bytes: number;
  /** By the process' own clock, ms. */
  readonly sinceMs: number;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** The rate is that of the last one to two windows. */
const rateWindowMs = 500;
const bytesPerSample = 20;
const bytesPerSeries = 64;
const bytesPerExemplar = 400;

/** Memory that a batch holds while it waits, in bytes; labels are interned by the decoders and counted flat. */
export function bytesOf(batch: SampleBatch): number {
  const { length, series, exemplars } = batch;
  return length * bytesPerSample + series.length * bytesPerSeries + exemplars.length * bytesPerExemplar;
}

/**
 * One insert at a time; what arrives meanwhile is the next one. A write resolves after its insert did. Over the bytes in
 * flight it is refused at once with `over_capacity`, before it holds memory.
 */
export class GroupCommit {
  readonly #options: GroupCommitOptions;
  #waiting: Waiting[] = [];
  #waitingSamples = 0;
  /** Of the group that is being written, undefined while none is. */
  #writing: { readonly samples: number; readonly sinceMs: number } | undefined;
  #bytes = 0;
  #timer: NodeJS.Timeout | undefined;
  #soon: NodeJS.Immediate | undefined;
  #windowBegan = performance.now();
  #windowSamples = 0;
  #busy = false;
  #committing: Promise<void> | undefined;
  #closed = false;
  /** Seconds that the newest commit took: what a refused sender is told to wait, at least. */
  #lastSeconds = 0;

  constructor(options: GroupCommitOptions) {
    this.#options = options;
  }

  /** Bytes accepted and not yet written. */
  get inFlightBytes(): number {
    return this.#bytes;
  }

  /** Samples accepted and not yet written. */
  get unwrittenSamples(): number {
    return this.#waitingSamples + (this.#writing?.samples ?? 0);
  }

  /** How long the oldest of them has waited, ms; undefined when none does. */
  get oldestUnwrittenMs(): number | undefined {
    const sinceMs = this.#writing?.sinceMs ?? this.#waiting[0]?.sinceMs;
    return sinceMs === undefined ? undefined : performance.now() - sinceMs;
  }

  /** Throws `over_capacity` when the bytes would not fit, or when nothing more is taken. */
  ensureRoom(bytes: number): void {
    if (this.#closed)
      throw new BinnacleError('over_capacity', 'the collector is shutting down', { retryAfterSeconds: 5 });
    const { inFlightBytes } = this.#options;
    if (this.#bytes + bytes <= inFlightBytes) return;
    throw new BinnacleError(
      'over_capacity',
      `${inFlightBytes} bytes of samples wait for the store already (limits.inFlightBytes); send again later`,
      {
        retryAfterSeconds: Math.min(60, Math.max(1, Math.ceil(this.#lastSeconds * 2))),
      },
    );
  }

  async write(batch: SampleBatch): Promise<void> {
    const bytes = bytesOf(batch);
    this.ensureRoom(bytes);
    this.#bytes += bytes;
    this.#waitingSamples += batch.length;
    this.#countRate(batch.length);
    await new Promise<void>((resolve, reject) => {
      this.#waiting.push({ batch, bytes, sinceMs: performance.now(), resolve, reject });
      this.#schedule();
    });
  }

  /** Resolves when all that waits now is written or refused; what comes meanwhile does not hold it up. */
  async settled(): Promise<void> {
    const some = this.#waiting.length > 0;
    await this.#committing;
    // The end of one commit is the begin of the next, with all that waited.
    if (some) this.#begin();
    if (some) await this.#committing;
  }

  /** Writes what waits and takes nothing more. Resolves when all of it is written or refused. */
  async close(): Promise<void> {
    this.#closed = true;
    while (this.#waiting.length > 0 || this.#committing !== undefined) {
      this.#begin();
      await this.#committing;
    }
  }

  #schedule(): void {
    if (this.#committing !== undefined) return;
    if (this.#busy) {
      // After what lies ready at the other connections: it belongs to this commit.
      this.#soon ??= setImmediate(() => this.#begin());
      return;
    }
    if (this.#waitingSamples >= this.#options.commitSamples) this.#begin();
    else this.#timer ??= setTimeout(() => this.#begin(), this.#options.commitMilliseconds);
  }

  /** Whether more comes than the store can take in commits of its own, each found by queries when it is acknowledged. */
  #countRate(samples: number): void {
    this.#windowSamples += samples;
    const most = (this.#options.spoolSamplesPerSecond * rateWindowMs) / 1000;
    const now = performance.now();
    if (now - this.#windowBegan >= rateWindowMs) {
      // A pause as long as a window is a lull, whatever came before.
      this.#busy = this.#windowSamples > most && now - this.#windowBegan < 2 * rateWindowMs;
      this.#windowBegan = now;
      this.#windowSamples = 0;
    }
  }

  #begin(): void {
    clearTimeout(this.#timer);
    clearImmediate(this.#soon);
    this.#timer = undefined;
    this.#soon = undefined;
    if (this.#committing !== undefined || this.#waiting.length === 0) return;
    const group = this.#waiting;
    const samples = this.#waitingSamples;
    this.#waiting = [];
    this.#waitingSamples = 0;
    this.#writing = { samples, sinceMs: group[0]?.sinceMs ?? performance.now() };
    this.#committing = this.#commit(group, samples).finally(() => {
      this.#committing = undefined;
      this.#writing = undefined;
      if (this.#waiting.length > 0) this.#begin();
    });
  }

  async #commit(group: readonly Waiting[], samples: number): Promise<void> {
    const began = performance.now();
    const acknowledge = this.#busy ? 'durable' : 'queryable';
    const failure = await this.#insert(
      group.map((waiting) => waiting.batch),
      acknowledge,
    );
    this.#lastSeconds = (performance.now() - began) / 1000;
    this.#options.onCommit?.(samples, this.#lastSeconds, failure !== undefined);
    // One bad batch must not take its neighbours along: unless the store itself is away, each is tried alone.
    const alone = failure !== undefined && !failure.retry && group.length > 1;
    for (const waiting of group) {
      const error = alone ? await this.#insert([waiting.batch], acknowledge) : failure;
      this.#bytes -= waiting.bytes;
      if (error === undefined) waiting.resolve();
      else waiting.reject(error);
    }
  }

  async #insert(
    batches: readonly SampleBatch[],
    acknowledge: 'queryable' | 'durable',
  ): Promise<BinnacleError | undefined> {
    try {
      await this.#options.insert(batches, acknowledge);
      return undefined;
    } catch (error) {
      if (error instanceof BinnacleError) return error;
      return new BinnacleError('store_unavailable', 'the telemetry store did not take the samples; send again later', {
        cause: error,
        retryAfterSeconds: 5,
      });
    }
  }
}
