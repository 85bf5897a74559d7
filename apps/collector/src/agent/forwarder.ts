import { BinnacleError } from '@binnacle/shared/errors.ts';
import type { Logger } from 'pino';
import type { PostAnswer } from './gateway-client.ts';

/** One encoded request that waits to be sent. */
export interface Parcel {
  readonly body: Uint8Array;
  /** Samples or records in it. */
  readonly items: number;
  /** ms since 1970, when it was put in. */
  readonly bufferedAtMs: number;
}

export interface ForwarderOptions {
  /** What the parcels hold, for the log: samples, records. */
  readonly what: string;
  readonly bufferBytes: number;
  /** Sends one parcel; rejects when there is no answer. */
  readonly post: (body: Uint8Array, signal: AbortSignal) => Promise<PostAnswer>;
  readonly log: Logger;
  readonly now: () => number;
  readonly onForwarded: (items: number) => void;
  readonly onRefused: (items: number, status: number) => void;
  readonly onRetry: (why: string) => void;
  /** Seconds to wait before the attempt; tests make it short. */
  readonly backoffSeconds?: (attempt: number) => number;
}

/** What `close` leaves behind. */
export interface LeftOver {
  readonly requests: number;
  readonly items: number;
  readonly bytes: number;
}

/**
 * A bounded queue in memory and the loop that empties it, one request at a time and in order. No answer, 408, 429 and
 * 5xx are tried again with a growing pause or after the `Retry-After` that was sent; so are 401 and 403, which an operator
 * can mend. Any other 4xx is final: it is counted, logged and let go.
 */
export class Forwarder {
  readonly #options: ForwarderOptions;
  #queue: Parcel[] = [];
  #bytes = 0;
  #running: Promise<void> | undefined;
  #wake: (() => void) | undefined;
  #closing = false;
  readonly #stop = new AbortController();

  constructor(options: ForwarderOptions) {
    this.#options = options;
  }

  get bufferedBytes(): number {
    return this.#bytes;
  }

  /** ms since 1970 at which the oldest waiting parcel was put in. */
  get oldestMs(): number | undefined {
    return this.#queue[0]?.bufferedAtMs;
  }

  /** Puts all of the parcels in, or none: throws `over_capacity` when they do not fit. */
  add(parcels: readonly Parcel[]): void {
    let bytes = 0;
    for (const { body } of parcels) bytes += body.byteLength;
    if (this.#bytes + bytes > this.#options.bufferBytes) {
      throw new BinnacleError(
        'over_capacity',
        `the buffer of ${this.#options.bufferBytes} bytes is full, since the gateway takes nothing (agent.bufferBytes)`,
        {
          retryAfterSeconds: 15,
        },
      );
    }
    this.#bytes += bytes;
    this.#queue.push(...parcels);
    this.#begin();
  }

  #begin(): void {
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined;
      // A parcel may have come between the loop's last look and here.
      if (this.#queue.length > 0 && !this.#stop.signal.aborted) this.#begin();
    });
  }

  /** Goes on sending for at most `limitMs`, then stops and says what is left. */
  async close(limitMs: number): Promise<LeftOver> {
    this.#closing = true;
    this.#wake?.();
    const timer = setTimeout(() => {
      this.#stop.abort();
      this.#wake?.();
    }, limitMs);
    while (this.#running !== undefined) await this.#running;
    clearTimeout(timer);
    return {
      requests: this.#queue.length,
      items: this.#queue.reduce((sum, parcel) => sum + parcel.items, 0),
      bytes: this.#bytes,
    };
  }

  async #run(): Promise<void> {
    const { signal } = this.#stop;
    let attempt = 0;
    while (this.#queue.length > 0 && !signal.aborted) {
      const parcel = this.#queue[0] as Parcel;
      const outcome = await this.#send(parcel, signal);
      if (outcome === 'done') {
        attempt = 0;
        this.#queue.shift();
        this.#bytes -= parcel.body.byteLength;
        continue;
      }
      if (signal.aborted) return;
      attempt++;
      await this.#pause(outcome.afterSeconds ?? (this.#options.backoffSeconds ?? backoff)(attempt));
    }
  }

  async #send(parcel: Parcel, signal: AbortSignal): Promise<'done' | { readonly afterSeconds: number | undefined }> {
    const { log, what } = this.#options;
    let answer: PostAnswer;
    try {
      answer = await this.#options.post(parcel.body, signal);
    } catch (error) {
      if (!signal.aborted) {
        this.#options.onRetry('network');
        log.warn(
          { err: error, waiting: this.#queue.length },
          `the gateway did not answer; ${what} are kept and sent again`,
        );
      }
      return { afterSeconds: undefined };
    }
    if (answer.status >= 200 && answer.status < 300) {
      this.#options.onForwarded(parcel.items);
      return 'done';
    }
    if (answer.status >= 500 || [401, 403, 408, 429].includes(answer.status)) {
      this.#options.onRetry(String(answer.status));
      log.warn(
        { status: answer.status, reason: answer.text, waiting: this.#queue.length },
        `the gateway does not take ${what} now; they are kept and sent again`,
      );
      return { afterSeconds: answer.retryAfterSeconds };
    }
    this.#options.onRefused(parcel.items, answer.status);
    log.error(
      { status: answer.status, reason: answer.text, items: parcel.items },
      `the gateway refused ${what} for good`,
    );
    return 'done';
  }

  /** While closing, a pause is short: there is little time left, and what does not get through is reported. */
  #pause(seconds: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(done, Math.min(seconds, this.#closing ? 0.25 : 300) * 1000);
      const wake = done;
      this.#wake = wake;
      function done() {
        clearTimeout(timer);
        resolve();
      }
    });
  }
}

/** 0.5 s, doubled up to 30 s, with a third of jitter so that agents do not come back all at once. */
function backoff(attempt: number): number {
  return Math.min(30, 0.5 * 2 ** Math.min(attempt - 1, 6)) * (0.67 + Math.random() * 0.33);
}
