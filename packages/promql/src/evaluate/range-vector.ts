import { makeExtendedWindows } from '../kernels/extended-windows.ts';
import { makeWindows, type Windows } from '../kernels/windows.ts';
import type { RangeSelector, Subquery } from '../parse/ast.ts';
import { resolveAt } from '../plan/plan.ts';
import type { Evaluation } from './evaluation.ts';
import { extensionOf } from './extended-range.ts';
import { type Grid, type Row, timeAt } from './matrix.ts';
import type { Samples } from './samples.ts';

/** A range vector over a grid: the series in batches, without stale markers, and where each step's window ends. */
export interface RangeVector {
  readonly batches: AsyncIterable<readonly Samples[]> | Iterable<readonly Samples[]>;
  readonly windows: Windows;
}

/** Evaluates a range selector or subquery to the samples that its windows look at. */
export async function evaluateRangeVector(
  evaluation: Evaluation,
  node: RangeSelector | Subquery,
  grid: Grid,
): Promise<RangeVector> {
  const { at: atModifier, offsetMs } = node.kind === 'range' ? node.selector : node;
  const at = resolveAt(atModifier, evaluation.times);
  const endMs = new Float64Array(grid.count);
  const stepMs = new Float64Array(grid.count);
  for (let i = 0; i < grid.count; i++) {
    stepMs[i] = timeAt(grid, i);
    endMs[i] = (at ?? timeAt(grid, i)) - offsetMs;
  }
  const batches =
    node.kind === 'range'
      ? evaluation.batches(node.selector)
      : [await evaluateSubquery(evaluation, node, endMs[0] as number, endMs[grid.count - 1] as number)];
  const extension = extensionOf(node, evaluation.lookbackMs);
  const windows =
    extension === undefined ? makeWindows(node.rangeMs, endMs, stepMs) : makeExtendedWindows(extension, endMs, stepMs);
  return { batches, windows };
}

/**
 * The grid of a subquery's inside: whole multiples of its step in (first window's start, last window's end]; undefined where
 * there is none.
 */
export function subqueryGrid(
  subqueryStepMs: number,
  node: Subquery,
  firstEndMs: number,
  lastEndMs: number,
): Grid | undefined {
  const stepMs = node.stepMs ?? subqueryStepMs;
  const startMs = (Math.floor((firstEndMs - node.rangeMs) / stepMs) + 1) * stepMs;
  if (startMs > lastEndMs) return undefined;
  return { startMs, stepMs, count: Math.floor((lastEndMs - startMs) / stepMs) + 1 };
}

/** Evaluates the inside of a subquery on its own grid. */
async function evaluateSubquery(
  evaluation: Evaluation,
  node: Subquery,
  firstEndMs: number,
  lastEndMs: number,
): Promise<Samples[]> {
  const grid = subqueryGrid(evaluation.subqueryStepMs, node, firstEndMs, lastEndMs);
  if (grid === undefined) return [];
  evaluation.reserve(grid.count);
  const { rows } = await evaluation.evaluate(node.expr, grid);
  const times = new Float64Array(grid.count);
  for (let i = 0; i < grid.count; i++) times[i] = timeAt(grid, i);
  return rows.map((row) => samplesOfRow(row, times));
}

function samplesOfRow(row: Row, gridTimes: Float64Array): Samples {
  const { labels, dropName, present } = row;
  if (!present.includes(0)) {
    return {
      labels,
      dropName,
      times: gridTimes,
      values: row.values,
      length: gridTimes.length,
      stale: undefined,
    };
  }
  const times = new Float64Array(gridTimes.length);
  const values = new Float64Array(gridTimes.length);
  let length = 0;
  for (let i = 0; i < present.length; i++) {
    if (present[i] === 0) continue;
    times[length] = gridTimes[i] as number;
    values[length] = row.values[i] as number;
    length++;
  }
  return { labels, dropName, times, values, length, stale: undefined };
}
