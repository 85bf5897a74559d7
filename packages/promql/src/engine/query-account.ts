import { BinnacleError } from '@binnacle/shared/errors.ts';
import type { Account } from '../evaluate/holding.ts';
import type { Share } from './together.ts';

/** What one query holds at the moment: raw samples and values of intermediate results, all of them together. */
export class QueryAccount implements Account {
  readonly #most: number;
  readonly #share: Share;
  #held = 0;
  #peak = 0;

  constructor(most: number, share: Share) {
    this.#most = most;
    this.#share = share;
  }

  /** Most that was held at once. */
  get peak(): number {
    return this.#peak;
  }

  /** Errors: `query_limit` where it is more than a query may hold, `over_capacity` where others leave no room for it. */
  change(values: number): void {
    this.#held += values;
    if (this.#held <= this.#peak) return;
    if (this.#held > this.#most) {
      throw new BinnacleError(
        'query_limit',
        `the query would hold ${this.#held} samples and values at once, more than ${this.#most}; narrow it or use a larger step`,
      );
    }
    this.#share.hold(this.#held);
    this.#peak = this.#held;
  }
}
