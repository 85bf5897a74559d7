import { isSetOp, kindOf } from '../check/check.ts';
import type { Binary } from '../parse/ast.ts';
import type { Evaluation } from './evaluation.ts';
import { type Grid, isEmptyRow, type Matrix, type Row, scalarMatrix, scalarValues } from './matrix.ts';
import { type ElementOperator, elementOperator } from './operators.ts';
import { evaluateSetOperator } from './set-operators.ts';
import { evaluateVectorMatching } from './vector-matching.ts';

/** Evaluates a binary operator on scalars and instant vectors. */
export async function evaluateBinary(evaluation: Evaluation, node: Binary, grid: Grid): Promise<Matrix> {
  // Together: while one side is computed the store reads for the other.
  const [left, right] = await Promise.all([
    evaluation.evaluate(node.left, grid),
    evaluation.evaluate(node.right, grid),
  ]);
  if (isSetOp(node.op)) return evaluateSetOperator(evaluation, node, left, right, grid);
  const leftScalar = kindOf(node.left) === 'scalar';
  const rightScalar = kindOf(node.right) === 'scalar';
  const operator = elementOperator(node.op);
  if (operator === undefined) {
    if (left.rows.length > 0 && right.rows.length > 0) evaluation.annotations.incompatibleTypes(node.op, node.span);
    return { rows: [] };
  }
  if (leftScalar && rightScalar) {
    const a = scalarValues(left);
    const b = scalarValues(right);
    const compute =
      operator.kind === 'arithmetic' ? operator.compute : (x: number, y: number) => Number(operator.holds(x, y));
    return scalarMatrix(grid, (i) => compute(a[i] as number, b[i] as number));
  }
  if (!leftScalar && !rightScalar) return evaluateVectorMatching(evaluation, node, operator, left, right, grid);
  const rows: Row[] = [];
  const scalars = scalarValues(leftScalar ? left : right);
  for (const row of leftScalar ? right.rows : left.rows) {
    if (evaluation.pace.due()) await evaluation.pace.breathe();
    applyScalar(row, scalars, operator, leftScalar, node.returnBool);
    if (isEmptyRow(row)) continue;
    const dropName = row.dropName || node.returnBool || operator.kind === 'arithmetic';
    rows.push({ ...row, dropName });
  }
  return { rows };
}

/** Applies an operator between a row and a scalar in place; a comparison keeps the row's value wherever the scalar stands. */
function applyScalar(
  row: Row,
  scalars: Float64Array,
  operator: ElementOperator,
  scalarFirst: boolean,
  returnBool: boolean,
): void {
  const { values, present } = row;
  if (operator.kind === 'arithmetic') {
    const { compute } = operator;
    for (let i = 0; i < values.length; i++) {
      const value = values[i] as number;
      const scalar = scalars[i] as number;
      values[i] = scalarFirst ? compute(scalar, value) : compute(value, scalar);
    }
    return;
  }
  const { holds } = operator;
  for (let i = 0; i < values.length; i++) {
    const value = values[i] as number;
    const scalar = scalars[i] as number;
    const kept = scalarFirst ? holds(scalar, value) : holds(value, scalar);
    if (returnBool) values[i] = kept ? 1 : 0;
    else if (!kept) present[i] = 0;
  }
}
