import { BinnacleError } from '@binnacle/shared/errors.ts';

/** Most scrapes under way at once, and most bytes of bodies held by them. */
export interface GateBounds {
  readonly scrapes: number;
  readonly bytes: number;
}

/**
 * Keeps many targets from being read all at once: scrapes wait for their turn, first come, first served, and a body that
 * would not fit beside the others under way fails its scrape.
 */
export class ScrapeGate {
  readonly #bounds: GateBounds;
  readonly #waiting = new Set<() => void>();
  #underWay = 0;
  #bytes = 0;

  constructor(bounds: GateBounds) {
    this.#bounds = bounds;
  }

  /** Resolves with true when it is this scrape's turn; with false when the signal fired before. Every true wants a `leave`. */
  enter(signal: AbortSignal): Promise<boolean> {
    if (signal.aborted) return Promise.resolve(false);
    if (this.#underWay < this.#bounds.scrapes) {
      this.#underWay++;
      return Promise.resolve(true);
    }
    return new Promise((resolve) => {
      const turn = () => {
        signal.removeEventListener('abort', ended);
        this.#waiting.delete(turn);
        resolve(true);
      };
      const ended = () => {
        this.#waiting.delete(turn);
        resolve(false);
      };
      signal.addEventListener('abort', ended, { once: true });
      this.#waiting.add(turn);
    });
  }

  leave(): void {
    const [next] = this.#waiting;
    if (next === undefined) this.#underWay--;
    else next();
  }

  /** Makes room for bytes of a body. Throws `over_capacity` where there is none. */
  hold(bytes: number): void {
    if (this.#bytes + bytes > this.#bounds.bytes)
      throw new BinnacleError('over_capacity', 'was not read to the end: too many bytes of scrapes are held at once');
    this.#bytes += bytes;
  }

  release(bytes: number): void {
    this.#bytes -= bytes;
  }
}
