import { type Aggregation, withoutParens } from '../parse/ast.ts';
import { formatFixed } from '../result/float.ts';
import { type Evaluation, failed } from './evaluation.ts';
import { groupingOf } from './grouping.ts';
import { isLabelName, withLabel } from './label-edit.ts';
import { type Grid, type Matrix, type Row, RowAllocator } from './matrix.ts';

/** `count_values("label", v)`: how many series of the group have each value, which becomes a label. */
export async function evaluateCountValues(evaluation: Evaluation, node: Aggregation, grid: Grid): Promise<Matrix> {
  const parameter = node.param === undefined ? undefined : withoutParens(node.param);
  if (parameter?.kind !== 'string') throw failed('the label of count_values must be a string literal');
  const label = parameter.value;
  if (!isLabelName(label)) {
    const written = evaluation.text.slice(parameter.span.from, parameter.span.to);
    throw failed(`invalid label name ${written}`);
  }
  const grouping = groupingOf({ without: node.without, labels: node.without ? node.labels : [...node.labels, label] });
  const { rows } = await evaluation.evaluate(node.expr, grid);
  const allocator = new RowAllocator(grid);
  const results = new Map<string, Row>();
  for (const row of rows) {
    if (evaluation.pace.due()) await evaluation.pace.breathe();
    for (let i = 0; i < grid.count; i++) {
      if (row.present[i] === 0) continue;
      const labelled = withLabel(row.labels, label, formatFixed(row.values[i] as number));
      const key = grouping.signature(labelled);
      let target = results.get(key);
      if (target === undefined) {
        evaluation.reserve((results.size + 1) * grid.count);
        target = allocator.allocate(grouping.labels(labelled), false);
        results.set(key, target);
      }
      target.values[i] = (target.values[i] as number) + 1;
      target.present[i] = 1;
    }
  }
  return { rows: [...results.values()] };
}
