import type { AtModifier, Expr, SelectorModifier, Span, VectorSelector } from './ast.ts';
import type { WrittenDuration } from './duration-expression.ts';
import { QuerySyntaxError } from './position.ts';
import type { Source } from './source.ts';

/** `expr offset d`: on a selector, range selector or subquery, once. */
export function withOffset(source: Source, expr: Expr, offset: WrittenDuration, to: number): Expr {
  const span = { from: expr.span.from, to };
  if (expr.kind === 'selector' || expr.kind === 'subquery' || expr.kind === 'range') {
    if (hasOffset(expr.kind === 'range' ? expr.selector : expr))
      throw new QuerySyntaxError(source.text, expr.span, 'offset may not be set multiple times');
    const set = { offsetMs: offset.ms, offsetExpr: offset.expr };
    return expr.kind === 'range'
      ? { ...expr, span, selector: { ...expr.selector, ...set } }
      : { ...expr, span, ...set };
  }
  const message =
    'offset modifier must be preceded by an instant vector selector or range vector selector or a subquery';
  throw new QuerySyntaxError(source.text, expr.span, message);
}

const hasOffset = ({ offsetMs, offsetExpr }: Pick<VectorSelector, 'offsetMs' | 'offsetExpr'>): boolean =>
  offsetMs !== 0 || offsetExpr !== undefined;

/** `expr @ t`: on a selector, range selector or subquery, once. */
export function withAt(source: Source, expr: Expr, at: AtModifier, to: number): Expr {
  const span = { from: expr.span.from, to };
  if (expr.kind === 'selector' || expr.kind === 'subquery') {
    if (expr.at !== undefined)
      throw new QuerySyntaxError(source.text, expr.span, '@ <timestamp> may not be set multiple times');
    return { ...expr, span, at };
  }
  if (expr.kind === 'range') {
    if (expr.selector.at !== undefined)
      throw new QuerySyntaxError(source.text, expr.span, '@ <timestamp> may not be set multiple times');
    return { ...expr, span, selector: { ...expr.selector, at } };
  }
  const message = '@ modifier must be preceded by an instant vector selector or range vector selector or a subquery';
  throw new QuerySyntaxError(source.text, expr.span, message);
}

/** `expr anchored` and `expr smoothed`: on a selector or range selector. */
export function withModifier(source: Source, expr: Expr, modifier: SelectorModifier, to: number): Expr {
  const fail = (message: string): never => {
    throw new QuerySyntaxError(source.text, expr.span, message);
  };
  const span = { from: expr.span.from, to };
  if (expr.kind === 'subquery') return fail(`${modifier} modifier is not supported for subqueries`);
  if (expr.kind !== 'selector' && expr.kind !== 'range') return fail(`${modifier} modifier not implemented`);
  const selector = expr.kind === 'range' ? expr.selector : expr;
  if (selector.modifier !== undefined && selector.modifier !== modifier) {
    return fail('anchored and smoothed modifiers cannot be used together');
  }
  return expr.kind === 'range'
    ? { ...expr, span, selector: { ...selector, modifier } }
    : { ...selector, span, modifier };
}

/** `selector[range]`: only on a bare selector. */
export function withRange(source: Source, expr: Expr, range: WrittenDuration, bracket: Span, to: number): Expr {
  if (expr.kind !== 'selector')
    throw new QuerySyntaxError(source.text, bracket, 'ranges only allowed for vector selectors');
  if (hasOffset(expr)) throw new QuerySyntaxError(source.text, bracket, 'no offset modifiers allowed before range');
  if (expr.at !== undefined) throw new QuerySyntaxError(source.text, bracket, 'no @ modifiers allowed before range');
  const span = { from: expr.span.from, to };
  return { kind: 'range', span, selector: expr, rangeMs: range.ms, rangeExpr: range.expr };
}

/** `expr[range:step]`. */
export function withSubquery(expr: Expr, range: WrittenDuration, step: WrittenDuration | undefined, to: number): Expr {
  return {
    kind: 'subquery',
    span: { from: expr.span.from, to },
    expr,
    rangeMs: range.ms,
    rangeExpr: range.expr,
    stepMs: step?.ms,
    stepExpr: step?.expr,
    offsetMs: 0,
    offsetExpr: undefined,
    at: undefined,
  };
}
