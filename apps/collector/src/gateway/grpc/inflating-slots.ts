import { BinnacleError } from '@binnacle/shared/errors.ts';

const maxWaiting = 10_000;

/**
 * How many messages are inflated at one time. Nothing says beforehand how much comes out of one, so each that is being
 * inflated counts as the largest there may be; the others wait as they came.
 */
export class InflatingSlots {
  #free: number;
  readonly #waiting: (() => void)[] = [];

  constructor(slots: number) {
    this.#free = slots;
  }

  /** Runs work as soon as a slot is free, in the order of calls. Throws `over_capacity` when too many wait. */
  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.#free > 0) this.#free--;
    else {
      if (this.#waiting.length >= maxWaiting)
        throw new BinnacleError('over_capacity', 'too many messages wait to be inflated; send again later', {
          retryAfterSeconds: 2,
        });
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
    try {
      return await work();
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#free++;
      else next();
    }
  }
}
