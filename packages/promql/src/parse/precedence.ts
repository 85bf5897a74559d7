import { operatorTable } from '../language/operators.ts';
import type { BinaryOp, Expr, Span, VectorMatching } from './ast.ts';

/** A binary operator as written, with its modifiers. */
export interface OperatorItem {
  readonly kind: 'operator';
  readonly op: BinaryOp;
  readonly span: Span;
  readonly returnBool: boolean;
  readonly matching: VectorMatching | undefined;
}

/** A query flattened in source order: operands, signs, operators, and what follows an operand (`[5m]`, `offset`, `@`). */
export type Item =
  | { readonly kind: 'operand'; readonly expr: Expr }
  | { readonly kind: 'sign'; readonly op: '+' | '-'; readonly from: number }
  | OperatorItem
  | { readonly kind: 'postfix'; readonly apply: (expr: Expr) => Expr };

/** A sign binds like a product: `-a^b` is `-(a^b)`, `-a*b` is `(-a)*b`. */
const signLevel = 5;

/**
 * Rebuilds the expression from its flat form by precedence climbing. The grammar decides what every token is, but lets
 * `a + b offset 5m` be `(a + b) offset 5m` and `-1^2` be `(-1)^2`; PromQL binds both the other way.
 */
export function climb(items: readonly Item[]): Expr {
  let next = 0;

  function operand(): Expr {
    const item = items[next++];
    if (item === undefined) throw new Error('the grammar let an operator stand without its operand');
    if (item.kind === 'sign') {
      const expr = expression(signLevel + 1);
      const span = { from: item.from, to: expr.span.to };
      if (expr.kind === 'number') return { ...expr, span, value: item.op === '-' ? -expr.value : expr.value };
      return { kind: 'unary', span, op: item.op, expr };
    }
    if (item.kind !== 'operand') throw new Error('the grammar let two operators follow each other');
    let expr = item.expr;
    for (let after = items[next]; after?.kind === 'postfix'; after = items[next]) {
      expr = after.apply(expr);
      next++;
    }
    return expr;
  }

  function expression(minimum: number): Expr {
    let left = operand();
    for (let item = items[next]; item?.kind === 'operator'; item = items[next]) {
      const level = operatorTable.get(item.op)?.level ?? 0;
      if (level < minimum) break;
      next++;
      const right = expression(item.op === '^' ? level : level + 1);
      left = {
        kind: 'binary',
        span: { from: left.span.from, to: right.span.to },
        op: item.op,
        opSpan: item.span,
        returnBool: item.returnBool,
        left,
        right,
        matching: item.matching,
      };
    }
    return left;
  }

  return expression(0);
}
