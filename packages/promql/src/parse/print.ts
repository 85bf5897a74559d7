import type { Matcher } from '@binnacle/shared/telemetry/reader.ts';
import { formatFixed } from '../result/float.ts';
import type { AtModifier, Binary, DurationExpr, Expr, Subquery, VectorSelector } from './ast.ts';
import { formatDurationMs } from './duration.ts';
import { quote } from './quote.ts';

/** An expression as PromQL text on one line, in the form of Prometheus. */
export function printQuery(expr: Expr): string {
  switch (expr.kind) {
    case 'number':
      return expr.unit ? formatDurationMs(expr.value * 1000) : formatFixed(expr.value);
    case 'string':
      return quote(expr.value);
    case 'selector':
      return `${printBareSelector(expr)}${printAt(expr.at)}${printModifier(expr)}${printOffset(expr)}`;
    case 'range': {
      const { selector } = expr;
      const range = `[${printDuration(expr.rangeExpr, expr.rangeMs)}]`;
      const modifiers = `${printModifier(selector)}${printAt(selector.at)}${printOffset(selector)}`;
      return `${printBareSelector(selector)}${range}${modifiers}`;
    }
    case 'subquery':
      return `${printQuery(expr.expr)}${printSubqueryTimes(expr)}`;
    case 'parens':
      return `(${printQuery(expr.expr)})`;
    case 'unary':
      return `${expr.op}${printQuery(expr.expr)}`;
    case 'binary':
      return `${printQuery(expr.left)} ${printOperator(expr)} ${printQuery(expr.right)}`;
    case 'aggregation': {
      const parameter = expr.param === undefined ? '' : `${printQuery(expr.param)}, `;
      return `${printAggregator(expr)}(${parameter}${printQuery(expr.expr)})`;
    }
    case 'call':
      return `${expr.name}(${expr.args.map(printQuery).join(', ')})`;
  }
}

const plainName = /^[a-zA-Z_]\w*$/;

const printName = (name: string): string => (plainName.test(name) ? name : quote(name));
const printNames = (names: readonly string[]): string => names.map(printName).join(', ');

/** `sum by (a, b) `: what stands before the bracket of an aggregation. */
export function printAggregator({ op, without, labels }: Expr & { kind: 'aggregation' }): string {
  if (without) return `${op} without (${printNames(labels)}) `;
  return labels.length === 0 ? op : `${op} by (${printNames(labels)}) `;
}

/** What stands behind the expression of a subquery. */
export function printSubqueryTimes(expr: Subquery): string {
  const step = expr.stepMs === undefined ? '' : printDuration(expr.stepExpr, expr.stepMs);
  return `[${printDuration(expr.rangeExpr, expr.rangeMs)}:${step}]${printAt(expr.at)}${printOffset(expr)}`;
}

function printBareSelector({ name, matchers }: VectorSelector): string {
  const shown = matchers.filter(
    (matcher) => matcher.name !== '__name__' || matcher.op !== '=' || matcher.value !== name,
  );
  if (shown.length === 0) return name ?? '{}';
  return `${name ?? ''}{${shown.map(printMatcher).sort().join(',')}}`;
}

const printMatcher = ({ name, op, value }: Matcher): string => `${printName(name)}${op}${quote(value)}`;

const printModifier = ({ modifier }: VectorSelector): string => (modifier === undefined ? '' : ` ${modifier}`);

function printAt(at: AtModifier | undefined): string {
  if (at === undefined) return '';
  return at.kind === 'time' ? ` @ ${(at.timeMs / 1000).toFixed(3)}` : ` @ ${at.kind}()`;
}

function printOffset({ offsetMs, offsetExpr }: Pick<VectorSelector, 'offsetMs' | 'offsetExpr'>): string {
  return offsetMs === 0 && offsetExpr === undefined ? '' : ` offset ${printDuration(offsetExpr, offsetMs)}`;
}

/** A duration as it was written, or its length where it was a plain one. */
function printDuration(expr: DurationExpr | undefined, ms: number): string {
  if (expr === undefined) return formatDurationMs(ms);
  switch (expr.kind) {
    case 'literal':
      return expr.unit ? formatDurationMs(expr.seconds * 1000) : formatFixed(expr.seconds);
    case 'step':
    case 'range':
      return `${expr.kind}()`;
    case 'minus':
      return `-${printDuration(expr.expr, 0)}`;
    case 'parens':
      return `(${printDuration(expr.expr, 0)})`;
    case 'min_of':
    case 'max_of':
      return `${expr.kind}(${printDuration(expr.left, 0)}, ${printDuration(expr.right, 0)})`;
    case 'arithmetic':
      return `${printDuration(expr.left, 0)} ${expr.op} ${printDuration(expr.right, 0)}`;
  }
}

/** A binary operator with its modifiers. */
export function printOperator({ op, returnBool, matching }: Binary): string {
  const parts: string[] = [op];
  if (returnBool) parts.push('bool');
  if (matching === undefined) return parts.join(' ');
  const matchesAll = !matching.on && matching.labels.length === 0 && matching.group === undefined;
  if (!matchesAll) parts.push(`${matching.on ? 'on' : 'ignoring'} (${printNames(matching.labels)})`);
  if (matching.group !== undefined) parts.push(`group_${matching.group} (${printNames(matching.include)})`);
  const { fillLeft, fillRight } = matching;
  if (fillLeft !== undefined && fillLeft === fillRight) parts.push(`fill (${formatFixed(fillLeft)})`);
  else if (fillLeft !== undefined) parts.push(`fill_left (${formatFixed(fillLeft)})`);
  if (fillRight !== undefined && fillLeft !== fillRight) parts.push(`fill_right (${formatFixed(fillRight)})`);
  return parts.join(' ');
}
