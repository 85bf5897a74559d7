import { smoothedValues } from '../kernels/extended-points.ts';
import type { VectorSelector } from '../parse/ast.ts';
import { resolveAt } from '../plan/plan.ts';
import type { Evaluation } from './evaluation.ts';
import { type Grid, type Matrix, timeAt } from './matrix.ts';
import { MatrixSink, type RowSink, type Target } from './row-sink.ts';
import { type Samples, withoutStaleMarkers } from './samples.ts';

/**
 * What a selector yields at a step: the sample's value, its time in unix seconds (for `timestamp`), or since when it counts,
 * in unix seconds too (for `start_timestamp`; 0 where unknown, and nothing of series that do not say).
 */
export type SelectorColumn = 'values' | 'times' | 'starts';

/** Evaluates an instant vector selector: at each step the newest sample of each series, unless it is too old or stale. */
export async function evaluateSelector(
  evaluation: Evaluation,
  selector: VectorSelector,
  grid: Grid,
  column: SelectorColumn = 'values',
): Promise<Matrix> {
  const sink = new MatrixSink(evaluation, grid);
  await selectorRows(evaluation, selector, grid, column, sink);
  return sink.matrix();
}

/** The same, each series into the sink. */
export async function selectorRows(
  evaluation: Evaluation,
  selector: VectorSelector,
  grid: Grid,
  column: SelectorColumn,
  sink: RowSink,
): Promise<void> {
  const lookups = new Float64Array(grid.count);
  const at = resolveAt(selector.at, evaluation.times);
  for (let i = 0; i < grid.count; i++) lookups[i] = (at ?? timeAt(grid, i)) - selector.offsetMs;

  for await (const batch of evaluation.batches(selector))
    for (const samples of batch) {
      if (evaluation.pace.due()) await evaluation.pace.breathe();
      const row = sink.target();
      const any =
        selector.modifier === 'smoothed' && column === 'values'
          ? smoothedValues(withoutStaleMarkers(samples), lookups, evaluation.lookbackMs, row.values, row.present)
          : fillRow(samples, lookups, evaluation.lookbackMs, column, row);
      if (any) sink.take(samples.labels, samples.dropName);
    }
}

/** Whether any step got a value. */
function fillRow(
  samples: Samples,
  lookups: Float64Array,
  lookbackMs: number,
  column: SelectorColumn,
  row: Target,
): boolean {
  const { times, values, stale, length } = samples;
  const shown = column === 'values' ? values : column === 'times' ? times : samples.starts;
  if (shown === undefined) return false;
  const { values: out, present } = row;
  let any = false;
  let next = firstAfter(times, length, lookups[0] as number);
  // The next sample is first looked for as far ahead as the last one was: most series keep time.
  let stride = 0;
  for (let i = 0; i < lookups.length; i++) {
    const lookup = lookups[i] as number;
    const before = next;
    if (stride > 1 && next + stride < length && (times[next + stride - 1] as number) <= lookup) next += stride;
    while (next < length && (times[next] as number) <= lookup) next++;
    stride = next - before;
    const newest = next - 1;
    if (newest < 0 || (times[newest] as number) <= lookup - lookbackMs || stale?.[newest] === 1) {
      // Nothing is present in a target, so an absent step needs no writing.
      continue;
    }
    out[i] = column === 'values' ? (shown[newest] as number) : (shown[newest] as number) / 1000;
    present[i] = 1;
    any = true;
  }
  return any;
}

/** Index of the first of `length` ascending times that is greater than t. */
export function firstAfter(times: Float64Array, length: number, t: number): number {
  let low = 0;
  let high = length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((times[middle] as number) <= t) low = middle + 1;
    else high = middle;
  }
  return low;
}
