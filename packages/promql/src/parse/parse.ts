import type { SyntaxNode, Tree } from '@lezer/common';
import { parser } from '@prometheus-io/lezer-promql';
import type { Expr, Span } from './ast.ts';
import { QuerySyntaxError } from './position.ts';
import { convert } from './tree.ts';

/** Queries longer than this are refused before the parser sees them. */
const maxQueryLength = 1 << 20;

/**
 * Parses PromQL into a frozen AST with positions. Throws `QuerySyntaxError` (`query_invalid`) with line and column.
 * Types and arity are the business of `checkQuery`.
 */
export function parseQuery(text: string): Expr {
  if (text.length > maxQueryLength) throw new QuerySyntaxError(text, { from: 0, to: 0 }, 'query is longer than 1 MiB');
  if (text.trim() === '') throw new QuerySyntaxError(text, { from: 0, to: 0 }, 'no expression found in input');
  const tree = parser.parse(withDigitsAfterDots(text));
  const fault = firstFault(tree);
  if (fault !== undefined) throw new QuerySyntaxError(text, fault, explain(text, fault));
  const root = tree.topNode.firstChild;
  if (root === null) throw new QuerySyntaxError(text, { from: 0, to: 0 }, 'no expression found in input');
  return freeze(convert({ text }, skipComments(root)));
}

function skipComments(node: SyntaxNode): SyntaxNode {
  let current = node;
  while (current.name === 'LineComment' && current.nextSibling !== null) current = current.nextSibling;
  return current;
}

/**
 * `2.` is a number in PromQL but not in the grammar; outside strings and comments it is handed over as `02`, which has
 * the same length. Values are read from the text as written.
 */
function withDigitsAfterDots(text: string): string {
  const tokens = /"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|`[^`]*`|#[^\n]*|(?<![\w.:])(\d+)\.(?!\d)/gs;
  return text.replace(tokens, (token: string, digits: string | undefined) =>
    digits === undefined ? token : `0${digits}`,
  );
}

function firstFault(tree: Tree): Span | undefined {
  let fault: Span | undefined;
  tree.iterate({
    enter: (node) => {
      if (!node.type.isError) return;
      if (fault === undefined || node.from < fault.from) fault = { from: node.from, to: node.to };
    },
  });
  return fault;
}

function explain(text: string, fault: Span): string {
  const calledName = /([A-Za-z_:][\w:]*)\s*$/.exec(text.slice(0, fault.from))?.[1];
  const rest = text.slice(fault.from).trimStart();
  if (calledName !== undefined && rest.startsWith('(')) return `unknown function with name "${calledName}"`;
  const token = /^(?:[\w:.]+|"[^"]*"?|'[^']*'?|=~|!~|[=!<>]=|\S)/.exec(rest)?.[0];
  if (token === undefined) {
    const open = unclosed(text);
    return open === undefined ? 'unexpected end of input' : `unexpected end of input: "${open}" is not closed`;
  }
  return `unexpected "${token}"`;
}

/** The innermost bracket that is still open at the end of the text, strings and comments left out. */
function unclosed(text: string): string | undefined {
  const bare = text.replace(/"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|`[^`]*`|#[^\n]*/gs, '');
  const open: string[] = [];
  for (const character of bare) {
    if ('([{'.includes(character)) open.push(character);
    else if (')]}'.includes(character)) open.pop();
  }
  return open.at(-1);
}

function freeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const inner of Object.values(value)) freeze(inner);
  }
  return value;
}
