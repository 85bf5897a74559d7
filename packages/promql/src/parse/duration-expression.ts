import type { SyntaxNode } from '@lezer/common';
import { numberValue } from './literals.ts';
import { QuerySyntaxError } from './position.ts';
import { childNodes, type Source, slice, spanOf } from './source.ts';

/** Milliseconds of a duration in brackets or after `offset`: a duration, seconds, or arithmetic on constants. */
export function durationExpressionMs(source: Source, node: SyntaxNode): number {
  const seconds = evaluate(source, node);
  if (!Number.isFinite(seconds) || Math.abs(seconds) > 9.2e9) {
    throw new QuerySyntaxError(source.text, spanOf(node), `duration out of range: "${slice(source, node)}"`);
  }
  return Math.round(seconds * 1000);
}

function evaluate(source: Source, node: SyntaxNode): number {
  if (node.name === 'NumberDurationLiteralInDurationContext') {
    const value = numberValue(slice(source, node));
    if (value === undefined) {
      throw new QuerySyntaxError(source.text, spanOf(node), `bad number or duration syntax: "${slice(source, node)}"`);
    }
    return value;
  }
  const [first, second, third] = childNodes(node);
  if (first === undefined || (first.name.startsWith('Duration') && first.name !== 'DurationExpr')) {
    throw new QuerySyntaxError(
      source.text,
      spanOf(node),
      `"${slice(source, first ?? node)}" is not supported in a duration`,
    );
  }
  if (second === undefined) return evaluate(source, first);
  if (first.name === 'UnaryOp')
    return slice(source, first) === '-' ? -evaluate(source, second) : evaluate(source, second);
  if (third === undefined) throw new QuerySyntaxError(source.text, spanOf(node), 'unexpected end of a duration');
  const left = evaluate(source, first);
  const right = evaluate(source, third);
  switch (second.name) {
    case 'Add':
      return left + right;
    case 'Sub':
      return left - right;
    case 'Mul':
      return left * right;
    case 'Div':
      return left / right;
    case 'Mod':
      return left % right;
    default:
      return left ** right;
  }
}
