import { BinnacleError } from '@binnacle/shared/errors.ts';

/**
 * Bodies being read at one time, in bytes. A body is counted by its Content-Length, or as the largest allowed when it
 * has none, before any of it is read: many large requests at once are refused instead of filling the memory.
 */
export class BodyBudget {
  readonly #totalBytes: number;
  readonly #largestBytes: number;
  #taken = 0;

  constructor(totalBytes: number, largestBytes: number) {
    this.#totalBytes = Math.max(totalBytes, largestBytes);
    this.#largestBytes = largestBytes;
  }

  get takenBytes(): number {
    return this.#taken;
  }

  /** Returns the bytes taken, to give back when the request has been answered. Throws `over_capacity`. */
  take(contentLength: string | undefined): number {
    const told = contentLength === undefined ? this.#largestBytes : Number(contentLength);
    const bytes = Number.isFinite(told) && told >= 0 ? Math.min(told, this.#largestBytes) : this.#largestBytes;
    if (this.#taken + bytes > this.#totalBytes) {
      throw new BinnacleError('over_capacity', 'too many bodies are being read at once; send again later', {
        retryAfterSeconds: 2,
      });
    }
    this.#taken += bytes;
    return bytes;
  }

  giveBack(bytes: number): void {
    this.#taken -= bytes;
  }
}
