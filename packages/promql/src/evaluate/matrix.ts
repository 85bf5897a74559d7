import { BinnacleError } from '@binnacle/shared/errors.ts';
import { LabelSet } from '@binnacle/shared/telemetry/labels.ts';

/** The evaluation times of an expression: `count` steps of `stepMs` from `startMs` (ms since 1970). */
export interface Grid {
  readonly startMs: number;
  readonly stepMs: number;
  readonly count: number;
}

export const timeAt = (grid: Grid, step: number): number => grid.startMs + step * grid.stepMs;

/**
 * One series over a grid: a value per step, and whether there is one. NaN is a value; absence is `present[i] === 0`.
 * `dropName` says that the metric name goes before the result leaves the engine: until then `on(__name__)` still sees it.
 */
export interface Row {
  readonly labels: LabelSet;
  readonly dropName: boolean;
  readonly values: Float64Array;
  readonly present: Uint8Array;
}

/** What an expression of type scalar or instant vector evaluates to. Whoever receives rows owns them and may change them. */
export interface Matrix {
  readonly rows: Row[];
}

export const noLabels = new LabelSet([]);

/** Values of one slab, and most rows in one. */
const valuesPerSlab = 65_536;
const rowsPerSlab = 128;

/** Hands out rows of one grid from shared slabs: far fewer allocations than one pair of arrays per series. */
export class RowAllocator {
  readonly #count: number;
  #values = new Float64Array(0);
  #present = new Uint8Array(0);
  #used = 0;

  constructor(grid: Grid) {
    this.#count = grid.count;
  }

  allocate(labels: LabelSet, dropName: boolean): Row {
    const from = this.#used;
    const to = from + this.#count;
    if (to > this.#values.length) {
      const rows = Math.max(1, Math.min(rowsPerSlab, Math.floor(valuesPerSlab / this.#count)));
      const size = this.#count * (from === 0 ? 1 : rows);
      this.#values = new Float64Array(size);
      this.#present = new Uint8Array(size);
      this.#used = this.#count;
      return {
        labels,
        dropName,
        values: this.#values.subarray(0, this.#count),
        present: this.#present.subarray(0, this.#count),
      };
    }
    this.#used = to;
    return { labels, dropName, values: this.#values.subarray(from, to), present: this.#present.subarray(from, to) };
  }
}

/** A scalar over a grid: one row without labels, present at every step. */
export function scalarMatrix(grid: Grid, valueAt: (step: number) => number): Matrix {
  const row = new RowAllocator(grid).allocate(noLabels, false);
  for (let i = 0; i < grid.count; i++) row.values[i] = valueAt(i);
  row.present.fill(1);
  return { rows: [row] };
}

/** The values of an expression of type scalar: one per step. */
export function scalarValues(matrix: Matrix): Float64Array {
  const row = matrix.rows[0];
  if (row === undefined) throw new Error('an expression of type scalar gave no value');
  return row.values;
}

export const isEmptyRow = (row: Row): boolean => !row.present.includes(1);

/** Order of series in results: by name and value, pair by pair. */
export function compareLabels(a: LabelSet, b: LabelSet): number {
  const length = Math.min(a.pairs.length, b.pairs.length);
  for (let i = 0; i < length; i++) {
    const left = a.pairs[i] as string;
    const right = b.pairs[i] as string;
    if (left !== right) return left < right ? -1 : 1;
  }
  return a.pairs.length - b.pairs.length;
}

const sameLabelset = 'vector cannot contain metrics with the same labelset';

/** Joins rows of equal labels whose samples never meet at a step. Throws `query_failed` where they do. */
export function mergeEqualRows(rows: Row[]): Row[] {
  const byKey = new Map<string, Row>();
  for (const row of rows) {
    const first = byKey.get(row.labels.key);
    if (first === undefined) {
      byKey.set(row.labels.key, row);
      continue;
    }
    for (let i = 0; i < row.present.length; i++) {
      if (row.present[i] === 0) continue;
      if (first.present[i] === 1) throw new BinnacleError('query_failed', sameLabelset);
      first.present[i] = 1;
      first.values[i] = row.values[i] as number;
    }
  }
  return byKey.size === rows.length ? rows : [...byKey.values()];
}
