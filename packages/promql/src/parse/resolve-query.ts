import type { DurationExpr, Expr, Span } from './ast.ts';
import { maxDurationSeconds } from './duration-expression.ts';
import { QuerySyntaxError } from './position.ts';
import { resolveInfo } from './resolve-info.ts';

/** What durations may depend on; an instant query has equal ends and a step of 0. */
export interface DurationTimes {
  readonly startMs: number;
  readonly endMs: number;
  readonly stepMs: number;
}

/**
 * The query as it is planned and evaluated. Every duration expression is worked out: `rangeMs`, `offsetMs` and `stepMs`
 * hold what the expressions beside them come to; and `info` says which series it reads. What has neither stays the same
 * object. To be called once, after the checks. Throws `QuerySyntaxError` where a duration is out of range, or not
 * longer than nothing where it must be.
 */
export function resolveQuery(text: string, expr: Expr, times: DurationTimes): Expr {
  const fail = (span: Span, message: string): never => {
    throw new QuerySyntaxError(text, span, message);
  };

  function milliseconds(duration: DurationExpr | undefined, written: number, mayBeNegative: boolean): number {
    if (duration === undefined) return written;
    const seconds = value(duration);
    if (!Number.isFinite(seconds)) return fail(duration.span, 'duration is NaN or infinite');
    if (seconds <= 0 && !mayBeNegative) return fail(duration.span, 'duration must be greater than 0');
    if (Math.abs(seconds) > maxDurationSeconds) return fail(duration.span, 'duration is out of range');
    return Math.trunc(seconds * 1000);
  }

  function value(duration: DurationExpr): number {
    switch (duration.kind) {
      case 'literal':
        return duration.seconds;
      case 'step':
        return times.stepMs / 1000;
      case 'range':
        return (times.endMs - times.startMs) / 1000;
      case 'parens':
        return value(duration.expr);
      case 'minus':
        return -value(duration.expr);
      case 'min_of':
        return Math.min(value(duration.left), value(duration.right));
      case 'max_of':
        return Math.max(value(duration.left), value(duration.right));
      case 'arithmetic':
        return arithmetic(duration);
    }
  }

  function arithmetic(duration: DurationExpr & { kind: 'arithmetic' }): number {
    const left = value(duration.left);
    const right = value(duration.right);
    switch (duration.op) {
      case '+':
        return left + right;
      case '-':
        return left - right;
      case '*':
        return left * right;
      case '/':
        return right === 0 ? fail(duration.span, 'division by zero') : left / right;
      case '%':
        return right === 0 ? fail(duration.span, 'modulo by zero') : left % right;
      case '^':
        return left ** right;
    }
  }

  function resolve<T extends Expr>(node: T): T;
  function resolve(node: Expr): Expr {
    switch (node.kind) {
      case 'selector': {
        if (node.offsetExpr === undefined) return node;
        return { ...node, offsetMs: milliseconds(node.offsetExpr, node.offsetMs, true) };
      }
      case 'range': {
        const selector = resolve(node.selector);
        if (selector === node.selector && node.rangeExpr === undefined) return node;
        return { ...node, selector, rangeMs: milliseconds(node.rangeExpr, node.rangeMs, false) };
      }
      case 'subquery': {
        const inner = resolve(node.expr);
        const { rangeExpr, stepExpr, offsetExpr } = node;
        if (inner === node.expr && (rangeExpr ?? stepExpr ?? offsetExpr) === undefined) return node;
        return {
          ...node,
          expr: inner,
          offsetMs: milliseconds(offsetExpr, node.offsetMs, true),
          stepMs: stepExpr === undefined ? node.stepMs : milliseconds(stepExpr, 0, false),
          rangeMs: milliseconds(rangeExpr, node.rangeMs, false),
        };
      }
      case 'parens':
      case 'unary': {
        const inner = resolve(node.expr);
        return inner === node.expr ? node : { ...node, expr: inner };
      }
      case 'binary': {
        const left = resolve(node.left);
        const right = resolve(node.right);
        return left === node.left && right === node.right ? node : { ...node, left, right };
      }
      case 'aggregation': {
        const inner = resolve(node.expr);
        const param = node.param === undefined ? undefined : resolve(node.param);
        return inner === node.expr && param === node.param ? node : { ...node, expr: inner, param };
      }
      case 'call': {
        const args = node.args.map((argument) => resolve(argument));
        const same = args.every((argument, index) => argument === node.args[index]);
        const call = same ? node : { ...node, args };
        return call.name === 'info' ? resolveInfo(call) : call;
      }
      default:
        return node;
    }
  }

  return resolve(expr);
}
