import type { LabelSet } from '@binnacle/shared/telemetry/labels.ts';
import type { Pace } from '../evaluate/evaluation.ts';
import { valuesPerSeries } from '../evaluate/holding.ts';
import { withoutMetadata } from '../evaluate/label-edit.ts';
import { compareLabels, type Grid, mergeEqualRows, type Row, timeAt } from '../evaluate/matrix.ts';

/** A series of a result in columns: ms since 1970 and values. Columns may be shared between series: do not write to them. */
export interface ResultSeries {
  readonly labels: LabelSet;
  readonly timestamps: Float64Array;
  readonly values: Float64Array;
}

export type QueryValue =
  | { readonly type: 'scalar'; readonly timeMs: number; readonly value: number }
  | { readonly type: 'string'; readonly timeMs: number; readonly value: string }
  /** One value per series, all at `timeMs`, in the order that `sort` or `topk` gave. */
  | {
      readonly type: 'vector';
      readonly timeMs: number;
      readonly series: readonly LabelSet[];
      readonly values: Float64Array;
    }
  /** Sorted by labels. `grid`: all timestamps are steps of it; absent where they are those of raw samples. */
  | { readonly type: 'matrix'; readonly series: readonly ResultSeries[]; readonly grid?: Grid };

export interface QueryStats {
  /** Raw samples read from the store. */
  readonly samplesRead: number;
  /** Series read from the store. */
  readonly series: number;
  /** Most samples and values that the query held at once. */
  readonly peakSamples: number;
  readonly durationMs: number;
}

export interface QueryResult {
  readonly value: QueryValue;
  readonly warnings: readonly string[];
  readonly infos: readonly string[];
  readonly stats: QueryStats;
}

/** Values of an answer, with what its series take besides. */
export function sizeOf(value: QueryValue): number {
  if (value.type === 'vector') return value.values.length * (1 + valuesPerSeries);
  if (value.type !== 'matrix') return 1;
  let size = 0;
  for (const { values } of value.series) size += values.length + valuesPerSeries;
  return size;
}

/** Drops the names that were marked to go, and joins the series that become one. `query_failed` where they collide. */
export async function finishRows(rows: readonly Row[], pace: Pace): Promise<Row[]> {
  const named: Row[] = [];
  for (const row of rows) {
    if (pace.due()) await pace.breathe();
    named.push(row.dropName ? { ...row, labels: withoutMetadata(row.labels) } : row);
  }
  return mergeEqualRows(named);
}

/** Rows of a range query as result series: only the steps that are there, sorted by labels. */
export async function matrixOf(rows: readonly Row[], grid: Grid, pace: Pace): Promise<QueryValue> {
  const times = new Float64Array(grid.count);
  for (let i = 0; i < grid.count; i++) times[i] = timeAt(grid, i);
  const series: ResultSeries[] = [];
  const room = new ColumnRoom();
  for (const row of rows) {
    const { labels, values, present } = row;
    if (pace.due()) await pace.breathe();
    let length = 0;
    for (let i = 0; i < present.length; i++) length += present[i] as number;
    if (length === grid.count) series.push({ labels, timestamps: times, values });
    else if (length > 0) series.push({ labels, ...presentOnly(row, times, length, room) });
  }
  if (pace.due()) await pace.breathe();
  return { type: 'matrix', series: sortedByLabels(series), grid };
}

/** Values that one piece of memory holds for the columns of several series: far fewer allocations than two per series. */
const valuesPerPiece = 65_536;

class ColumnRoom {
  #piece = new Float64Array(0);
  #used = 0;

  take(length: number): Float64Array {
    if (this.#used + length > this.#piece.length) {
      this.#piece = new Float64Array(Math.max(length, this.#used === 0 ? length : valuesPerPiece));
      this.#used = 0;
    }
    const from = this.#used;
    this.#used += length;
    return this.#piece.subarray(from, this.#used);
  }
}

function presentOnly(
  { values, present }: Row,
  times: Float64Array,
  length: number,
  room: ColumnRoom,
): { timestamps: Float64Array; values: Float64Array } {
  const keptTimes = room.take(length);
  const keptValues = room.take(length);
  let kept = 0;
  for (let i = 0; i < present.length; i++) {
    if (present[i] === 0) continue;
    keptTimes[kept] = times[i] as number;
    keptValues[kept++] = values[i] as number;
  }
  return { timestamps: keptTimes, values: keptValues };
}

export const sortedByLabels = (series: ResultSeries[]): ResultSeries[] =>
  series.sort((a, b) => compareLabels(a.labels, b.labels));

/** Rows of an instant query as a vector. */
export function vectorOf(rows: readonly Row[], timeMs: number): QueryValue {
  const present = rows.filter((row) => row.present[0] === 1);
  return {
    type: 'vector',
    timeMs,
    series: present.map((row) => row.labels),
    values: Float64Array.from(present, (row) => row.values[0] as number),
  };
}
