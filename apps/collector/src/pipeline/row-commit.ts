import { BinnacleError } from '@binnacle/shared/errors.ts';

/** Rows that are written together. */
export interface Rows {
  readonly rows: number;
  /** Memory that they hold while they wait. */
  readonly byteLength: number;
}

export interface RowCommitOptions<Batch extends Rows> {
  readonly insert: (batches: readonly Batch[]) => Promise<void>;
  /** Bytes that may wait; more is refused before it holds memory. */
  readonly inFlightBytes: number;
  /** A commit begins at the latest when so many rows wait, or when the first has waited so long. */
  readonly commitRows: number;
  readonly commitMilliseconds: number;
  /** Told after every commit. */
  readonly onCommit: (rows: number, seconds: number, failed: boolean) => void;
}

interface Waiting<Batch> {
  readonly batch: Batch;
  readonly bytes: number;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Group commit of spans or log records: one insert at a time, and what arrives meanwhile is the next one. A write resolves
 * after its insert did; over the bytes in flight it is refused at once with `over_capacity`.
 */
export class RowCommit<Batch extends Rows> {
  readonly #options: RowCommitOptions<Batch>;
  #waiting: Waiting<Batch>[] = [];
  #rows = 0;
  #bytes = 0;
  #timer: NodeJS.Timeout | undefined;
  #committing: Promise<void> | undefined;
  #closed = false;
  /** Seconds that the newest commit took: what a refused sender is told to wait, at least. */
  #lastSeconds = 0;

  constructor(options: RowCommitOptions<Batch>) {
    this.#options = options;
  }

  get inFlightBytes(): number {
    return this.#bytes;
  }

  async write(batch: Batch): Promise<void> {
    const bytes = batch.byteLength;
    this.#ensureRoom(bytes);
    this.#bytes += bytes;
    this.#rows += batch.rows;
    await new Promise<void>((resolve, reject) => {
      this.#waiting.push({ batch, bytes, resolve, reject });
      if (this.#committing !== undefined) return;
      if (this.#rows >= this.#options.commitRows) this.#begin();
      else this.#timer ??= setTimeout(() => this.#begin(), this.#options.commitMilliseconds);
    });
  }

  /** Writes what waits and takes nothing more. Resolves when all of it is written or refused. */
  async close(): Promise<void> {
    this.#closed = true;
    while (this.#waiting.length > 0 || this.#committing !== undefined) {
      this.#begin();
      await this.#committing;
    }
  }

  #ensureRoom(bytes: number): void {
    if (this.#closed)
      throw new BinnacleError('over_capacity', 'the collector is shutting down', { retryAfterSeconds: 5 });
    const { inFlightBytes } = this.#options;
    // Alone, a batch may be as large as its decoder lets it be: only what stands before it keeps it out.
    if (this.#bytes === 0 || this.#bytes + bytes <= inFlightBytes) return;
    throw new BinnacleError(
      'over_capacity',
      `${inFlightBytes} bytes of rows wait for the store already (limits.spanInFlightBytes); send again later`,
      { retryAfterSeconds: Math.min(60, Math.max(1, Math.ceil(this.#lastSeconds * 2))) },
    );
  }

  #begin(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#committing !== undefined || this.#waiting.length === 0) return;
    const group = this.#waiting;
    const rows = this.#rows;
    this.#waiting = [];
    this.#rows = 0;
    this.#committing = this.#commit(group, rows).finally(() => {
      this.#committing = undefined;
      if (this.#waiting.length > 0) this.#begin();
    });
  }

  async #commit(group: readonly Waiting<Batch>[], rows: number): Promise<void> {
    const began = performance.now();
    const failure = await this.#insert(group.map(({ batch }) => batch));
    this.#lastSeconds = (performance.now() - began) / 1000;
    this.#options.onCommit(rows, this.#lastSeconds, failure !== undefined);
    for (const waiting of group) {
      this.#bytes -= waiting.bytes;
      if (failure === undefined) waiting.resolve();
      else waiting.reject(failure);
    }
  }

  async #insert(batches: readonly Batch[]): Promise<BinnacleError | undefined> {
    try {
      await this.#options.insert(batches);
      return undefined;
    } catch (error) {
      if (error instanceof BinnacleError && error.retry) return error;
      // Senders give up on what they may not try again: what the store does not explain is worth another try.
      return new BinnacleError('store_unavailable', 'the telemetry store did not take the rows; send again later', {
        cause: error,
        retryAfterSeconds: 5,
      });
    }
  }
}
