import { IdTable } from './id-table.ts';

/** The series of one piece of a scan, ascending by id: the way back from an id to the series. */
export class SeriesSet {
  readonly #words: Uint32Array;
  readonly #requestIndices: Uint32Array;
  readonly #byId: IdTable;
  /** Whether the lower halves of the ids alone tell the series apart. */
  readonly lowHalvesDiffer: boolean;

  /** `ids` and, of each, its index in the request. */
  constructor(ids: BigUint64Array, requestIndices: Uint32Array) {
    this.#words = new Uint32Array(ids.buffer, ids.byteOffset, 2 * ids.length);
    this.#requestIndices = requestIndices;
    this.#byId = new IdTable(this.#words);
    this.lowHalvesDiffer = this.#byId.lowHalvesDiffer;
  }

  get size(): number {
    return this.#requestIndices.length;
  }

  requestIndexOf(series: number): number {
    return this.#requestIndices[series] as number;
  }

  /** Number of the series within the set, or -1. */
  find(low: number, high: number): number {
    return this.#byId.find(low, high);
  }

  /** The same by the lower half, where these differ. */
  findLow(low: number): number {
    return this.#byId.findLow(low);
  }
}
