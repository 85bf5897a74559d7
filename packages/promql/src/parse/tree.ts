import type { SyntaxNode } from '@lezer/common';
import type { AggregationOp, Expr, Span } from './ast.ts';
import { parseDurationMs } from './duration.ts';
import { durationOf, positiveDurationOf } from './duration-expression.ts';
import { groupingLabels, unquote } from './label-nodes.ts';
import { numberValue } from './literals.ts';
import { operatorOf } from './operator-node.ts';
import { QuerySyntaxError } from './position.ts';
import { withAt, withModifier, withOffset, withRange, withSubquery } from './postfix.ts';
import { climb, type Item } from './precedence.ts';
import { atOf, selectorOf } from './selector-node.ts';
import { childNodes, type Source, slice, spanOf } from './source.ts';

/** The AST of an expression node of the grammar. */
export function convert(source: Source, node: SyntaxNode): Expr {
  const items: Item[] = [];
  flatten(source, node, items);
  return climb(items);
}

function flatten(source: Source, node: SyntaxNode, items: Item[]): void {
  const children = childNodes(node);
  const first = children[0];
  const last = children.at(-1);
  switch (node.name) {
    case 'BinaryExpr': {
      if (first === undefined || last === undefined) break;
      flatten(source, first, items);
      items.push(operatorOf(source, children.slice(1, -1)));
      flatten(source, last, items);
      return;
    }
    case 'UnaryExpr': {
      if (last === undefined) break;
      items.push({ kind: 'sign', op: source.text[node.from] === '-' ? '-' : '+', from: node.from });
      flatten(source, last, items);
      return;
    }
    case 'NumberDurationLiteral': {
      const sign = source.text[node.from];
      if (sign === '-' || sign === '+') items.push({ kind: 'sign', op: sign, from: node.from });
      items.push({ kind: 'operand', expr: numberOf(source, node) });
      return;
    }
    case 'OffsetExpr': {
      if (first === undefined || last === undefined) break;
      flatten(source, first, items);
      const offset = durationOf(source, last);
      items.push({ kind: 'postfix', apply: (expr) => withOffset(source, expr, offset, node.to) });
      return;
    }
    case 'StepInvariantExpr': {
      if (first === undefined || last === undefined) break;
      flatten(source, first, items);
      const at = atOf(source, last);
      items.push({ kind: 'postfix', apply: (expr) => withAt(source, expr, at, node.to) });
      return;
    }
    case 'MatrixSelector': {
      if (first === undefined || last === undefined) break;
      flatten(source, first, items);
      const range = positiveDurationOf(source, last);
      items.push({
        kind: 'postfix',
        apply: (expr) => withRange(source, expr, range, bracketSpan(source, last), node.to),
      });
      return;
    }
    case 'SubqueryExpr': {
      if (first === undefined) break;
      flatten(source, first, items);
      const [rangeNode, stepNode] = children.slice(1);
      if (rangeNode === undefined) break;
      const range = positiveDurationOf(source, rangeNode);
      const step = stepNode === undefined ? undefined : positiveDurationOf(source, stepNode);
      items.push({ kind: 'postfix', apply: (expr) => withSubquery(expr, range, step, node.to) });
      return;
    }
    case 'AnchoredExpr':
    case 'SmoothedExpr': {
      if (first === undefined) break;
      flatten(source, first, items);
      const modifier = node.name === 'AnchoredExpr' ? 'anchored' : 'smoothed';
      items.push({ kind: 'postfix', apply: (expr) => withModifier(source, expr, modifier, node.to) });
      return;
    }
    default:
      items.push({ kind: 'operand', expr: operandOf(source, node) });
      return;
  }
  throw new QuerySyntaxError(source.text, spanOf(node), 'unexpected end of input');
}

/** The bracket before a node, with what stands in it. */
function bracketSpan(source: Source, node: SyntaxNode): Span {
  return { from: source.text.lastIndexOf('[', node.from), to: node.to + 1 };
}

function operandOf(source: Source, node: SyntaxNode): Expr {
  switch (node.name) {
    case 'ParenExpr': {
      const inner = childNodes(node)[0];
      if (inner === undefined) break;
      return { kind: 'parens', span: spanOf(node), expr: convert(source, inner) };
    }
    case 'StringLiteral':
      return { kind: 'string', span: spanOf(node), value: unquote(source, node) };
    case 'VectorSelector':
      return selectorOf(source, node);
    case 'FunctionCall': {
      const [identifier, body] = childNodes(node);
      if (identifier === undefined) break;
      return { kind: 'call', span: spanOf(node), name: slice(source, identifier), args: argumentsOf(source, body) };
    }
    case 'AggregateExpr':
      return aggregationOf(source, node);
  }
  throw new QuerySyntaxError(source.text, spanOf(node), `unexpected "${slice(source, node)}"`);
}

function numberOf(source: Source, node: SyntaxNode): Expr {
  const text = slice(source, node).replace(/^[+-]\s*/, '');
  const value = numberValue(text);
  if (value === undefined)
    throw new QuerySyntaxError(source.text, spanOf(node), `bad number or duration syntax: "${text}"`);
  if (!Number.isFinite(value) && /^[\d.]/.test(text))
    throw new QuerySyntaxError(source.text, spanOf(node), `error parsing number: ${text} is out of range`);
  const unit = text !== '0' && parseDurationMs(text) !== undefined;
  return { kind: 'number', span: { from: node.to - text.length, to: node.to }, value, unit };
}

const argumentsOf = (source: Source, body: SyntaxNode | undefined): Expr[] =>
  body === undefined ? [] : childNodes(body).map((argument) => convert(source, argument));

function aggregationOf(source: Source, node: SyntaxNode): Expr {
  let op: AggregationOp = 'sum';
  let without = false;
  let labels: readonly string[] = [];
  let args: Expr[] = [];
  for (const child of childNodes(node)) {
    if (child.name === 'AggregateOp') op = slice(source, child).toLowerCase() as AggregationOp;
    else if (child.name === 'FunctionCallBody') args = argumentsOf(source, child);
    else if (child.name === 'AggregateModifier') {
      without = child.firstChild?.name === 'Without';
      labels = groupingLabels(source, child.lastChild);
    }
  }
  if (args.length === 0)
    throw new QuerySyntaxError(source.text, spanOf(node), 'no arguments for aggregate expression provided');
  const takesParameter = parameterised.has(op);
  const wanted = takesParameter ? 2 : 1;
  if (args.length !== wanted) {
    const count = `${args.length}`;
    throw new QuerySyntaxError(
      source.text,
      spanOf(node),
      `wrong number of arguments for aggregate expression provided, expected ${wanted}, got ${count}`,
    );
  }
  return {
    kind: 'aggregation',
    span: spanOf(node),
    op,
    expr: args[wanted - 1] as Expr,
    param: takesParameter ? args[0] : undefined,
    without,
    labels,
  };
}

const parameterised: ReadonlySet<AggregationOp> = new Set([
  'topk',
  'bottomk',
  'quantile',
  'count_values',
  'limitk',
  'limit_ratio',
]);
