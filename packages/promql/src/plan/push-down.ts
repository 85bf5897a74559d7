import type { GridAggregation, GridFunction } from '@binnacle/shared/telemetry/grid.ts';
import type { Features } from '../language/features.ts';
import { childrenOf, type Expr, type RangeSelector, type VectorSelector, withoutParens } from '../parse/ast.ts';

/** A node that a store could answer by itself: a selector, a function over a range selector, or a fold of one of these. */
export interface PushDown {
  readonly selector: VectorSelector;
  readonly function: GridFunction;
  /** The range; undefined for an instant selector, whose window is the lookback. */
  readonly rangeMs: number | undefined;
  readonly aggregation: GridAggregation | undefined;
  readonly quantile: number | undefined;
  /** Whether results keep the metric's name. */
  readonly keepsName: boolean;
}

/** Functions of the language that a store may know, and whether their results keep the metric's name. */
const functions: ReadonlyMap<string, boolean> = new Map([
  ['rate', false],
  ['increase', false],
  ['delta', false],
  ['irate', false],
  ['idelta', false],
  ['resets', false],
  ['changes', false],
  ['last_over_time', true],
  ['first_over_time', true],
  ['present_over_time', false],
  ['count_over_time', false],
  ['sum_over_time', false],
  ['avg_over_time', false],
  ['min_over_time', false],
  ['max_over_time', false],
  ['stddev_over_time', false],
  ['stdvar_over_time', false],
] satisfies [GridFunction, boolean][]);

const aggregations: ReadonlySet<string> = new Set([
  'sum',
  'avg',
  'count',
  'group',
  'min',
  'max',
  'stddev',
  'stdvar',
  'quantile',
] satisfies GridAggregation[]);

/** Functions that look at the selector inside of them in ways of their own. */
const readsItself: ReadonlySet<string> = new Set(['timestamp', 'start_timestamp', 'info']);

/** Every node of a query that could be answered by the store: outer nodes stand before those within them. */
export function findPushDowns(expr: Expr, features: Features): Map<Expr, PushDown> {
  const found = new Map<Expr, PushDown>();
  const visit = (node: Expr): void => {
    const pushDown = pushDownOf(node, features);
    if (pushDown !== undefined) found.set(node, pushDown);
    if (node.kind === 'range' || (node.kind === 'call' && readsItself.has(node.name))) return;
    for (const child of childrenOf(node)) visit(child);
  };
  visit(expr);
  return found;
}

function pushDownOf(node: Expr, features: Features): PushDown | undefined {
  if (node.kind === 'selector') {
    if (node.modifier !== undefined) return undefined;
    return { ...nothingAround, selector: node, function: 'last', rangeMs: undefined, keepsName: true };
  }
  if (node.kind === 'call') return callPushDown(node.name, node.args, features);
  if (node.kind !== 'aggregation' || !aggregations.has(node.op)) return undefined;
  const inner = pushDownOf(withoutParens(node.expr), features);
  if (inner === undefined || inner.aggregation !== undefined) return undefined;
  const aggregation = node.op as GridAggregation;
  if (aggregation !== 'quantile') return { ...inner, aggregation };
  const parameter = node.param === undefined ? undefined : withoutParens(node.param);
  if (parameter?.kind !== 'number' || !(parameter.value >= 0 && parameter.value <= 1)) return undefined;
  return { ...inner, aggregation, quantile: parameter.value };
}

const nothingAround = { aggregation: undefined, quantile: undefined };

function callPushDown(name: string, args: readonly Expr[], features: Features): PushDown | undefined {
  const keepsName = functions.get(name);
  const range = args.length === 1 ? (withoutParens(args[0] as Expr) as Expr) : undefined;
  if (keepsName === undefined || range?.kind !== 'range' || range.selector.modifier !== undefined) return undefined;
  // What a counter did before its first sample is for the evaluator to say.
  if (features.has('use-start-timestamps') && !name.endsWith('_over_time')) return undefined;
  const { selector, rangeMs } = range satisfies RangeSelector;
  return { ...nothingAround, selector, function: name as GridFunction, rangeMs, keepsName };
}
