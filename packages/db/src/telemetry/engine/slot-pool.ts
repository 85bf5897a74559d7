import { BinnacleError } from '@binnacle/shared/errors.ts';
import { canceled } from './engine-errors.ts';

/** A slot in use. Release it once, when nothing runs on it any more. */
export interface Lease<Slot> {
  readonly slot: Slot;
  release(): void;
}

interface Waiting<Slot> {
  readonly heavy: boolean;
  readonly grant: (lease: Lease<Slot>) => void;
}

/**
 * Hands out a fixed number of slots (Sessions, connections) to queries. Heavy queries leave one slot to the small ones
 * wherever there are two or more, so that a small query does not wait behind large ones. First come, first served
 * within each sort; more than `maxQueued` of a sort are refused with `over_capacity`.
 */
export class SlotPool<Slot> {
  readonly #free: Slot[];
  readonly #queue: Waiting<Slot>[] = [];
  readonly #maxHeavy: number;
  readonly #maxQueued: number;
  #heavy = 0;

  constructor(slots: readonly Slot[], maxQueued = 256) {
    this.#free = [...slots];
    this.#maxHeavy = Math.max(1, slots.length - 1);
    this.#maxQueued = maxQueued;
  }

  async acquire(heavy: boolean, signal?: AbortSignal): Promise<Lease<Slot>> {
    if (signal?.aborted) throw canceled(signal.reason);
    if (this.#free.length > 0 && (!heavy || this.#heavy < this.#maxHeavy)) return this.#lease(heavy);
    if (this.#queue.filter((waiting) => waiting.heavy === heavy).length >= this.#maxQueued) {
      throw new BinnacleError(
        'over_capacity',
        `More than ${this.#maxQueued} reads wait for the telemetry store; try again soon.`,
        { retryAfterSeconds: 2 },
      );
    }
    return new Promise((resolve, reject) => {
      const waiting: Waiting<Slot> = {
        heavy,
        grant: (lease) => {
          signal?.removeEventListener('abort', leave);
          resolve(lease);
        },
      };
      const leave = () => {
        this.#queue.splice(this.#queue.indexOf(waiting), 1);
        reject(canceled(signal?.reason));
      };
      signal?.addEventListener('abort', leave, { once: true });
      this.#queue.push(waiting);
    });
  }

  #lease(heavy: boolean): Lease<Slot> {
    const slot = this.#free.pop() as Slot;
    if (heavy) this.#heavy++;
    let held = true;
    return {
      slot,
      release: () => {
        if (!held) return;
        held = false;
        if (heavy) this.#heavy--;
        this.#free.push(slot);
        this.#grantNext();
      },
    };
  }

  #grantNext(): void {
    while (this.#free.length > 0) {
      const next = this.#queue.findIndex((waiting) => !waiting.heavy || this.#heavy < this.#maxHeavy);
      if (next < 0) return;
      const [waiting] = this.#queue.splice(next, 1) as [Waiting<Slot>];
      waiting.grant(this.#lease(waiting.heavy));
    }
  }
}
