import type { SyntaxNode } from '@lezer/common';
import { stringValue } from './literals.ts';
import { QuerySyntaxError } from './position.ts';
import { childNodes, type Source, slice, spanOf } from './source.ts';

/** Value of a string literal. */
export function unquote(source: Source, node: SyntaxNode): string {
  const result = stringValue(slice(source, node));
  if ('error' in result) throw new QuerySyntaxError(source.text, spanOf(node), result.error);
  return result.value;
}

/** Names in the parentheses of `by`, `without`, `on`, `ignoring` and `group_…`. */
export function groupingLabels(source: Source, node: SyntaxNode | null): string[] {
  if (node === null) return [];
  return childNodes(node).map((child) => labelName(source, child));
}

/** A label name, quoted or not. */
export function labelName(source: Source, node: SyntaxNode): string {
  if (node.name !== 'QuotedLabelName') return slice(source, node);
  const literal = node.firstChild;
  return literal === null ? '' : unquote(source, literal);
}
