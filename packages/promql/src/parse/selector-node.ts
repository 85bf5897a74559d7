import type { Matcher } from '@binnacle/shared/telemetry/reader.ts';
import type { SyntaxNode } from '@lezer/common';
import type { AtModifier, Expr } from './ast.ts';
import { labelName, unquote } from './label-nodes.ts';
import { numberValue } from './literals.ts';
import { QuerySyntaxError } from './position.ts';
import { childNodes, type Source, slice, spanOf } from './source.ts';

/** What stands after an `@`. */
export function atOf(source: Source, node: SyntaxNode): AtModifier {
  if (node.name === 'AtModifierPreprocessors') {
    return { kind: node.firstChild?.name === 'AtStart' ? 'start' : 'end' };
  }
  const text = slice(source, node);
  const sign = text.startsWith('-') ? -1 : 1;
  const seconds = numberValue(text.replace(/^[+-]\s*/, ''));
  if (seconds === undefined || !Number.isFinite(seconds) || Math.abs(seconds) > 1e14) {
    throw new QuerySyntaxError(source.text, spanOf(node), `timestamp out of bounds for @ modifier: ${text}`);
  }
  return { kind: 'time', timeMs: Math.round(sign * seconds * 1000) };
}

const matchOps: Readonly<Record<string, Matcher['op']>> = { EqlSingle: '=', Neq: '!=', EqlRegex: '=~', NeqRegex: '!~' };

/** An instant vector selector. */
export function selectorOf(source: Source, node: SyntaxNode): Expr {
  let name: string | undefined;
  const matchers: Matcher[] = [];
  for (const child of childNodes(node)) {
    if (child.name === 'Identifier') name = slice(source, child);
    else if (child.name === 'LabelMatchers') {
      for (const matcher of childNodes(child)) matchers.push(matcherOf(source, matcher));
    }
  }
  if (name !== undefined) matchers.push({ name: '__name__', op: '=', value: name });
  return {
    kind: 'selector',
    span: spanOf(node),
    name,
    matchers,
    offsetMs: 0,
    offsetExpr: undefined,
    at: undefined,
    modifier: undefined,
  };
}

function matcherOf(source: Source, node: SyntaxNode): Matcher {
  if (node.name === 'QuotedLabelName') return { name: '__name__', op: '=', value: labelName(source, node) };
  const [label, operator, literal] = childNodes(node);
  const op = operator?.firstChild ? matchOps[operator.firstChild.name] : undefined;
  if (label === undefined || op === undefined || literal === undefined) {
    throw new QuerySyntaxError(source.text, spanOf(node), `unexpected "${slice(source, node)}" in label matching`);
  }
  return { name: labelName(source, label), op, value: unquote(source, literal) };
}
