import type { Evaluation } from '../evaluate/evaluation.ts';
import { compareLabels, type Grid, type Matrix, type Row } from '../evaluate/matrix.ts';
import { type Call, type Expr, withoutParens } from '../parse/ast.ts';
import type { FunctionImplementation } from './function.ts';

/** Order of two values with NaN last, whichever way the rest goes. */
export function compareValues(a: number, b: number, direction: 1 | -1): number {
  if (Number.isNaN(a) || Number.isNaN(b)) return Number(Number.isNaN(a)) - Number(Number.isNaN(b));
  return a === b ? 0 : (a < b ? -1 : 1) * direction;
}

const byValue =
  (direction: 1 | -1) =>
  (a: Row, b: Row): number =>
    compareValues(a.values[0] as number, b.values[0] as number, direction);

/** Order of texts with runs of digits compared as numbers: `gpu2` before `gpu10`. */
export function compareNaturally(a: string, b: string): number {
  const left = a.match(/\d+|\D+/g) ?? [];
  const right = b.match(/\d+|\D+/g) ?? [];
  for (let i = 0; i < Math.min(left.length, right.length); i++) {
    const x = left[i] as string;
    const y = right[i] as string;
    if (x === y) continue;
    if (/^\d/.test(x) && /^\d/.test(y) && Number(x) !== Number(y)) return Number(x) - Number(y);
    if (!(/^\d/.test(x) && /^\d/.test(y))) return x < y ? -1 : 1;
  }
  return left.length - right.length;
}

const byLabels =
  (direction: 1 | -1) =>
  (call: Call) =>
  (a: Row, b: Row): number => {
    for (const argument of call.args.slice(1)) {
      const node = withoutParens(argument);
      if (node.kind !== 'string') continue;
      const order = compareNaturally(a.labels.get(node.value) ?? '', b.labels.get(node.value) ?? '');
      if (order !== 0) return order * direction;
    }
    return compareLabels(a.labels, b.labels) * direction;
  };

const sorting = (order: (call: Call) => (a: Row, b: Row) => number): FunctionImplementation => ({
  kind: 'whole',
  evaluate: async (evaluation: Evaluation, call: Call, grid: Grid): Promise<Matrix> => {
    const { rows } = await evaluation.evaluate(call.args[0] as Expr, grid);
    if (grid.count > 1) {
      evaluation.annotations.sortInRangeQuery(call.span);
      return { rows };
    }
    return { rows: rows.sort(order(call)) };
  },
});

export const sortFunctions: Readonly<Record<string, FunctionImplementation>> = {
  sort: sorting(() => byValue(1)),
  sort_desc: sorting(() => byValue(-1)),
  sort_by_label: sorting(byLabels(1)),
  sort_by_label_desc: sorting(byLabels(-1)),
};
