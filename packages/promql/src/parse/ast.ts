import type { Matcher } from '@binnacle/shared/telemetry/reader.ts';

/** A part of the query text: offsets in UTF-16 units, `to` exclusive. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

/** Where an `@` pins a selector or subquery: a time in ms since 1970, or the query's own start or end. */
export type AtModifier =
  | { readonly kind: 'time'; readonly timeMs: number }
  | { readonly kind: 'start' }
  | { readonly kind: 'end' };

/** `anchored` and `smoothed`: how samples around a window, or around a step, stand for its edges. */
export type SelectorModifier = 'anchored' | 'smoothed';

export type DurationOp = '+' | '-' | '*' | '/' | '%' | '^';

/** Arithmetic that stands for a duration and may depend on the query's step and range. Values are in seconds. */
export type DurationExpr =
  /** `unit` says that it was written as a duration (`5m`) rather than as a number of seconds. */
  | { readonly kind: 'literal'; readonly span: Span; readonly seconds: number; readonly unit: boolean }
  | { readonly kind: 'step' | 'range'; readonly span: Span }
  | { readonly kind: 'minus' | 'parens'; readonly span: Span; readonly expr: DurationExpr }
  | {
      readonly kind: 'min_of' | 'max_of';
      readonly span: Span;
      readonly left: DurationExpr;
      readonly right: DurationExpr;
    }
  | {
      readonly kind: 'arithmetic';
      readonly span: Span;
      readonly op: DurationOp;
      readonly left: DurationExpr;
      readonly right: DurationExpr;
    };

export interface NumberLiteral {
  readonly kind: 'number';
  readonly span: Span;
  readonly value: number;
  /** Whether it was written as a duration: `5m` is the number 300. */
  readonly unit: boolean;
}

export interface StringLiteral {
  readonly kind: 'string';
  readonly span: Span;
  readonly value: string;
}

/**
 * An instant vector selector. `matchers` holds the metric name too; `name` is the one written outside the braces.
 * Where a duration expression stands beside a number of milliseconds, the number is 0 until `resolveQuery` knows it.
 */
export interface VectorSelector {
  readonly kind: 'selector';
  readonly span: Span;
  readonly name: string | undefined;
  readonly matchers: readonly Matcher[];
  readonly offsetMs: number;
  readonly offsetExpr: DurationExpr | undefined;
  readonly at: AtModifier | undefined;
  readonly modifier: SelectorModifier | undefined;
}

/** A range vector selector `selector[range]`; offset, `@`, `anchored` and `smoothed` stand on the selector. */
export interface RangeSelector {
  readonly kind: 'range';
  readonly span: Span;
  readonly selector: VectorSelector;
  readonly rangeMs: number;
  readonly rangeExpr: DurationExpr | undefined;
}

/** `expr[range:step]`; without a step the engine's default applies. */
export interface Subquery {
  readonly kind: 'subquery';
  readonly span: Span;
  readonly expr: Expr;
  readonly rangeMs: number;
  readonly rangeExpr: DurationExpr | undefined;
  readonly stepMs: number | undefined;
  readonly stepExpr: DurationExpr | undefined;
  readonly offsetMs: number;
  readonly offsetExpr: DurationExpr | undefined;
  readonly at: AtModifier | undefined;
}

export interface Parens {
  readonly kind: 'parens';
  readonly span: Span;
  readonly expr: Expr;
}

export interface Unary {
  readonly kind: 'unary';
  readonly span: Span;
  readonly op: '+' | '-';
  readonly expr: Expr;
}

export type ArithmeticOp = '+' | '-' | '*' | '/' | '%' | '^' | 'atan2';
export type ComparisonOp = '==' | '!=' | '<' | '<=' | '>' | '>=';
export type SetOp = 'and' | 'or' | 'unless';
/** `</` and `>/` trim native histograms; floats refuse them. */
export type TrimOp = '</' | '>/';
export type BinaryOp = ArithmeticOp | ComparisonOp | SetOp | TrimOp;

/** `on(labels)` or `ignoring(labels)`, with `group_left`/`group_right(include)` and fill values. */
export interface VectorMatching {
  readonly on: boolean;
  readonly labels: readonly string[];
  readonly group: 'left' | 'right' | undefined;
  readonly include: readonly string[];
  readonly fillLeft: number | undefined;
  readonly fillRight: number | undefined;
}

export interface Binary {
  readonly kind: 'binary';
  readonly span: Span;
  readonly op: BinaryOp;
  readonly opSpan: Span;
  readonly returnBool: boolean;
  readonly left: Expr;
  readonly right: Expr;
  readonly matching: VectorMatching | undefined;
}

export type AggregationOp =
  | 'avg'
  | 'bottomk'
  | 'count'
  | 'count_values'
  | 'group'
  | 'limitk'
  | 'limit_ratio'
  | 'max'
  | 'min'
  | 'quantile'
  | 'stddev'
  | 'stdvar'
  | 'sum'
  | 'topk';

export interface Aggregation {
  readonly kind: 'aggregation';
  readonly span: Span;
  readonly op: AggregationOp;
  readonly expr: Expr;
  readonly param: Expr | undefined;
  readonly without: boolean;
  readonly labels: readonly string[];
}

export interface Call {
  readonly kind: 'call';
  readonly span: Span;
  readonly name: string;
  readonly args: readonly Expr[];
}

export type Expr =
  | NumberLiteral
  | StringLiteral
  | VectorSelector
  | RangeSelector
  | Subquery
  | Parens
  | Unary
  | Binary
  | Aggregation
  | Call;

/** The expression inside any parentheses around it. */
export function withoutParens(expr: Expr): Expr {
  let inner = expr;
  while (inner.kind === 'parens') inner = inner.expr;
  return inner;
}

/** The direct sub-expressions of a node, in source order. */
export function childrenOf(expr: Expr): readonly Expr[] {
  switch (expr.kind) {
    case 'range':
      return [expr.selector];
    case 'subquery':
    case 'parens':
    case 'unary':
      return [expr.expr];
    case 'binary':
      return [expr.left, expr.right];
    case 'aggregation':
      return expr.param === undefined ? [expr.expr] : [expr.param, expr.expr];
    case 'call':
      return expr.args;
    default:
      return [];
  }
}
