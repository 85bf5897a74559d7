import type { SeriesEntry } from '@binnacle/shared/telemetry/reader.ts';
import { labelBits } from '../series/series-id.ts';

/** Up to here the ids stand in the SQL one by one; beyond, as one base64 literal, which parses much faster. */
const plainIds = 1000;

/** The series of one scan: the condition that finds their samples, and the way back from an id to the series. */
export class SeriesSet {
  readonly #words: Uint32Array;
  readonly #ids: BigUint64Array;
  /** Open addressing; a place holds the number of a series plus one. */
  readonly #table: Uint32Array;
  readonly #mask: number;

  constructor(series: readonly SeriesEntry[]) {
    this.#ids = new BigUint64Array(series.length);
    this.#words = new Uint32Array(this.#ids.buffer);
    let size = 16;
    while (size < series.length * 2) size *= 2;
    this.#table = new Uint32Array(size);
    this.#mask = size - 1;
    for (let i = 0; i < series.length; i++) {
      this.#ids[i] = (series[i] as SeriesEntry).id;
      let place = this.#place(this.#words[2 * i] as number, this.#words[2 * i + 1] as number);
      while (this.#table[place] !== 0) place = (place + 1) & this.#mask;
      this.#table[place] = i + 1;
    }
  }

  /** Number of the series in the request, or -1. */
  find(low: number, high: number): number {
    let place = this.#place(low, high);
    for (;;) {
      const number = (this.#table[place] as number) - 1;
      if (number < 0) return -1;
      if (this.#words[2 * number] === low && this.#words[2 * number + 1] === high) return number;
      place = (place + 1) & this.#mask;
    }
  }

  /**
   * SQL that is true for the samples of these series. Where they are all the series of one metric hash, that is a range
   * of the key; `seriesOfMetricHash` says how many there are.
   */
  condition(seriesOfMetricHash: (id: bigint) => number): string {
    const ids = this.#ids;
    if (ids.length <= 2) return `series IN (${[...ids].join(', ')})`;
    const first = ids[0] as bigint;
    const metric = first >> labelBits;
    if (ids.length === seriesOfMetricHash(first) && ids.every((id) => id >> labelBits === metric)) {
      return `series BETWEEN ${metric << labelBits} AND ${((metric + 1n) << labelBits) - 1n}`;
    }
    if (ids.length <= plainIds) return `series IN (${ids.join(', ')})`;
    const base64 = Buffer.from(ids.buffer).toString('base64');
    return `series IN (SELECT arrayJoin(reinterpret(base64Decode('${base64}'), 'Array(UInt64)')))`;
  }

  #place(low: number, high: number): number {
    return (Math.imul(low ^ Math.imul(high, 0x9e3779b1), 0x85ebca6b) >>> 7) & this.#mask;
  }
}
