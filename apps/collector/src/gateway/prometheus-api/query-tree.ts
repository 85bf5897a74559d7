import { isSetOp, kindOf } from '@binnacle/promql/check/check.ts';
import { functionTable, type ValueKind } from '@binnacle/promql/language/functions.ts';
import type { AtModifier, Binary, DurationExpr, Expr, VectorSelector } from '@binnacle/promql/parse/ast.ts';
import { formatFixed } from '@binnacle/promql/result/float.ts';

type Tree = Readonly<Record<string, unknown>>;

/** A checked query as the tree that `parse_query` answers with, in the shape of Prometheus' `web/api/v1/translate_ast.go`. */
export function queryTree(expr: Expr): Tree {
  switch (expr.kind) {
    case 'number':
      return { type: 'numberLiteral', val: formatFixed(expr.value) };
    case 'string':
      return { type: 'stringLiteral', val: expr.value };
    case 'selector':
      return { type: 'vectorSelector', ...selectorFields(expr) };
    case 'range': {
      const { rangeMs, rangeExpr, selector } = expr;
      return { type: 'matrixSelector', ...selectorFields(selector), range: rangeMs, rangeExpr: duration(rangeExpr) };
    }
    case 'subquery':
      return {
        type: 'subquery',
        expr: queryTree(expr.expr),
        range: expr.rangeMs,
        rangeExpr: duration(expr.rangeExpr),
        step: expr.stepMs ?? 0,
        stepExpr: duration(expr.stepExpr),
        offset: expr.offsetMs,
        offsetExpr: duration(expr.offsetExpr),
        ...atFields(expr.at),
      };
    case 'parens':
      return { type: 'parenExpr', expr: queryTree(expr.expr) };
    case 'unary': {
      // Prometheus' parser makes a sign before a number part of the number.
      const { op, expr: inner } = expr;
      if (inner.kind !== 'number') return { type: 'unaryExpr', op, expr: queryTree(inner) };
      return { type: 'numberLiteral', val: formatFixed(op === '-' ? -inner.value : inner.value) };
    }
    case 'binary':
      return binary(expr);
    case 'aggregation':
      return {
        type: 'aggregation',
        op: expr.op,
        expr: queryTree(expr.expr),
        param: expr.param === undefined ? null : queryTree(expr.param),
        grouping: expr.labels,
        without: expr.without,
      };
    case 'call':
      return { type: 'call', func: signature(expr.name), args: expr.args.map(queryTree) };
  }
}

function selectorFields(selector: VectorSelector): Tree {
  const { name, matchers } = selector;
  // The name that stands before the braces comes last.
  const named = matchers.find((matcher) => name !== undefined && matcher.name === '__name__' && matcher.value === name);
  const ordered = named === undefined ? matchers : [...matchers.filter((matcher) => matcher !== named), named];
  return {
    name: name ?? '',
    matchers: ordered.map((matcher) => ({ name: matcher.name, value: matcher.value, type: matcher.op })),
    offset: selector.offsetMs,
    offsetExpr: duration(selector.offsetExpr),
    ...atFields(selector.at),
    anchored: selector.modifier === 'anchored',
    smoothed: selector.modifier === 'smoothed',
  };
}

function atFields(at: AtModifier | undefined): Tree {
  return {
    timestamp: at?.kind === 'time' ? at.timeMs : null,
    startOrEnd: at === undefined || at.kind === 'time' ? null : at.kind,
  };
}

function binary(expr: Binary): Tree {
  const vectors = kindOf(expr.left) === 'instant vector' && kindOf(expr.right) === 'instant vector';
  return {
    type: 'binaryExpr',
    op: expr.op,
    lhs: queryTree(expr.left),
    rhs: queryTree(expr.right),
    matching: vectors ? matchingOf(expr) : null,
    bool: expr.returnBool,
  };
}

function matchingOf({ op, matching }: Binary): Tree {
  const group = matching?.group;
  const single = group === undefined ? 'one-to-one' : group === 'left' ? 'many-to-one' : 'one-to-many';
  return {
    card: isSetOp(op) ? 'many-to-many' : single,
    labels: matching?.labels ?? [],
    on: matching?.on ?? false,
    include: matching?.include ?? [],
    fillValues: { lhs: matching?.fillLeft ?? null, rhs: matching?.fillRight ?? null },
  };
}

const typeNames: Readonly<Record<ValueKind, string>> = {
  'instant vector': 'vector',
  'range vector': 'matrix',
  scalar: 'scalar',
  string: 'string',
};

function signature(name: string): Tree {
  const row = functionTable.get(name);
  if (row === undefined) throw new Error(`${name} is not in the table of functions`);
  return {
    name,
    argTypes: row.args.map(({ kind }) => typeNames[kind]),
    variadic: row.repeats ? -1 : row.optional,
    returnType: typeNames[row.returns],
  };
}

function duration(expr: DurationExpr | undefined, wrapped = false): Tree | null {
  if (expr === undefined) return null;
  const node = (op: string, lhs: Tree | null, rhs: Tree | null): Tree => ({
    type: 'durationExpr',
    op,
    lhs,
    rhs,
    wrapped,
  });
  switch (expr.kind) {
    case 'literal':
      return { type: 'numberLiteral', val: formatFixed(expr.seconds), duration: expr.unit };
    case 'step':
    case 'range':
      return node(expr.kind, null, null);
    case 'parens':
      return duration(expr.expr, true);
    case 'minus':
      return node('-', null, duration(expr.expr));
    case 'min_of':
    case 'max_of':
      return node(expr.kind, duration(expr.left), duration(expr.right));
    case 'arithmetic':
      return node(expr.op, duration(expr.left), duration(expr.right));
  }
}
