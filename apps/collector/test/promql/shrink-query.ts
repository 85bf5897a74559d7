import { checkQuery } from '@binnacle/promql/check/check.ts';
import { everyFeature } from '@binnacle/promql/language/features.ts';
import type { ValueKind } from '@binnacle/promql/language/functions.ts';
import { childrenOf, type Expr } from '@binnacle/promql/parse/ast.ts';
import { parseQuery } from '@binnacle/promql/parse/parse.ts';

/** Shorter queries of the same type that say a part of what this one says, the shortest first. */
export function smallerQueries(query: string): string[] {
  const expr = parseQuery(query);
  const found = new Set<string>();
  const put = ({ from, to }: { from: number; to: number }, text: string): void => {
    found.add(query.slice(0, from) + text + query.slice(to));
  };
  const textOf = ({ span }: Expr): string => query.slice(span.from, span.to);
  const visit = (node: Expr): void => {
    for (const inner of descendants(node)) put(node.span, node === expr ? textOf(inner) : `(${textOf(inner)})`);
    if (node.kind === 'parens') put(node.span, textOf(node.expr));
    if (node.kind !== 'number') put(node.span, '1');
    if (node.kind === 'selector' && node.name !== undefined) {
      put(node.span, node.name);
      for (const kept of node.matchers.filter(({ name }) => name !== '__name__'))
        put(node.span, `${node.name}{${kept.name}${kept.op}${JSON.stringify(kept.value)}}`);
    }
    if (node.kind === 'range') put(node.span, textOf(node).replace(/\].*$/, ']'));
    if (node.kind === 'subquery') put(node.span, textOf(node).replace(/\][^\]]*$/, ']'));
    for (const child of childrenOf(node)) visit(child);
  };
  visit(expr);
  for (const bare of [/ (?:bool|group_(?:left|right) \(\w*\)|(?:by|without|on|ignoring) \([\w, ]*\))/g])
    for (const match of query.matchAll(bare)) put({ from: match.index, to: match.index + match[0].length }, '');
  const kind = kindOf(query);
  return [...found]
    .filter((text) => text.length < query.length && kindOf(text) === kind)
    .sort((a, b) => a.length - b.length);
}

function* descendants(node: Expr): Generator<Expr> {
  for (const child of childrenOf(node)) {
    yield child;
    yield* descendants(child);
  }
}

function kindOf(text: string): ValueKind | undefined {
  try {
    return checkQuery(text, parseQuery(text), everyFeature);
  } catch {
    return undefined;
  }
}
