import type { NativeBlockView, NativeColumnView } from '../native/native-reader.ts';
import { scalarColumns } from './statement.ts';

/** An array of an answer: a value per step or bucket, and a 1 where there is none. */
export interface FloatList {
  readonly values: Float64Array;
  readonly nulls: Uint8Array;
}

/** One row of a statement's answer: see `gridStatement` for what the columns hold. */
export interface AnswerRow {
  readonly group: number;
  /** A series of the group. */
  readonly series: number;
  readonly samples: number;
  /** Samples of the series that has most. */
  readonly mostSamples: number;
  /** Samples of which nothing is promised: NaN, infinite, or near the end of the floats. */
  readonly odd: number;
  /** Samples that share their time with another of their series. */
  readonly repeats: number;
  /** Samples that are no whole numbers. */
  readonly broken: number;
  /** Largest magnitude of the ordinary samples. */
  readonly top: number;
  readonly lists: readonly FloatList[];
}

/** Copies the rows out of a block, so that its memory can go. */
export function decodeRows({ rows, columns }: NativeBlockView): AnswerRow[] {
  const [group, series, samples, most, odd, repeats, broken, top] = columns.map(({ bytes }) =>
    viewOf(bytes),
  ) as DataView[];
  const lists = columns.slice(scalarColumns.length).map((column) => floatLists(column, rows));
  const count = (view: DataView | undefined, row: number): number => Number(view?.getBigUint64(row * 8, true));
  return Array.from({ length: rows }, (_, row) => ({
    group: group?.getUint32(row * 4, true) as number,
    series: series?.getUint32(row * 4, true) as number,
    samples: count(samples, row),
    mostSamples: count(most, row),
    odd: count(odd, row),
    repeats: count(repeats, row),
    broken: count(broken, row),
    top: top?.getFloat64(row * 8, true) as number,
    lists: lists.map((list) => list[row] as FloatList),
  }));
}

function floatLists({ bytes, floatLists: lists, name }: NativeColumnView, rows: number): FloatList[] {
  if (lists === undefined) throw new Error(`the column ${name} is no list of floats`);
  // A fresh copy lies at an address that floats can be read from.
  const copy = new Uint8Array(bytes);
  const values = new Float64Array(copy.buffer, 0, copy.byteLength / 8);
  const nulls = new Uint8Array(lists.nulls);
  const ends = viewOf(lists.ends);
  const split: FloatList[] = [];
  let from = 0;
  for (let row = 0; row < rows; row++) {
    const to = Number(ends.getBigUint64(row * 8, true));
    split.push({ values: values.subarray(from, to), nulls: nulls.subarray(from, to) });
    from = to;
  }
  return split;
}

const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
