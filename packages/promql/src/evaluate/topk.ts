import { compareValues } from '../functions/sort.ts';
import type { Aggregation } from '../parse/ast.ts';
import { type Evaluation, failed } from './evaluation.ts';
import type { Group } from './grouping.ts';
import { selectByRatio } from './limit-ratio.ts';
import { compareLabels, type Grid, isEmptyRow, type Matrix, type Row } from './matrix.ts';

/**
 * `topk`, `bottomk`, `limitk` and `limit_ratio`: at each step k series of each group stay, with their own labels. An instant vector comes
 * sorted, best first; NaN is worst of all. Ties go to the series that comes first by its labels, wherever it stands in the store.
 */
export async function selectPerStep(
  evaluation: Evaluation,
  node: Aggregation,
  groups: readonly Group[],
  parameters: Float64Array,
  grid: Grid,
): Promise<Matrix> {
  if (node.op === 'limit_ratio')
    return selectByRatio(
      evaluation,
      node,
      groups.flatMap(({ rows }) => rows),
      parameters,
      grid,
    );
  if (!parameters.some((k) => k >= 1 || Number.isNaN(k))) return { rows: [] };
  for (const k of parameters) {
    if (Number.isNaN(k)) throw failed('Parameter value is NaN');
    if (k <= -(2 ** 63)) throw failed(`Scalar value ${k} underflows int64`);
    if (k >= 2 ** 63) throw failed(`Scalar value ${k} overflows int64`);
  }
  const direction = node.op === 'topk' ? -1 : 1;
  const order = (a: number, b: number, step: number, rows: readonly Row[]): number =>
    node.op === 'limitk'
      ? a - b
      : compareValues((rows[a] as Row).values[step] as number, (rows[b] as Row).values[step] as number, direction) ||
        a - b;

  const results: Row[] = [];
  for (const group of groups) {
    const rows = group.rows.toSorted((a, b) => compareLabels(a.labels, b.labels));
    for (let step = 0; step < grid.count; step++) {
      if (evaluation.pace.due()) await evaluation.pace.breathe();
      const k = Math.min(rows.length, Math.max(0, Math.trunc(parameters[step] as number)));
      const best = bestOf(rows, step, k, (a, b) => order(a, b, step, rows));
      for (const row of rows) row.present[step] = 0;
      for (const r of best) (rows[r] as Row).present[step] = 1;
      if (grid.count === 1) for (const r of best) results.push(rows[r] as Row);
    }
    if (grid.count > 1) for (const row of rows) if (!isEmptyRow(row)) results.push(row);
  }
  return { rows: results };
}

/** Indices of the k best rows that are there at a step, best first. */
function bestOf(rows: readonly Row[], step: number, k: number, order: (a: number, b: number) => number): number[] {
  const best: number[] = [];
  if (k > rows.length / 8) {
    for (let r = 0; r < rows.length; r++) if ((rows[r] as Row).present[step] === 1) best.push(r);
    return best.sort(order).slice(0, k);
  }
  // Few of many: keep a short sorted list, into which most rows do not come.
  for (let r = 0; r < rows.length && k > 0; r++) {
    if ((rows[r] as Row).present[step] === 0) continue;
    if (best.length === k && order(r, best[k - 1] as number) >= 0) continue;
    if (best.length === k) best.pop();
    let at = best.length;
    while (at > 0 && order(r, best[at - 1] as number) < 0) at--;
    best.splice(at, 0, r);
  }
  return best;
}
