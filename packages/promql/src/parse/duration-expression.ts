import type { SyntaxNode } from '@lezer/common';
import type { DurationExpr, DurationOp, Span } from './ast.ts';
import { parseDurationMs } from './duration.ts';
import { numberValue } from './literals.ts';
import { QuerySyntaxError } from './position.ts';
import { childNodes, type Source, slice, spanOf } from './source.ts';

/** A duration in brackets or after `offset`: its length, or the expression that says it when the query's times are known. */
export interface WrittenDuration {
  /** 0 where an expression stands. */
  readonly ms: number;
  readonly expr: DurationExpr | undefined;
  readonly span: Span;
}

/** Seconds beyond which Prometheus has no duration: 2^63 nanoseconds. */
export const maxDurationSeconds = 2 ** 63 / 1e9;

/** Milliseconds of a duration in seconds as Prometheus rounds it: to nanoseconds, and the rest of a millisecond is dropped. */
const literalMs = (seconds: number): number => Math.trunc(Math.round(seconds * 1e9) / 1e6);

/** Reads a duration. Throws where it is a plain one out of range, or divides by a plain zero. */
export function durationOf(source: Source, node: SyntaxNode): WrittenDuration {
  const span = spanOf(node);
  const expr = convert(source, node);
  return expr.kind === 'literal' ? { ms: literalMs(expr.seconds), expr: undefined, span } : { ms: 0, expr, span };
}

/** A duration that must be longer than nothing: a range or the step of a subquery. */
export function positiveDurationOf(source: Source, node: SyntaxNode): WrittenDuration {
  const expr = convert(source, node);
  if (expr.kind === 'literal' && expr.seconds <= 0) {
    throw new QuerySyntaxError(source.text, expr.span, 'duration must be greater than 0');
  }
  return durationOf(source, node);
}

const operators: Readonly<Record<string, DurationOp>> = { Add: '+', Sub: '-', Mul: '*', Div: '/', Mod: '%', Pow: '^' };

function convert(source: Source, node: SyntaxNode): DurationExpr {
  const span = spanOf(node);
  if (node.name === 'NumberDurationLiteralInDurationContext') return literalOf(source, slice(source, node), span);
  const [first, second, third] = childNodes(node);
  if (first === undefined) throw new QuerySyntaxError(source.text, span, 'unexpected end of a duration');
  switch (first.name) {
    case 'DurationStep':
      return { kind: 'step', span };
    case 'DurationRange':
      return { kind: 'range', span };
    case 'DurationMinOf':
    case 'DurationMaxOf': {
      if (second === undefined || third === undefined) break;
      const kind = first.name === 'DurationMinOf' ? 'min_of' : 'max_of';
      return { kind, span, left: convert(source, second), right: convert(source, third) };
    }
    case 'UnaryOp':
      if (second === undefined) break;
      return signed(slice(source, first), convert(source, second), span);
  }
  if (second === undefined) {
    const expr = convert(source, first);
    return source.text[node.from] === '(' ? { kind: 'parens', span, expr } : expr;
  }
  const op = operators[second.name];
  if (op === undefined || third === undefined) {
    throw new QuerySyntaxError(source.text, span, 'unexpected end of a duration');
  }
  const right = convert(source, third);
  if (right.kind === 'literal' && right.seconds === 0 && (op === '/' || op === '%')) {
    throw new QuerySyntaxError(source.text, spanOf(second), op === '/' ? 'division by zero' : 'modulo by zero');
  }
  return { kind: 'arithmetic', span, op, left: convert(source, first), right };
}

function literalOf(source: Source, text: string, span: Span): DurationExpr {
  const seconds = numberValue(text);
  if (seconds === undefined) {
    throw new QuerySyntaxError(source.text, span, `bad number or duration syntax: "${text}"`);
  }
  if (!(Math.abs(seconds) <= maxDurationSeconds)) {
    throw new QuerySyntaxError(source.text, span, 'duration out of range');
  }
  return { kind: 'literal', span, seconds, unit: text !== '0' && parseDurationMs(text) !== undefined };
}

/** A sign before a plain duration is part of it; a plus says nothing. */
function signed(sign: string, expr: DurationExpr, span: Span): DurationExpr {
  if (expr.kind === 'literal') return { ...expr, span, seconds: sign === '-' ? -expr.seconds : expr.seconds };
  if (sign !== '-') return expr;
  return { kind: 'minus', span, expr };
}
