import { bestOf } from '../kernels/best-of.ts';
import type { Aggregation } from '../parse/ast.ts';
import { type Evaluation, failed } from './evaluation.ts';
import type { Group } from './grouping.ts';
import { selectByRatio } from './limit-ratio.ts';
import { compareLabels, type Grid, type Matrix, type Row } from './matrix.ts';

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
  const preference = node.op === 'limitk' ? 'first' : node.op === 'topk' ? 'largest' : 'smallest';
  const results: Row[] = [];
  for (const group of groups) {
    const rows = group.rows.toSorted((a, b) => compareLabels(a.labels, b.labels));
    const counts = Int32Array.from(parameters, (k) => Math.min(rows.length, Math.max(0, Math.trunc(k))));
    const picked = new Map<number, Uint8Array>();
    const pick = (r: number, step: number): void => {
      let present = picked.get(r);
      if (present === undefined) {
        present = new Uint8Array(grid.count);
        picked.set(r, present);
      }
      present[step] = 1;
    };
    for (const _ of bestOf(rows, preference, counts, pick)) {
      if (evaluation.pace.due()) await evaluation.pace.breathe();
    }
    // In the order of picking: for one step, best first.
    for (const [r, present] of picked) results.push({ ...(rows[r] as Row), present });
  }
  return { rows: results };
}
