import { BinnacleError } from '@binnacle/shared/errors.ts';

/** What one running query holds; given back when it ends. */
export interface Share extends Disposable {
  /** The query holds so many values at once from here on, or did before. Throws `over_capacity`. */
  hold(values: number): void;
}

/**
 * Counts what all running queries hold: each alone may be within its bounds, and many at once still more than the memory.
 * A query that would go over is refused, to be asked again; those that hold little are answered meanwhile.
 */
export class Together {
  readonly #most: number;
  #held = 0;

  constructor(most: number) {
    this.#most = most;
  }

  share(): Share {
    let mine = 0;
    return {
      hold: (values) => {
        const more = values - mine;
        if (more <= 0) return;
        if (this.#held + more > this.#most) {
          throw new BinnacleError('over_capacity', 'other large queries are running; try again soon', {
            retryAfterSeconds: 5,
          });
        }
        this.#held += more;
        mine = values;
      },
      [Symbol.dispose]: () => {
        this.#held -= mine;
        mine = 0;
      },
    };
  }
}
