import type { Binary, Expr } from './ast.ts';
import { printAggregator, printOperator, printQuery, printSubqueryTimes } from './print.ts';

/** What is longer than this on one line is split. */
const longestLine = 100;

/**
 * An expression as PromQL text in the layout of Prometheus: what does not fit on a line is split at its outermost
 * operator or bracket, each level two spaces further in.
 */
export function prettyQuery(expr: Expr, level = 0): string {
  const text = printQuery(expr);
  const indent = '  '.repeat(level);
  // A sign and a subquery are laid out like what stands in them, however short they are.
  if (expr.kind === 'unary') return `${indent}${expr.op}${prettyQuery(expr.expr, level).trim()}`;
  if (text.length <= longestLine) return expr.kind === 'subquery' ? text : `${indent}${text}`;
  switch (expr.kind) {
    case 'aggregation': {
      const parameter = expr.param === undefined ? '' : `${prettyQuery(expr.param, level + 1)},\n`;
      const inner = `${parameter}${prettyQuery(expr.expr, level + 1)}`;
      return `${indent}${printAggregator(expr)}(\n${inner}\n${indent})`;
    }
    case 'binary':
      return prettyBinary(expr, level, indent);
    case 'call': {
      const args = expr.args.map((argument) => prettyQuery(argument, level + 1)).join(',\n');
      return `${indent}${expr.name}(\n${args}\n${indent})`;
    }
    case 'parens':
      return `${indent}(\n${prettyQuery(expr.expr, level + 1)}\n${indent})`;
    case 'subquery':
      return `${prettyQuery(expr.expr, level)}${printSubqueryTimes(expr)}`;
    default:
      return `${indent}${text}`;
  }
}

const prettyBinary = (expr: Binary, level: number, indent: string): string =>
  `${prettyQuery(expr.left, level + 1)}\n${indent}${printOperator(expr)}\n${prettyQuery(expr.right, level + 1)}`;
