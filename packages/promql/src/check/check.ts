import { type Feature, type Features, noFeatures } from '../language/features.ts';
import { functionTable, nativeHistogramFunctions, type ValueKind } from '../language/functions.ts';
import { aggregationTable } from '../language/operators.ts';
import { compileMatcher, type ValueTest } from '../matching/matcher.ts';
import type { Aggregation, Binary, Call, Expr, Span, VectorSelector } from '../parse/ast.ts';
import { QuerySyntaxError } from '../parse/position.ts';
import { isComparisonOp, isSetOp, kindOf } from './kind.ts';

export { isComparisonOp, isSetOp, kindOf };

/**
 * Checks types, arity, matchers and modifiers of a parsed query and returns its type. What belongs to a feature that is
 * not on is refused. Throws `QuerySyntaxError` (`query_invalid`) with line and column of the first fault.
 */
export function checkQuery(text: string, expr: Expr, features: Features = noFeatures): ValueKind {
  const fail = (span: Span, message: string): never => {
    throw new QuerySyntaxError(text, span, message);
  };
  const demand = (feature: Feature, span: Span, what: string): void => {
    if (!features.has(feature)) fail(span, `${what} is experimental: turn on the feature "${feature}" to use it`);
  };
  const expectKind = (node: Expr, wanted: ValueKind, context: string): void => {
    const found = check(node);
    if (found !== wanted) fail(node.span, `expected type ${wanted} in ${context}, got ${found}`);
  };

  function check(node: Expr): ValueKind {
    switch (node.kind) {
      case 'number':
      case 'string':
        break;
      case 'selector':
        checkSelector(node, node.span);
        break;
      case 'range':
        checkSelector(node.selector, node.span);
        break;
      case 'parens':
        return check(node.expr);
      case 'subquery': {
        const inner = check(node.expr);
        if (inner !== 'instant vector')
          fail(node.span, `subquery is only allowed on instant vector, got ${inner} instead`);
        break;
      }
      case 'unary': {
        const inner = check(node.expr);
        if (inner !== 'scalar' && inner !== 'instant vector') {
          fail(
            node.span,
            `unary expression only allowed on expressions of type scalar or instant vector, got "${inner}"`,
          );
        }
        return inner;
      }
      case 'aggregation':
        checkAggregation(node);
        break;
      case 'call':
        checkCall(node);
        break;
      case 'binary':
        checkBinary(node);
        break;
    }
    return kindOf(node);
  }

  function checkSelector(node: VectorSelector, whole: Span): void {
    if (node.modifier !== undefined) {
      demand('promql-extended-range-selectors', whole, `the modifier "${node.modifier}"`);
    }
    let selective = node.name !== undefined;
    const named = node.name === undefined ? node.matchers.length : node.matchers.length - 1;
    for (const [index, matcher] of node.matchers.entries()) {
      if (matcher.name === '__name__' && index < named && node.name !== undefined) {
        fail(node.span, `metric name must not be set twice: "${node.name}" or "${matcher.value}"`);
      }
    }
    if (compileMatchersOf(node).some((test) => !test(''))) selective = true;
    if (!selective) fail(node.span, 'vector selector must contain at least one non-empty matcher');
  }

  function compileMatchersOf(node: VectorSelector): ValueTest[] {
    return node.matchers.map((matcher) => {
      try {
        return compileMatcher(matcher);
      } catch (error) {
        const message = `invalid regular expression in the matcher of label "${matcher.name}": ${messageOf(error)}`;
        throw new QuerySyntaxError(text, node.span, message);
      }
    });
  }

  function checkAggregation(node: Aggregation): void {
    const signature = aggregationTable.get(node.op);
    if (signature?.experimental === true) {
      demand('promql-experimental-functions', node.span, `the aggregation "${node.op}"`);
    }
    expectKind(node.expr, 'instant vector', 'aggregation expression');
    const wanted = signature?.parameter;
    if (wanted !== undefined && node.param !== undefined) expectKind(node.param, wanted, 'aggregation parameter');
  }

  function checkCall(node: Call): void {
    const signature = functionTable.get(node.name);
    if (signature === undefined) {
      const message = nativeHistogramFunctions.has(node.name)
        ? `${node.name}() is for native histograms, which are not supported: histogram_quantile() and histogram_fraction() work on classic ones`
        : `unknown function with name "${node.name}"`;
      throw new QuerySyntaxError(text, node.span, message);
    }
    if (signature.experimental) demand('promql-experimental-functions', node.span, `the function "${node.name}"`);
    const { most, args } = signature;
    const least = args.length - signature.optional;
    const count = node.args.length;
    if (signature.optional === 0 && count !== most) {
      fail(node.span, `expected ${most} argument(s) in call to "${node.name}", got ${count}`);
    }
    if (count < least)
      fail(node.span, `expected at least ${least} argument(s) in call to "${node.name}", got ${count}`);
    if (count > most) {
      fail(node.span, `expected at most ${most} argument(s) in call to "${node.name}", got ${count}`);
    }
    if (node.name === 'info') checkInfoSelector(node);
    for (const [index, argument] of node.args.entries()) {
      if (node.name === 'info' && index === 1) continue;
      const wanted = args[Math.min(index, args.length - 1)]?.kind ?? 'scalar';
      expectKind(argument, wanted, `call to function "${node.name}"`);
    }
  }

  /** The second argument of `info` is a selector without a name; unlike others it may match everything. */
  function checkInfoSelector(node: Call): void {
    const selector = node.args[1];
    if (selector === undefined) return;
    if (kindOf(selector) !== 'instant vector') {
      fail(node.span, `expected type instant vector in call to function "info", got ${kindOf(selector)}`);
    }
    if (selector.kind !== 'selector') throw new QuerySyntaxError(text, selector.span, 'expected label selectors only');
    if (selector.name !== undefined) fail(selector.span, 'expected label selectors only, got vector selector instead');
    compileMatchersOf(selector);
  }

  function checkBinary(node: Binary): void {
    const left = check(node.left);
    const right = check(node.right);
    if (node.returnBool && !isComparisonOp(node.op)) {
      fail(node.opSpan, 'bool modifier can only be used on comparison operators');
    }
    for (const [side, kind] of [
      [node.left, left],
      [node.right, right],
    ] as const) {
      if (kind !== 'scalar' && kind !== 'instant vector') {
        fail(side.span, 'binary expression must contain only scalar and instant vector types');
      }
    }
    const scalars = left === 'scalar' && right === 'scalar';
    if (isComparisonOp(node.op) && !node.returnBool && scalars) {
      fail(node.opSpan, 'comparisons between scalars must use BOOL modifier');
    }
    if (node.op === '</' || node.op === '>/') {
      if (scalars) fail(node.opSpan, `operator "${node.op}" not allowed for Scalar operations`);
    }
    checkMatching(node, left, right);
    if ((left === 'scalar' || right === 'scalar') && isSetOp(node.op)) {
      fail(node.span, `set operator "${node.op}" not allowed in binary scalar expression`);
    }
  }

  function checkMatching(node: Binary, left: ValueKind, right: ValueKind): void {
    const { matching } = node;
    if (matching === undefined) return;
    for (const label of matching.labels) {
      if (matching.on && matching.include.includes(label)) {
        fail(node.opSpan, `label "${label}" must not occur in ON and GROUP clause at once`);
      }
    }
    const filled = matching.fillLeft !== undefined || matching.fillRight !== undefined;
    if (filled) demand('promql-binop-fill-modifiers', node.span, 'a fill modifier');
    if (left !== 'instant vector' || right !== 'instant vector') {
      if (matching.labels.length > 0) fail(node.span, 'vector matching only allowed between instant vectors');
      if (filled) fail(node.span, 'filling in missing series only allowed between instant vectors');
    }
    if (isSetOp(node.op)) {
      if (matching.group !== undefined) fail(node.span, `no grouping allowed for "${node.op}" operation`);
      if (filled) fail(node.span, 'filling in missing series not allowed for set operators');
    }
  }

  return check(expr);
}

/** RE2's sentence, without the flag that the compiler puts before the expression. */
const messageOf = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).replace('`(?s)', '`');
