import { accumulators } from '../kernels/group-folds.ts';
import { foldQuantile } from '../kernels/quantile-fold.ts';
import { type Aggregation, withoutParens } from '../parse/ast.ts';
import { evaluateCountValues } from './count-values.ts';
import type { Evaluation } from './evaluation.ts';
import { type Group, groupingOf, groupRows } from './grouping.ts';
import { rowsOfLeaf } from './leaf.ts';
import { compareLabels, type Grid, isEmptyRow, type Matrix, type Row, RowAllocator, scalarValues } from './matrix.ts';
import { FoldSink } from './row-sink.ts';
import { selectPerStep } from './topk.ts';

/** Evaluates an aggregation over instant vectors. */
export async function evaluateAggregation(evaluation: Evaluation, node: Aggregation, grid: Grid): Promise<Matrix> {
  if (node.op === 'count_values') return evaluateCountValues(evaluation, node, grid);
  const accumulatorOf = accumulators[node.op];
  if (accumulatorOf !== undefined) {
    return fold(evaluation, node, grid, new FoldSink(evaluation, grid, groupingOf(node), accumulatorOf));
  }
  if (node.param === undefined) throw new Error(`the aggregation ${node.op} has no implementation`);
  const parameters = scalarValues(await evaluation.evaluate(node.param, grid));
  const { rows } = await evaluation.evaluate(node.expr, grid);
  const groups = groupRows(rows, groupingOf(node));
  if (node.op !== 'quantile') return selectPerStep(evaluation, node, groups, parameters, grid);
  evaluation.annotations.invalidQuantiles(parameters, node.param.span);
  const folded = await quantiles(evaluation, groups, parameters, grid);
  // As other folds have them: by labels where their series come from the store.
  if (rowsOfLeaf(evaluation, withoutParens(node.expr), grid) !== undefined) {
    folded.sort((a, b) => compareLabels(a.labels, b.labels));
  }
  return { rows: folded };
}

/** Series of the store go into their groups as they come; what is computed first is folded row by row. */
async function fold(evaluation: Evaluation, node: Aggregation, grid: Grid, sink: FoldSink): Promise<Matrix> {
  const leaf = rowsOfLeaf(evaluation, withoutParens(node.expr), grid);
  if (leaf !== undefined) {
    await leaf(sink);
    return sink.matrix();
  }
  const { rows } = await evaluation.evaluate(node.expr, grid);
  for (const row of rows) {
    if (evaluation.pace.due()) await evaluation.pace.breathe();
    sink.add(row);
  }
  return sink.matrix();
}

async function quantiles(
  evaluation: Evaluation,
  groups: readonly Group[],
  parameters: Float64Array,
  grid: Grid,
): Promise<Row[]> {
  const allocator = new RowAllocator(grid);
  const results: Row[] = [];
  for (const group of groups) {
    const dropName = group.rows.some((row) => row.dropName);
    const row = allocator.allocate(group.labels, dropName);
    for (const _ of foldQuantile(group.rows, parameters, row)) {
      if (evaluation.pace.due()) await evaluation.pace.breathe();
    }
    if (!isEmptyRow(row)) results.push(row);
  }
  return results;
}
