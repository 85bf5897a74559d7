import { compareValues } from '../functions/sort.ts';
import type { Aggregation } from '../parse/ast.ts';
import { type Evaluation, failed } from './evaluation.ts';
import type { Group } from './grouping.ts';
import { type Grid, isEmptyRow, type Matrix, type Row } from './matrix.ts';

/**
 * `topk`, `bottomk` and `limitk`: at each step k series of each group stay, with their own labels. An instant vector comes
 * sorted, best first; NaN is worst of all. Ties go to the series that comes first.
 */
export async function selectPerStep(
  evaluation: Evaluation,
  node: Aggregation,
  groups: readonly Group[],
  parameters: Float64Array,
  grid: Grid,
): Promise<Matrix> {
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
  for (const { rows } of groups) {
    const candidates: number[] = [];
    for (let step = 0; step < grid.count; step++) {
      if (evaluation.pace.due()) await evaluation.pace.breathe();
      candidates.length = 0;
      for (let r = 0; r < rows.length; r++) if ((rows[r] as Row).present[step] === 1) candidates.push(r);
      const k = Math.max(0, Math.trunc(parameters[step] as number));
      if (candidates.length <= k && grid.count > 1) continue;
      candidates.sort((a, b) => order(a, b, step, rows));
      for (let c = k; c < candidates.length; c++) (rows[candidates[c] as number] as Row).present[step] = 0;
    }
    if (grid.count === 1) for (const r of candidates) results.push(rows[r] as Row);
    else results.push(...rows);
  }
  return { rows: results.filter((row) => !isEmptyRow(row)) };
}
