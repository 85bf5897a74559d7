import type { AtModifier, Expr, SelectorModifier, Span } from './ast.ts';
import { QuerySyntaxError } from './position.ts';
import type { Source } from './source.ts';

/** `expr offset d`: on a selector, range selector or subquery, once. */
export function withOffset(source: Source, expr: Expr, offsetMs: number, to: number): Expr {
  const span = { from: expr.span.from, to };
  if (expr.kind === 'selector' || expr.kind === 'subquery') {
    if (expr.offsetMs !== 0) throw new QuerySyntaxError(source.text, expr.span, 'offset may not be set multiple times');
    return { ...expr, span, offsetMs };
  }
  if (expr.kind === 'range') {
    if (expr.selector.offsetMs !== 0)
      throw new QuerySyntaxError(source.text, expr.span, 'offset may not be set multiple times');
    return { ...expr, span, selector: { ...expr.selector, offsetMs } };
  }
  const message =
    'offset modifier must be preceded by an instant vector selector or range vector selector or a subquery';
  throw new QuerySyntaxError(source.text, expr.span, message);
}

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
export function withRange(source: Source, expr: Expr, rangeMs: number, rangeSpan: Span, to: number): Expr {
  if (rangeMs <= 0) throw new QuerySyntaxError(source.text, rangeSpan, 'duration must be greater than 0');
  if (expr.kind !== 'selector')
    throw new QuerySyntaxError(source.text, expr.span, 'ranges only allowed for vector selectors');
  if (expr.offsetMs !== 0)
    throw new QuerySyntaxError(source.text, rangeSpan, 'no offset modifiers allowed before range');
  if (expr.at !== undefined) throw new QuerySyntaxError(source.text, rangeSpan, 'no @ modifiers allowed before range');
  return { kind: 'range', span: { from: expr.span.from, to }, selector: expr, rangeMs };
}

/** `expr[range:step]`. */
export function withSubquery(
  source: Source,
  expr: Expr,
  rangeMs: number,
  stepMs: number | undefined,
  rangeSpan: Span,
  to: number,
): Expr {
  if (rangeMs <= 0 || (stepMs !== undefined && stepMs <= 0)) {
    throw new QuerySyntaxError(source.text, rangeSpan, 'duration must be greater than 0');
  }
  return { kind: 'subquery', span: { from: expr.span.from, to }, expr, rangeMs, stepMs, offsetMs: 0, at: undefined };
}
