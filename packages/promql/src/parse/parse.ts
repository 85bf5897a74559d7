import type { SyntaxNode, Tree } from '@lezer/common';
import { parser } from '@prometheus-io/lezer-promql';
import type { Expr } from './ast.ts';
import { explain, explainedCharacters, firstFault } from './explain.ts';
import { QuerySyntaxError } from './position.ts';
import { quotedText, readableText } from './spelling.ts';
import { convert } from './tree.ts';

/** Queries longer than this are refused before the parser sees them. */
const maxQueryLength = 1 << 20;

/** Brackets within brackets, at most: everything that walks the tree goes as deep as they do. */
const maxNesting = 250;

const strictParser = parser.configure({ strict: true });

/**
 * Parses PromQL into a frozen AST with positions. Throws `QuerySyntaxError` (`query_invalid`) with line and column.
 * Types and arity are the business of `checkQuery`.
 */
export function parseQuery(text: string): Expr {
  if (text.length > maxQueryLength) throw new QuerySyntaxError(text, { from: 0, to: 0 }, 'query is longer than 1 MiB');
  if (text.replace(/#[^\n]*/g, '').trim() === '')
    throw new QuerySyntaxError(text, { from: 0, to: 0 }, 'no expression found in input');
  refuseDeepNesting(text);
  const root = treeOf(text).topNode.firstChild;
  if (root === null) throw new QuerySyntaxError(text, { from: 0, to: 0 }, 'no expression found in input');
  return freeze(convert({ text }, skipComments(root)));
}

/**
 * The tree of a text without faults. The parser that goes on behind a fault tries every way to do so, which over a long
 * text takes minutes: it explains a fault on the text up to a little behind the place where the strict one gave up.
 */
function treeOf(text: string): Tree {
  const readable = readableText(text);
  try {
    return strictParser.parse(readable);
  } catch (error) {
    const at = Number(/^No parse at (\d+)/.exec(error instanceof SyntaxError ? error.message : '')?.[1]);
    if (Number.isNaN(at)) throw error;
    const fault = firstFault(parser.parse(readable.slice(0, at + explainedCharacters)));
    // What only the strict one refuses is a chain of operators longer than its stack.
    if (fault === undefined || fault.from > at) throw tooDeep(text, at);
    const { span, message } = explain(text, fault);
    throw new QuerySyntaxError(text, span, message);
  }
}

function refuseDeepNesting(text: string): void {
  const bare = text.replace(quotedText, (quoted) => ' '.repeat(quoted.length));
  let depth = 0;
  for (let i = 0; i < bare.length; i++) {
    const character = bare[i] as string;
    if ('([{'.includes(character)) depth++;
    else if (')]}'.includes(character)) depth--;
    if (depth > maxNesting) throw tooDeep(text, i);
  }
}

const tooDeep = (text: string, at: number): QuerySyntaxError =>
  new QuerySyntaxError(text, { from: at, to: at }, 'the query is nested too deeply');

function skipComments(node: SyntaxNode): SyntaxNode {
  let current = node;
  while (current.name === 'LineComment' && current.nextSibling !== null) current = current.nextSibling;
  return current;
}

function freeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const inner of Object.values(value)) freeze(inner);
  }
  return value;
}
