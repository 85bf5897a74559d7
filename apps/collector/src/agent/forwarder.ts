import type { Logger } from 'pino';
import type { PostAnswer } from './gateway-client.ts';
import type { Parcel, ParcelQueue } from './parcel-queue.ts';

export interface ForwarderOptions {
  /** What the parcels hold, for the log: samples, records. */
  readonly what: string;
  /** What waits; the forwarder is its one reader, and closes it. */
  readonly queue: ParcelQueue;
  /** Sends one parcel; rejects when there is no answer. */
  readonly post: (body: Uint8Array, signal: AbortSignal) => Promise<PostAnswer>;
  readonly log: Logger;
  readonly onForwarded: (items: number) => void;
  readonly onRefused: (items: number, status: number) => void;
  readonly onRetry: (why: string) => void;
  /** Seconds to wait before the attempt; tests make it short. */
  readonly backoffSeconds?: (attempt: number) => number;
}

/** What `close` leaves in the queue; `items` where they were counted. */
export interface LeftOver {
  readonly items: number | undefined;
  readonly bytes: number;
}

/**
 * The loop that empties a queue, one request at a time and in order. No answer, 408, 429 and
 * 5xx are tried again with a growing pause or after the `Retry-After` that was sent; so are 401 and 403, which an operator
 * can mend. Any other 4xx is final: it is counted, logged and let go.
 */
export class Forwarder {
  readonly #options: ForwarderOptions;
  /** Whether something was added since the loop last looked. */
  #more = false;
  #running: Promise<void> | undefined;
  #wake: (() => void) | undefined;
  #closing = false;
  readonly #stop = new AbortController();

  constructor(options: ForwarderOptions) {
    this.#options = options;
  }

  /** Puts all of the parcels in, or none, and resolves when the queue has them. Rejects with `over_capacity`. */
  async add(parcels: readonly Parcel[]): Promise<void> {
    await this.#options.queue.add(parcels);
    this.start();
  }

  /** Begins to send what waits; what is added later begins it by itself. */
  start(): void {
    this.#more = true;
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined;
      // A parcel may have come between the loop's last look and here.
      if (this.#more && !this.#stop.signal.aborted) this.start();
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
    const { queue } = this.#options;
    const left = { items: queue.items, bytes: queue.bytes };
    await queue.close();
    return left;
  }

  async #run(): Promise<void> {
    const { queue, log, what } = this.#options;
    const { signal } = this.#stop;
    let attempt = 0;
    while (!signal.aborted) {
      this.#more = false;
      let afterSeconds: number | undefined;
      try {
        const parcel = await queue.first();
        if (parcel === undefined) return;
        const outcome = await this.#send(parcel, signal);
        if (outcome === 'done') {
          attempt = 0;
          await queue.drop();
          continue;
        }
        afterSeconds = outcome.afterSeconds;
      } catch (error) {
        log.error({ err: error }, `what waits of ${what} cannot be read; it is tried again`);
      }
      if (signal.aborted) return;
      attempt++;
      await this.#pause(afterSeconds ?? (this.#options.backoffSeconds ?? backoff)(attempt));
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
          { err: error, waitingBytes: this.#options.queue.bytes },
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
        { status: answer.status, reason: answer.text, waitingBytes: this.#options.queue.bytes },
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
