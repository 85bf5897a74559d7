import type { LabelSet } from '@binnacle/shared/telemetry/labels.ts';
import type { Accumulator, AccumulatorOf } from '../kernels/group-folds.ts';
import type { Evaluation } from './evaluation.ts';
import type { Grouping } from './grouping.ts';
import { valuesPerSeries } from './holding.ts';
import { compareLabels, type Grid, isEmptyRow, type Matrix, noLabels, type Row, RowAllocator } from './matrix.ts';

/** Values of a series over a grid, to be written: nothing is present yet. */
export interface Target {
  readonly values: Float64Array;
  readonly present: Uint8Array;
}

/** Where the rows of selectors and range functions go, one after another. */
export interface RowSink {
  /** Room for the next row; the same again until it was taken. */
  target(): Target;
  /** The target holds a row with at least one value. */
  take(labels: LabelSet, dropName: boolean): void;
}

/** Keeps the rows; they come out by labels, whatever the order in which the store gave them. */
export class MatrixSink implements RowSink {
  readonly #evaluation: Evaluation;
  readonly #grid: Grid;
  readonly #allocator: RowAllocator;
  readonly #rows: Row[] = [];
  #next: Row | undefined;

  constructor(evaluation: Evaluation, grid: Grid) {
    this.#evaluation = evaluation;
    this.#grid = grid;
    this.#allocator = new RowAllocator(grid);
  }

  target(): Target {
    if (this.#next === undefined) {
      this.#evaluation.reserve((this.#rows.length + 1) * (this.#grid.count + valuesPerSeries));
      this.#next = this.#allocator.allocate(noLabels, false);
    }
    return this.#next;
  }

  take(labels: LabelSet, dropName: boolean): void {
    const { values, present } = this.target();
    this.#rows.push({ labels, dropName, values, present });
    this.#next = undefined;
  }

  matrix(): Matrix {
    return { rows: byLabels(this.#rows) };
  }
}

interface FoldedGroup {
  readonly labels: LabelSet;
  readonly accumulator: Accumulator;
  dropName: boolean;
}

/** Folds each row into the row of its group: as many rows are in memory as there are groups. */
export class FoldSink implements RowSink {
  readonly #evaluation: Evaluation;
  readonly #grid: Grid;
  readonly #grouping: Grouping;
  readonly #accumulatorOf: AccumulatorOf;
  readonly #groups = new Map<string, FoldedGroup>();
  readonly #scratch: Target;
  #fromStore = false;

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

  take(labels: LabelSet, dropName: boolean): void {
    const { values, present } = this.#scratch;
    this.add({ labels, dropName, values, present });
    present.fill(0);
    this.#fromStore = true;
  }

  /** Folds a row that stands elsewhere. */
  add({ labels, dropName, values, present }: Row): void {
    const key = this.#grouping.signature(labels);
    let group = this.#groups.get(key);
    if (group === undefined) {
      const { count } = this.#grid;
      this.#evaluation.reserve((this.#groups.size + 1) * count * 3);
      const accumulator = this.#accumulatorOf(count);
      group = { labels: this.#grouping.labels(labels), accumulator, dropName };
      this.#groups.set(key, group);
    }
    group.dropName ||= dropName;
    group.accumulator.add(values, present);
  }

  /** The groups: by labels where their series came from the store, else in the order in which they began. */
  matrix(): Matrix {
    const allocator = new RowAllocator(this.#grid);
    const rows: Row[] = [];
    for (const { labels, dropName, accumulator } of this.#groups.values()) {
      const row = allocator.allocate(labels, dropName);
      accumulator.finish(row);
      if (!isEmptyRow(row)) rows.push(row);
    }
    return { rows: this.#fromStore ? byLabels(rows) : rows };
  }
}

const byLabels = (rows: Row[]): Row[] => rows.sort((a, b) => compareLabels(a.labels, b.labels));
