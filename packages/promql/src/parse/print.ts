import type { Matcher } from '@binnacle/shared/telemetry/reader.ts';
import { formatFloat } from '../result/float.ts';
import type { AtModifier, Binary, Expr, VectorSelector } from './ast.ts';
import { formatDurationMs } from './duration.ts';

/** An expression as PromQL text on one line, in the house form of Prometheus. */
export function printQuery(expr: Expr): string {
  switch (expr.kind) {
    case 'number':
      return formatFloat(expr.value);
    case 'string':
      return JSON.stringify(expr.value);
    case 'selector':
      return `${printBareSelector(expr)}${printAt(expr.at)}${printModifier(expr)}${printOffset(expr.offsetMs)}`;
    case 'range': {
      const { selector } = expr;
      const range = `[${formatDurationMs(expr.rangeMs)}]`;
      const modifiers = `${printModifier(selector)}${printAt(selector.at)}${printOffset(selector.offsetMs)}`;
      return `${printBareSelector(selector)}${range}${modifiers}`;
    }
    case 'subquery': {
      const step = expr.stepMs === undefined ? '' : formatDurationMs(expr.stepMs);
      const range = `[${formatDurationMs(expr.rangeMs)}:${step}]`;
      return `${printQuery(expr.expr)}${range}${printAt(expr.at)}${printOffset(expr.offsetMs)}`;
    }
    case 'parens':
      return `(${printQuery(expr.expr)})`;
    case 'unary':
      return `${expr.op}${printQuery(expr.expr)}`;
    case 'binary':
      return `${printQuery(expr.left)} ${printOperator(expr)} ${printQuery(expr.right)}`;
    case 'aggregation': {
      const clause = expr.without ? ` without (${printNames(expr.labels)}) ` : ` by (${printNames(expr.labels)}) `;
      const grouping = expr.without || expr.labels.length > 0 ? clause : '';
      const parameter = expr.param === undefined ? '' : `${printQuery(expr.param)}, `;
      return `${expr.op}${grouping}(${parameter}${printQuery(expr.expr)})`;
    }
    case 'call':
      return `${expr.name}(${expr.args.map(printQuery).join(', ')})`;
  }
}

const plainName = /^[a-zA-Z_]\w*$/;
const plainMetric = /^[a-zA-Z_:][\w:]*$/;

const printName = (name: string): string => (plainName.test(name) ? name : JSON.stringify(name));
const printNames = (names: readonly string[]): string => names.map(printName).join(', ');

function printBareSelector({ name, matchers }: VectorSelector): string {
  const quotedName = name === undefined ? matchers.find((m) => m.name === '__name__' && m.op === '=') : undefined;
  const plain = quotedName !== undefined && plainMetric.test(quotedName.value);
  const shown = matchers.filter((matcher) =>
    name === undefined ? !plain || matcher !== quotedName : matcher.name !== '__name__',
  );
  const texts = shown.map((matcher) =>
    matcher === quotedName ? JSON.stringify(matcher.value) : printMatcher(matcher),
  );
  const metric = name ?? (plain ? quotedName.value : '');
  return texts.length === 0 && metric !== '' ? metric : `${metric}{${texts.join(',')}}`;
}

const printMatcher = ({ name, op, value }: Matcher): string => `${printName(name)}${op}${JSON.stringify(value)}`;

const printModifier = ({ modifier }: VectorSelector): string => (modifier === undefined ? '' : ` ${modifier}`);

function printAt(at: AtModifier | undefined): string {
  if (at === undefined) return '';
  return at.kind === 'time' ? ` @ ${(at.timeMs / 1000).toFixed(3)}` : ` @ ${at.kind}()`;
}

const printOffset = (offsetMs: number): string => (offsetMs === 0 ? '' : ` offset ${formatDurationMs(offsetMs)}`);

function printOperator({ op, returnBool, matching }: Binary): string {
  const parts: string[] = [op];
  if (returnBool) parts.push('bool');
  if (matching === undefined) return parts.join(' ');
  const matchesAll = !matching.on && matching.labels.length === 0 && matching.group === undefined;
  if (!matchesAll) parts.push(`${matching.on ? 'on' : 'ignoring'} (${printNames(matching.labels)})`);
  if (matching.group !== undefined) parts.push(`group_${matching.group} (${printNames(matching.include)})`);
  const { fillLeft, fillRight } = matching;
  if (fillLeft !== undefined && fillLeft === fillRight) parts.push(`fill (${formatFloat(fillLeft)})`);
  else if (fillLeft !== undefined) parts.push(`fill_left (${formatFloat(fillLeft)})`);
  if (fillRight !== undefined && fillLeft !== fillRight) parts.push(`fill_right (${formatFloat(fillRight)})`);
  return parts.join(' ');
}
