import type { FoldRow } from './group-folds.ts';
import { quantileOf } from './quantile.ts';

/** Steps that are gathered together: their values of one series lie in one cache line. */
const stepsTogether = 8;

/**
 * The quantile at each step over the series that are there. `quantiles` has one per step. Yields between blocks of steps, so
 * that the caller can look at the clock.
 */
export function* foldQuantile(rows: readonly FoldRow[], quantiles: Float64Array, out: FoldRow): Generator<void> {
  const steps = out.values.length;
  const gathered = new Float64Array(stepsTogether * rows.length);
  const lengths = new Uint32Array(stepsTogether);
  for (let from = 0; from < steps; from += stepsTogether) {
    const count = Math.min(stepsTogether, steps - from);
    lengths.fill(0);
    for (const { values, present } of rows) {
      for (let j = 0; j < count; j++) {
        if (present[from + j] === 0) continue;
        const length = lengths[j] as number;
        gathered[j * rows.length + length] = values[from + j] as number;
        lengths[j] = length + 1;
      }
    }
    for (let j = 0; j < count; j++) {
      const length = lengths[j] as number;
      if (length === 0) continue;
      const column = gathered.subarray(j * rows.length, j * rows.length + length);
      out.values[from + j] = quantileOf(quantiles[from + j] as number, column, length);
      out.present[from + j] = 1;
    }
    yield;
  }
}
