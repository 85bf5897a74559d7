import type { SyntaxNode } from '@lezer/common';
import type { Span } from './ast.ts';

/** What the conversion needs of the query: its text as written. */
export interface Source {
  readonly text: string;
}

export const slice = (source: Source, node: SyntaxNode): string => source.text.slice(node.from, node.to);
export const spanOf = (node: SyntaxNode): Span => ({ from: node.from, to: node.to });

/** The node's named children, comments left out. */
export function childNodes(node: SyntaxNode): SyntaxNode[] {
  const children: SyntaxNode[] = [];
  for (let child = node.firstChild; child !== null; child = child.nextSibling) {
    if (child.name !== 'LineComment') children.push(child);
  }
  return children;
}
