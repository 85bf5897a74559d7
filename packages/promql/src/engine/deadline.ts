import { BinnacleError } from '@binnacle/shared/errors.ts';

/** Ends a query for one of two reasons: the caller's signal (`query_canceled`) or its time is up (`query_timeout`). */
export class Deadline implements Disposable {
  readonly #controller = new AbortController();
  readonly #timer: NodeJS.Timeout;
  readonly #callerSignal: AbortSignal | undefined;
  readonly #onCallerAbort = (): void =>
    this.#controller.abort(new BinnacleError('query_canceled', 'the query was canceled'));

  constructor(timeoutMs: number, callerSignal: AbortSignal | undefined) {
    const late = new BinnacleError('query_timeout', `the query took longer than ${timeoutMs / 1000} s`);
    this.#timer = setTimeout(() => this.#controller.abort(late), timeoutMs);
    this.#timer.unref();
    this.#callerSignal = callerSignal;
    if (callerSignal?.aborted === true) this.#onCallerAbort();
    else callerSignal?.addEventListener('abort', this.#onCallerAbort, { once: true });
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Ends what else runs for the query, because a part of it failed. */
  abort(reason: unknown): void {
    this.#controller.abort(reason);
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
    this.#callerSignal?.removeEventListener('abort', this.#onCallerAbort);
  }
}
