import { BinnacleError } from '@binnacle/shared/errors.ts';

/** One encoded request that waits to be sent. */
export interface Parcel {
  readonly body: Uint8Array;
  /** Samples or records in it. */
  readonly items: number;
  /** ms since 1970, when it was put in. */
  readonly bufferedAtMs: number;
}

/** Why a parcel was not taken in: a fixed list, which is also a label of the counter. */
export type QueueRefusal = 'full' | 'disk_full' | 'disk_error' | 'closing';

/** What waits for the gateway, first in first out. One reader; many may add. */
export interface ParcelQueue {
  /** Bytes that wait. */
  readonly bytes: number;
  /** Samples or records that wait; undefined where nobody counted them, since a process before this one wrote them. */
  readonly items: number | undefined;
  /** ms since 1970 at which the oldest waiting parcel was put in; undefined when none waits. */
  readonly oldestMs: number | undefined;
  /** Keeps all of the parcels, or none: rejects with `over_capacity`. Resolves when they are as safe as this queue makes them. */
  add(parcels: readonly Parcel[]): Promise<void>;
  /** The oldest parcel, which stays until `drop`; undefined when none waits. */
  first(): Promise<Parcel | undefined>;
  /** Lets go of what `first` gave. */
  drop(): Promise<void>;
  close(): Promise<void>;
}

/** Waits in memory: what is in it dies with the process. */
export class MemoryQueue implements ParcelQueue {
  readonly #maxBytes: number;
  readonly #onRefused: (why: QueueRefusal, items: number) => void;
  readonly #parcels: Parcel[] = [];
  #bytes = 0;

  constructor(maxBytes: number, onRefused: (why: QueueRefusal, items: number) => void = () => {}) {
    this.#maxBytes = maxBytes;
    this.#onRefused = onRefused;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get items(): number {
    return itemsOf(this.#parcels);
  }

  get oldestMs(): number | undefined {
    return this.#parcels[0]?.bufferedAtMs;
  }

  async add(parcels: readonly Parcel[]): Promise<void> {
    let bytes = 0;
    for (const { body } of parcels) bytes += body.byteLength;
    if (this.#bytes + bytes > this.#maxBytes) {
      this.#onRefused('full', itemsOf(parcels));
      throw new BinnacleError(
        'over_capacity',
        `the buffer of ${this.#maxBytes} bytes is full, since the gateway takes nothing (agent.bufferBytes)`,
        { retryAfterSeconds: 15 },
      );
    }
    this.#bytes += bytes;
    for (const parcel of parcels) this.#parcels.push(parcel);
  }

  async first(): Promise<Parcel | undefined> {
    return this.#parcels[0];
  }

  async drop(): Promise<void> {
    this.#bytes -= this.#parcels.shift()?.body.byteLength ?? 0;
  }

  async close(): Promise<void> {
    // Nothing is open.
  }
}

export function itemsOf(parcels: readonly Parcel[]): number {
  return parcels.reduce((sum, parcel) => sum + parcel.items, 0);
}
