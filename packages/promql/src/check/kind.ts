import { functionTable, type ValueKind } from '../language/functions.ts';
import type { BinaryOp, Expr } from '../parse/ast.ts';

const setOps: ReadonlySet<BinaryOp> = new Set<BinaryOp>(['and', 'or', 'unless']);
const comparisonOps: ReadonlySet<BinaryOp> = new Set<BinaryOp>(['==', '!=', '<', '<=', '>', '>=']);

export const isSetOp = (op: BinaryOp): boolean => setOps.has(op);
export const isComparisonOp = (op: BinaryOp): boolean => comparisonOps.has(op);

/** The type of an expression that has been checked. */
export function kindOf(expr: Expr): ValueKind {
  switch (expr.kind) {
    case 'number':
      return 'scalar';
    case 'string':
      return 'string';
    case 'selector':
    case 'aggregation':
      return 'instant vector';
    case 'range':
    case 'subquery':
      return 'range vector';
    case 'parens':
    case 'unary':
      return kindOf(expr.expr);
    case 'binary':
      return kindOf(expr.left) === 'scalar' && kindOf(expr.right) === 'scalar' ? 'scalar' : 'instant vector';
    case 'call':
      return functionTable.get(expr.name)?.returns ?? 'instant vector';
  }
}
