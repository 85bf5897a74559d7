import type { SeriesEntry } from '@binnacle/shared/telemetry/reader.ts';
import { labelBits } from '../series/series-id.ts';
import { IdTable } from './id-table.ts';
import { SeriesSet } from './series-set.ts';

/** Up to here the ids stand in the SQL one by one; beyond, as one base64 literal, which parses much faster. */
const plainIds = 1000;
/** More stretches of the key than this are dearer to analyse than a set of ids. */
const mostStretches = 64;

/** The series of a scan in the order of the table's key, to be read piece by piece. */
export class KeyOrder {
  readonly #ids: BigUint64Array;
  readonly #requestIndices: Uint32Array;
  /** Whether every series of every metric that occurs is asked for. */
  readonly #wholeMetrics: boolean;

  /** `seriesOfMetricHash` says how many series in the store share the metric part of an id. */
  constructor(series: readonly SeriesEntry[], seriesOfMetricHash: (id: bigint) => number) {
    const given = new BigUint64Array(series.length);
    for (let i = 0; i < series.length; i++) given[i] = (series[i] as SeriesEntry).id;
    const places = new IdTable(new Uint32Array(given.buffer));
    this.#ids = given.slice().sort();
    const words = new Uint32Array(this.#ids.buffer);
    this.#requestIndices = new Uint32Array(series.length);
    for (let i = 0; i < series.length; i++) {
      this.#requestIndices[i] = places.find(words[2 * i] as number, words[2 * i + 1] as number);
    }
    this.#wholeMetrics = this.#areWhole(seriesOfMetricHash);
  }

  get size(): number {
    return this.#ids.length;
  }

  idAt(place: number): bigint {
    return this.#ids[place] as bigint;
  }

  set(from: number, to: number): SeriesSet {
    return new SeriesSet(this.#ids.slice(from, to), this.#requestIndices.subarray(from, to));
  }

  /** SQL that is true for the samples of these series. Where no series lies between them, that is a few ranges of the key. */
  condition(from: number, to: number): string {
    const ids = this.#ids.subarray(from, to);
    if (ids.length <= 2) return `series IN (${[...ids].join(', ')})`;
    const stretches = this.#wholeMetrics ? stretchesOf(ids) : [];
    if (stretches.length > 0 && stretches.length <= mostStretches) return `(${stretches.join(' OR ')})`;
    if (ids.length <= plainIds) return `series IN (${ids.join(', ')})`;
    const base64 = Buffer.from(ids.buffer, ids.byteOffset, ids.byteLength).toString('base64');
    return `series IN (SELECT arrayJoin(reinterpret(base64Decode('${base64}'), 'Array(UInt64)')))`;
  }

  /** The same and the buckets, as pairs of the key. */
  pairs(from: number, to: number, buckets: { readonly from: number; readonly to: number }): string {
    const pairs: string[] = [];
    for (let b = buckets.from; b <= buckets.to; b++) {
      for (const id of this.#ids.subarray(from, to)) pairs.push(`(${b}, ${id})`);
    }
    return `(b, series) IN (${pairs.join(', ')})`;
  }

  #areWhole(seriesOfMetricHash: (id: bigint) => number): boolean {
    const ids = this.#ids;
    for (let from = 0; from < ids.length; ) {
      const first = ids[from] as bigint;
      const count = seriesOfMetricHash(first);
      const last = ids[from + count - 1];
      if (last === undefined || last >> labelBits !== first >> labelBits) return false;
      from += count;
    }
    return true;
  }
}

/** Ranges of the key from the first to the last id of each metric. */
function stretchesOf(ids: BigUint64Array): string[] {
  const stretches: string[] = [];
  let from = 0;
  for (let i = 1; i <= ids.length && stretches.length <= mostStretches; i++) {
    const first = ids[from] as bigint;
    if (i < ids.length && (ids[i] as bigint) >> labelBits === first >> labelBits) continue;
    stretches.push(`series BETWEEN ${first} AND ${ids[i - 1]}`);
    from = i;
  }
  return stretches;
}
