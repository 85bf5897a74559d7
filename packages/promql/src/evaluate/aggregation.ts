import {
  foldAvg,
  foldCount,
  foldGroup,
  foldMax,
  foldMin,
  foldStdvar,
  foldSum,
  type GroupFold,
} from '../kernels/group-folds.ts';
import { quantileOf } from '../kernels/quantile.ts';
import type { Aggregation, AggregationOp } from '../parse/ast.ts';
import { evaluateCountValues } from './count-values.ts';
import type { Evaluation } from './evaluation.ts';
import { type Group, groupingOf, groupRows } from './grouping.ts';
import { type Grid, isEmptyRow, type Matrix, type Row, RowAllocator, scalarValues } from './matrix.ts';
import { selectPerStep } from './topk.ts';

const folds: Partial<Record<AggregationOp, GroupFold>> = {
  sum: foldSum,
  avg: foldAvg,
  min: foldMin,
  max: foldMax,
  count: foldCount,
  group: foldGroup,
  stdvar: foldStdvar,
  stddev: (rows, count, out) => {
    foldStdvar(rows, count, out);
    for (let i = 0; i < count; i++) out.values[i] = Math.sqrt(out.values[i] as number);
  },
};

/** Evaluates an aggregation over instant vectors. */
export async function evaluateAggregation(evaluation: Evaluation, node: Aggregation, grid: Grid): Promise<Matrix> {
  if (node.op === 'count_values') return evaluateCountValues(evaluation, node, grid);
  const parameters = node.param === undefined ? undefined : scalarValues(await evaluation.evaluate(node.param, grid));
  const { rows } = await evaluation.evaluate(node.expr, grid);
  const groups = groupRows(rows, groupingOf(node));
  if (parameters !== undefined && node.op !== 'quantile')
    return selectPerStep(evaluation, node, groups, parameters, grid);
  let fold = folds[node.op];
  if (parameters !== undefined) {
    const span = (node.param ?? node).span;
    for (const quantile of parameters)
      if (!(quantile >= 0 && quantile <= 1)) evaluation.annotations.invalidQuantile(quantile, span);
    fold = quantileFold(parameters);
  }
  if (fold === undefined) throw new Error(`the aggregation ${node.op} has no implementation`);
  return { rows: await foldGroups(evaluation, groups, fold, grid) };
}

async function foldGroups(
  evaluation: Evaluation,
  groups: readonly Group[],
  fold: GroupFold,
  grid: Grid,
): Promise<Row[]> {
  const allocator = new RowAllocator(grid);
  const results: Row[] = [];
  for (const group of groups) {
    const dropName = group.rows.some((row) => row.dropName);
    const row = allocator.allocate(group.labels, dropName);
    if (evaluation.pace.due()) await evaluation.pace.breathe();
    fold(group.rows, grid.count, row);
    if (!isEmptyRow(row)) results.push(row);
  }
  return results;
}

function quantileFold(quantiles: Float64Array): GroupFold {
  return (rows, count, out) => {
    const scratch = new Float64Array(rows.length);
    for (let i = 0; i < count; i++) {
      let length = 0;
      for (const row of rows) if (row.present[i] === 1) scratch[length++] = row.values[i] as number;
      if (length === 0) continue;
      out.values[i] = quantileOf(quantiles[i] as number, scratch, length);
      out.present[i] = 1;
    }
  };
}
