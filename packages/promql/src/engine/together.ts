import { BinnacleError } from '@binnacle/shared/errors.ts';

/** What one running query holds; given back when it ends. */
export interface Share extends Disposable {
  /** The query holds so many values at once from here on, or did before. Throws `over_capacity`. */
  hold(values: number): void;
  /** The query has ended, and so many values of its answer stay for whoever asked. */
  keep(values: number): void;
}

/** A query that holds no more is small, however little all may hold. */
const smallValues = 1000;

/**
 * Counts what all running queries hold, and answers that are still being sent: each alone may be within its bounds, and many
 * at once still more than the memory. A query that would go over is refused, to be asked again; those that hold little (a
 * thousandth of it) are answered meanwhile. Unless answers being sent take up everything, the one that holds most is not refused, so that of
 * many that grow together one gets through: what is held stays below the sum of `most` and what a single query may hold.
 */
export class Together {
  readonly #most: number;
  /** What each of the running ones holds. */
  readonly #running = new Map<Share, number>();
  #held = 0;
  /** What of it are answers that are being sent. */
  #kept = 0;

  constructor(most: number) {
    this.#most = most;
  }

  /** What all hold now. */
  get held(): number {
    return this.#held;
  }

  share(): Share {
    let mine = 0;
    let isKept = false;
    const change = (values: number): void => {
      this.#held += values - mine;
      mine = values;
    };
    const share: Share = {
      hold: (values) => {
        // A part of a query that failed may come here after the query's end.
        if (values <= mine || !this.#running.has(share)) return;
        const isSmall = values <= Math.max(smallValues, this.#most / 1000);
        if (!isSmall && this.#held + values - mine > this.#most && !this.#mayGoOver(mine)) {
          throw new BinnacleError(
            'over_capacity',
            `other large queries hold the memory (${this.#held} of ${this.#most} samples and values); try again soon`,
            { retryAfterSeconds: 5 },
          );
        }
        change(values);
        this.#running.set(share, values);
      },
      keep: (values) => {
        this.#running.delete(share);
        change(values);
        this.#kept += values;
        isKept = true;
      },
      [Symbol.dispose]: () => {
        this.#running.delete(share);
        if (isKept) this.#kept -= mine;
        isKept = false;
        change(0);
      },
    };
    this.#running.set(share, 0);
    return share;
  }

  #mayGoOver(values: number): boolean {
    if (this.#kept >= this.#most) return false;
    for (const others of this.#running.values()) if (others > values) return false;
    return true;
  }
}
