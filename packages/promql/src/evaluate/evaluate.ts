import type { Expr } from '../parse/ast.ts';
import { evaluateAggregation } from './aggregation.ts';
import { evaluateBinary } from './binary.ts';
import { evaluateCall } from './call.ts';
import type { Evaluation } from './evaluation.ts';
import { valuesPerSeries } from './holding.ts';
import { type Grid, type Matrix, RowAllocator, scalarMatrix } from './matrix.ts';
import { evaluateSelector } from './selector.ts';

/** Evaluates an expression of type scalar or instant vector over a grid; what does not depend on the step, once. */
export async function evaluateExpression(evaluation: Evaluation, expr: Expr, grid: Grid): Promise<Matrix> {
  if (evaluation.pace.due()) await evaluation.pace.breathe();
  const holding = evaluation.holding.inner();
  const own: Evaluation = {
    ...evaluation,
    holding,
    reserve: (values) => holding.reserve(values),
    evaluate: (part, partGrid) => evaluateExpression(own, part, partGrid),
  };
  const matrix = await evaluateOnceOrEach(own, expr, grid);
  holding.settle(matrix.rows.length * (grid.count + valuesPerSeries));
  return matrix;
}

async function evaluateOnceOrEach(evaluation: Evaluation, expr: Expr, grid: Grid): Promise<Matrix> {
  if (grid.count > 1 && expr.kind !== 'number' && evaluation.plan.invariant.has(expr)) {
    const once = await evaluateNode(evaluation, expr, { ...grid, count: 1 });
    return repeat(evaluation, once, grid);
  }
  return evaluateNode(evaluation, expr, grid);
}

async function evaluateNode(evaluation: Evaluation, expr: Expr, grid: Grid): Promise<Matrix> {
  const pushed = await evaluation.pushDown(evaluation, expr, grid);
  if (pushed !== undefined) return pushed;
  switch (expr.kind) {
    case 'number':
      return scalarMatrix(grid, () => expr.value);
    case 'selector':
      return evaluateSelector(evaluation, expr, grid);
    case 'parens':
      return evaluateExpression(evaluation, expr.expr, grid);
    case 'unary': {
      const matrix = await evaluateExpression(evaluation, expr.expr, grid);
      return expr.op === '-' ? negated(matrix) : matrix;
    }
    case 'binary':
      return evaluateBinary(evaluation, expr, grid);
    case 'aggregation':
      return evaluateAggregation(evaluation, expr, grid);
    case 'call':
      return evaluateCall(evaluation, expr, grid);
    default:
      throw new Error(`an expression of kind ${expr.kind} has no value at a step`);
  }
}

function negated({ rows }: Matrix): Matrix {
  for (const { values } of rows) for (let i = 0; i < values.length; i++) values[i] = -(values[i] as number);
  return { rows: rows.map((row) => ({ ...row, dropName: true })) };
}

/** One step's values at every step of a grid. */
function repeat(evaluation: Evaluation, { rows }: Matrix, grid: Grid): Matrix {
  evaluation.reserve(rows.length * grid.count);
  const allocator = new RowAllocator(grid);
  return {
    rows: rows.map((row) => {
      const repeated = allocator.allocate(row.labels, row.dropName);
      repeated.values.fill(row.values[0] as number);
      repeated.present.fill(row.present[0] as number);
      return repeated;
    }),
  };
}
