import type { LabelSet } from '@binnacle/shared/telemetry/labels.ts';
import type { Accumulator, AccumulatorOf } from '../kernels/group-folds.ts';
import type { Evaluation } from './evaluation.ts';
import type { Grouping } from './grouping.ts';
import { type Grid, isEmptyRow, type Matrix, noLabels, type Row, RowAllocator } from './matrix.ts';

/** Values of a series over a grid, to be written: nothing is present yet. */
export interface Target {
  readonly values: Float64Array;
  readonly present: Uint8Array;
}

/** Where the rows of selectors and range functions go, one after another. */
export interface RowSink {
  /** Room for the next row; the same again until it was taken. */
  target(): Target;
  /** The target holds a row with at least one value. `order` is its place among the series of its selector. */
  take(labels: LabelSet, dropName: boolean, order: number): void;
}

/** Keeps the rows. */
export class MatrixSink implements RowSink {
  readonly #evaluation: Evaluation;
  readonly #grid: Grid;
  readonly #allocator: RowAllocator;
  readonly #rows: Ordered[] = [];
  #next: Row | undefined;

  constructor(evaluation: Evaluation, grid: Grid) {
    this.#evaluation = evaluation;
    this.#grid = grid;
    this.#allocator = new RowAllocator(grid);
  }

  target(): Target {
    if (this.#next === undefined) {
      this.#evaluation.reserve((this.#rows.length + 1) * this.#grid.count);
      this.#next = this.#allocator.allocate(noLabels, false);
    }
    return this.#next;
  }

  take(labels: LabelSet, dropName: boolean, order: number): void {
    const { values, present } = this.target();
    this.#rows.push({ row: { labels, dropName, values, present }, order });
    this.#next = undefined;
  }

  matrix(): Matrix {
    return { rows: inOrder(this.#rows) };
  }
}

interface FoldedGroup {
  readonly labels: LabelSet;
  readonly accumulator: Accumulator;
  dropName: boolean;
  order: number;
}

/** Folds each row into the row of its group: as many rows are in memory as there are groups. */
export class FoldSink implements RowSink {
  readonly #evaluation: Evaluation;
  readonly #grid: Grid;
  readonly #grouping: Grouping;
  readonly #accumulatorOf: AccumulatorOf;
  readonly #groups = new Map<string, FoldedGroup>();
  readonly #scratch: Target;

  constructor(evaluation: Evaluation, grid: Grid, grouping: Grouping, accumulatorOf: AccumulatorOf) {
    this.#evaluation = evaluation;
    this.#grid = grid;
    this.#grouping = grouping;
    this.#accumulatorOf = accumulatorOf;
    this.#scratch = { values: new Float64Array(grid.count), present: new Uint8Array(grid.count) };
  }

  target(): Target {
    return this.#scratch;
  }

  take(labels: LabelSet, dropName: boolean, order: number): void {
    const { values, present } = this.#scratch;
    this.add({ labels, dropName, values, present }, order);
    present.fill(0);
  }

  /** Folds a row that stands elsewhere. */
  add({ labels, dropName, values, present }: Row, order: number): void {
    const key = this.#grouping.signature(labels);
    let group = this.#groups.get(key);
    if (group === undefined) {
      const { count } = this.#grid;
      this.#evaluation.reserve((this.#groups.size + 1) * count * 3);
      const accumulator = this.#accumulatorOf(count);
      group = { labels: this.#grouping.labels(labels), accumulator, dropName, order };
      this.#groups.set(key, group);
    }
    group.dropName ||= dropName;
    group.order = Math.min(group.order, order);
    group.accumulator.add(values, present);
  }

  matrix(): Matrix {
    const allocator = new RowAllocator(this.#grid);
    const rows: Ordered[] = [];
    for (const { labels, dropName, order, accumulator } of this.#groups.values()) {
      const row = allocator.allocate(labels, dropName);
      accumulator.finish(row);
      if (!isEmptyRow(row)) rows.push({ row, order });
    }
    return { rows: inOrder(rows) };
  }
}

interface Ordered {
  readonly row: Row;
  readonly order: number;
}

/** Rows in the order of their series. */
function inOrder(rows: Ordered[]): Row[] {
  const sorted = rows.every(({ order }, i) => i === 0 || (rows[i - 1] as Ordered).order <= order);
  if (!sorted) rows.sort((a, b) => a.order - b.order);
  return rows.map(({ row }) => row);
}
