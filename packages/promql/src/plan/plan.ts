import type { Matcher, TimeRange } from '@binnacle/shared/telemetry/reader.ts';
import { reachAheadMs, reachBackMs } from '../kernels/extended-windows.ts';
import {
  type AtModifier,
  childrenOf,
  type Expr,
  type Subquery,
  type VectorSelector,
  withoutParens,
} from '../parse/ast.ts';

/** When a query is asked: ms since 1970; an instant query has equal ends and a step of 0. */
export interface QueryTimes {
  readonly startMs: number;
  readonly endMs: number;
  readonly stepMs: number;
}

/** One read of the store. */
export interface Fetch extends TimeRange {
  readonly matchers: readonly Matcher[];
}

/** What a query needs from the store, and which of its parts do not depend on the step. */
export interface Plan {
  readonly fetches: readonly Fetch[];
  /** Which fetch feeds a selector. */
  readonly fetchOf: ReadonlyMap<VectorSelector, number>;
  readonly invariant: ReadonlySet<Expr>;
}

/** Functions whose value depends on the evaluation time even where their arguments do not. */
const timeDependent: ReadonlySet<string> = new Set([
  'days_in_month',
  'day_of_month',
  'day_of_week',
  'day_of_year',
  'hour',
  'minute',
  'month',
  'year',
  'predict_linear',
  'time',
  'timestamp',
]);

/** The time an `@` stands for, or undefined where there is none. */
export function resolveAt(at: AtModifier | undefined, times: QueryTimes): number | undefined {
  if (at === undefined) return undefined;
  if (at.kind === 'time') return at.timeMs;
  return at.kind === 'start' ? times.startMs : times.endMs;
}

/** Lays out the reads of a query. Equal selectors whose time ranges touch are read once. */
export function planQuery(expr: Expr, times: QueryTimes, lookbackMs: number): Plan {
  const needs: { selector: VectorSelector; key: string; fromMs: number; toMs: number }[] = [];
  const invariant = new Set<Expr>();

  function need(selector: VectorSelector, from: number, to: number, reachMs: number, aheadMs = 0): void {
    const at = resolveAt(selector.at, times);
    const key = JSON.stringify(selector.matchers.map(({ name, op, value }) => [name, op, value]).sort());
    // Windows are open on the left: a sample exactly one reach back does not count.
    const fromMs = (at ?? from) - selector.offsetMs - reachMs + 1;
    needs.push({ selector, key, fromMs, toMs: (at ?? to) - selector.offsetMs + aheadMs });
  }

  function needRange(selector: VectorSelector, from: number, to: number, rangeMs: number): void {
    const backMs = reachBackMs(selector.modifier, lookbackMs);
    need(selector, from, to, rangeMs + backMs, reachAheadMs(selector.modifier, lookbackMs));
  }

  function visit(node: Expr, from: number, to: number): boolean {
    const constant = visitKind(node, from, to);
    if (constant) invariant.add(node);
    return constant;
  }

  function visitSubquery(node: Subquery, from: number, to: number): boolean {
    const at = resolveAt(node.at, times);
    visit(node.expr, (at ?? from) - node.offsetMs - node.rangeMs, (at ?? to) - node.offsetMs);
    return at !== undefined;
  }

  function visitKind(node: Expr, from: number, to: number): boolean {
    switch (node.kind) {
      case 'selector':
        need(node, from, to, lookbackMs, reachAheadMs(node.modifier, lookbackMs));
        return node.at !== undefined;
      case 'range':
        needRange(node.selector, from, to, node.rangeMs);
        return node.selector.at !== undefined;
      case 'subquery':
        return visitSubquery(node, from, to);
      default: {
        let constant = true;
        for (const child of childrenOf(node)) constant = visit(child, from, to) && constant;
        if (node.kind !== 'call' || !timeDependent.has(node.name)) return constant;
        const argument = node.args[0];
        return (
          constant && node.name === 'timestamp' && argument !== undefined && withoutParens(argument).kind === 'selector'
        );
      }
    }
  }

  visit(expr, times.startMs, times.endMs);
  return { ...mergeNeeds(needs), invariant };
}

function mergeNeeds(needs: readonly { selector: VectorSelector; key: string; fromMs: number; toMs: number }[]): {
  fetches: Fetch[];
  fetchOf: Map<VectorSelector, number>;
} {
  const fetches: Fetch[] = [];
  const fetchOf = new Map<VectorSelector, number>();
  const ordered = [...needs].sort((a, b) => (a.key === b.key ? a.fromMs - b.fromMs : a.key < b.key ? -1 : 1));
  let openKey: string | undefined;
  for (const { selector, key, fromMs, toMs } of ordered) {
    const last = fetches.length - 1;
    const open = fetches[last];
    if (open !== undefined && openKey === key && fromMs <= open.toMs) {
      fetches[last] = { ...open, toMs: Math.max(open.toMs, toMs) };
      fetchOf.set(selector, last);
    } else {
      fetches.push({ matchers: selector.matchers, fromMs, toMs });
      fetchOf.set(selector, fetches.length - 1);
      openKey = key;
    }
  }
  return { fetches, fetchOf };
}
