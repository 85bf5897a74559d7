import { BinnacleError } from '@binnacle/shared/errors.ts';

const maxWaiting = 10_000;

/**
 * How many messages are read at one time. gRPC does not say beforehand how long a message is, so each that is being read
 * counts as the largest there may be; the others wait unread, where HTTP/2's flow control holds them back.
 */
export class ReadingSlots {
  #free: number;
  readonly #waiting = new Set<() => void>();

  constructor(slots: number) {
    this.#free = slots;
  }

  /**
   * Calls `begin` as soon as a slot is free. Returns how to give the slot back, or to leave the queue; more than once does
   * no harm. Throws `over_capacity` when too many wait.
   */
  take(begin: () => void): () => void {
    let state: 'waiting' | 'reading' | 'gone' = 'waiting';
    const start = () => {
      state = 'reading';
      begin();
    };
    const leave = () => {
      if (state === 'waiting') this.#waiting.delete(start);
      else if (state === 'reading') this.#release();
      state = 'gone';
    };
    if (this.#free > 0) {
      this.#free--;
      start();
      return leave;
    }
    if (this.#waiting.size >= maxWaiting)
      throw new BinnacleError('over_capacity', 'too many messages wait to be read; send again later', {
        retryAfterSeconds: 2,
      });
    this.#waiting.add(start);
    return leave;
  }

  #release(): void {
    const [next] = this.#waiting;
    if (next === undefined) {
      this.#free++;
      return;
    }
    this.#waiting.delete(next);
    next();
  }
}
