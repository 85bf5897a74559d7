import type { Matcher } from '@binnacle/shared/telemetry/reader.ts';
import type { SyntaxNode } from '@lezer/common';
import type { AggregationOp, AtModifier, BinaryOp, Expr, VectorMatching } from './ast.ts';
import { durationExpressionMs } from './duration-expression.ts';
import { numberValue, stringValue } from './literals.ts';
import { QuerySyntaxError } from './position.ts';
import { withAt, withOffset, withRange, withSubquery } from './postfix.ts';
import { climb, type Item } from './precedence.ts';
import { childNodes, type Source, slice, spanOf } from './source.ts';

const binaryOps: Readonly<Record<string, BinaryOp>> = {
  Pow: '^',
  Mul: '*',
  Div: '/',
  Mod: '%',
  Atan2: 'atan2',
  Add: '+',
  Sub: '-',
  Eql: '==',
  Neq: '!=',
  Gte: '>=',
  Gtr: '>',
  Lte: '<=',
  Lss: '<',
  TrimUpper: '</',
  TrimLower: '>/',
  And: 'and',
  Unless: 'unless',
  Or: 'or',
};

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
      const offsetMs = durationExpressionMs(source, last);
      items.push({ kind: 'postfix', apply: (expr) => withOffset(source, expr, offsetMs, node.to) });
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
      const rangeMs = durationExpressionMs(source, last);
      items.push({ kind: 'postfix', apply: (expr) => withRange(source, expr, rangeMs, spanOf(last), node.to) });
      return;
    }
    case 'SubqueryExpr': {
      if (first === undefined) break;
      flatten(source, first, items);
      const [range, step] = children.slice(1);
      if (range === undefined) break;
      const rangeMs = durationExpressionMs(source, range);
      const stepMs = step === undefined ? undefined : durationExpressionMs(source, step);
      items.push({
        kind: 'postfix',
        apply: (expr) => withSubquery(source, expr, rangeMs, stepMs, spanOf(range), node.to),
      });
      return;
    }
    case 'AnchoredExpr':
    case 'SmoothedExpr':
      throw new QuerySyntaxError(
        source.text,
        spanOf(last ?? node),
        `the "${slice(source, last ?? node)}" modifier is not supported`,
      );
    default:
      items.push({ kind: 'operand', expr: operandOf(source, node) });
      return;
  }
  throw new QuerySyntaxError(source.text, spanOf(node), 'unexpected end of input');
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
  return { kind: 'number', span: { from: node.to - text.length, to: node.to }, value };
}

function unquote(source: Source, node: SyntaxNode): string {
  const result = stringValue(slice(source, node));
  if ('error' in result) throw new QuerySyntaxError(source.text, spanOf(node), result.error);
  return result.value;
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

function groupingLabels(source: Source, node: SyntaxNode | null): string[] {
  if (node === null) return [];
  return childNodes(node).map((child) => labelName(source, child));
}

function labelName(source: Source, node: SyntaxNode): string {
  if (node.name !== 'QuotedLabelName') return slice(source, node);
  const literal = node.firstChild;
  return literal === null ? '' : unquote(source, literal);
}

function operatorOf(source: Source, nodes: readonly SyntaxNode[]): Item {
  const [operator, ...modifiers] = nodes;
  const op = operator === undefined ? undefined : binaryOps[operator.name];
  if (operator === undefined || op === undefined)
    throw new Error('the grammar knows an operator that the parser does not');
  let returnBool = false;
  let on: boolean | undefined;
  let labels: string[] = [];
  let group: VectorMatching['group'];
  let include: string[] = [];
  let fillLeft: number | undefined;
  let fillRight: number | undefined;
  for (const modifier of modifiers) {
    if (modifier.name === 'BoolModifier') returnBool = true;
    else if (modifier.name === 'MatchingModifierClause') {
      for (const part of childNodes(modifier)) {
        if (part.name === 'On') on = true;
        else if (part.name === 'Ignoring') on = false;
        else if (part.name === 'GroupLeft') group = 'left';
        else if (part.name === 'GroupRight') group = 'right';
        else if (group === undefined) labels = groupingLabels(source, part);
        else include = groupingLabels(source, part);
      }
    } else if (modifier.name === 'FillModifier') {
      for (const clause of childNodes(modifier)) {
        const literal = clause.lastChild;
        const text = literal === null ? '' : slice(source, literal);
        const value = text.startsWith('-') ? -(numberValue(text.slice(1)) ?? 0) : numberValue(text);
        if (clause.name !== 'FillRightClause') fillLeft = value;
        if (clause.name !== 'FillLeftClause') fillRight = value;
      }
    }
  }
  const plain = on === undefined && fillLeft === undefined && fillRight === undefined;
  return {
    kind: 'operator',
    op,
    span: spanOf(operator),
    returnBool,
    matching: plain ? undefined : { on: on ?? false, labels, group, include, fillLeft, fillRight },
  };
}

function atOf(source: Source, node: SyntaxNode): AtModifier {
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

function selectorOf(source: Source, node: SyntaxNode): Expr {
  let name: string | undefined;
  const matchers: Matcher[] = [];
  for (const child of childNodes(node)) {
    if (child.name === 'Identifier') name = slice(source, child);
    else if (child.name === 'LabelMatchers') {
      for (const matcher of childNodes(child)) matchers.push(matcherOf(source, matcher));
    }
  }
  if (name !== undefined) matchers.push({ name: '__name__', op: '=', value: name });
  return { kind: 'selector', span: spanOf(node), name, matchers, offsetMs: 0, at: undefined };
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
