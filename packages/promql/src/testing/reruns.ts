import { childrenOf, type Expr } from '../parse/ast.ts';
import { parsed } from './classify.ts';
import type { EvalCommand } from './script.ts';

/** One way to ask an instant query; each must have the same answer. */
export interface Asking {
  readonly expr: string;
  readonly timeMs: number;
}

/** Functions whose answer depends on the evaluation time even where their selectors are pinned. */
const timeDependent: ReadonlySet<string> = new Set([
  'day_of_month',
  'day_of_week',
  'day_of_year',
  'days_in_month',
  'end',
  'hour',
  'minute',
  'month',
  'predict_linear',
  'range',
  'start',
  'step',
  'time',
  'timestamp',
  'year',
]);

/**
 * The query with every selector pinned to its time by `@`, to be asked at other times. Nothing inside a subquery is
 * touched: pinning the subquery pins it.
 */
export function pinnedAskings({ expr: text, startMs }: EvalCommand): Asking[] {
  const tree = parsed(text);
  if (tree === undefined) return [];
  const at = ` @ ${(startMs / 1000).toFixed(3)}`;
  const edits: { from: number; to: number }[] = [];
  let repeatable = true;
  const visit = (node: Expr): void => {
    if (node.kind === 'call' && timeDependent.has(node.name)) repeatable = false;
    if (node.kind !== 'range' && node.kind !== 'subquery' && node.kind !== 'selector') {
      childrenOf(node).forEach(visit);
      return;
    }
    const modifier = node.kind === 'range' ? node.selector.at : node.at;
    if (modifier === undefined) edits.push({ from: node.span.to, to: node.span.to });
    else if (modifier.kind !== 'time') edits.push(lastEdge(text, node.span.from, node.span.to));
  };
  visit(tree);
  if (!repeatable) return [];
  let pinned = text;
  for (const { from, to } of edits.sort((a, b) => b.from - a.from))
    pinned = pinned.slice(0, from) + at + pinned.slice(to);
  const times = startMs === 0 ? [-1000, 0, 1000] : [-10 * startMs, 0, Math.trunc(startMs / 5), startMs, 10 * startMs];
  return times.map((timeMs) => ({ expr: pinned, timeMs }));
}

/** Where the `@ start()` or `@ end()` of a node stands: the last one in its text. */
function lastEdge(text: string, from: number, to: number): { from: number; to: number } {
  const edge = [...text.slice(from, to).matchAll(/@\s*(?:start|end)\s*\(\s*\)/g)].at(-1);
  if (edge === undefined) return { from: to, to };
  return { from: from + edge.index, to: from + edge.index + edge[0].length };
}

/** Whether an instant query may be asked as the middle step of a range query and must have the same answer there. */
export function isRepeatableAsRange(command: EvalCommand): boolean {
  if (command.expectedString !== undefined || command.rangeVector !== undefined) return false;
  return !/\b(?:start|end|range|step)\s*\(\s*\)/.test(command.expr);
}
