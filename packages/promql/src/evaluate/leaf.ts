import { functionImplementations } from '../functions/registry.ts';
import type { Expr } from '../parse/ast.ts';
import type { Evaluation } from './evaluation.ts';
import type { Grid } from './matrix.ts';
import { rangeRows } from './range-rows.ts';
import type { RowSink } from './row-sink.ts';
import { selectorRows } from './selector.ts';

/**
 * How to evaluate an expression series by series straight into a sink; undefined where it is not a selector or a function
 * over a range vector, or where it has one value for all steps and is better computed once.
 */
export function rowsOfLeaf(
  evaluation: Evaluation,
  expr: Expr,
  grid: Grid,
): ((sink: RowSink) => Promise<void>) | undefined {
  if (grid.count > 1 && evaluation.plan.invariant.has(expr)) return undefined;
  if (expr.kind === 'selector') return (sink) => selectorRows(evaluation, expr, grid, 'values', sink);
  if (expr.kind !== 'call') return undefined;
  const implementation = functionImplementations.get(expr.name);
  if (implementation?.kind !== 'range') return undefined;
  return (sink) => rangeRows(evaluation, expr, grid, implementation, sink);
}
