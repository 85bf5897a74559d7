import { childrenOf, type Expr, type Span } from '@binnacle/promql/parse/ast.ts';
import { parseQuery } from '@binnacle/promql/parse/parse.ts';
import { type Answer, difference, within } from './answers.ts';
import type { Case } from './random-cases.ts';

/** What is to be known of a disagreement before it is called a fault. */
export interface Disagreement {
  readonly asked: Case;
  readonly of242: Answer;
  readonly ours: Answer;
  /** Our answer to another query at the same times, or to the same one over data moved by a rounding error. */
  readonly askOurs: (query: string) => Promise<Answer>;
  readonly askShaken: () => Promise<readonly Answer[]>;
}

/** A difference between 2.42 and 3 that queries meet now and then, and how it is known. */
export interface NamedDifference {
  readonly name: string;
  readonly reason: string;
  explains(disagreement: Disagreement): boolean | Promise<boolean>;
}

const refusedWith = (answer: Answer, pattern: RegExp): boolean =>
  answer.kind === 'refused' && pattern.test(answer.reason);

export const namedDifferences: readonly NamedDifference[] = [
  {
    name: 'many-to-one filters',
    reason: 'a comparison without bool looks for equal results before it filters since 3.8 (#17668), in 2.42 after it',
    explains: ({ asked, of242, ours }) =>
      of242.kind === 'series' &&
      refusedWith(ours, /multiple matches for labels/) &&
      /(?:[=!]=|[<>]=?)(?! bool)/.test(asked.query.replaceAll(/\{[^}]*\}/g, '')),
  },
  {
    name: 'early names',
    reason: '2.42 drops names at once and refuses what then looks equal; names that go at the end keep series apart',
    explains: ({ of242, ours }) => ours.kind === 'series' && refusedWith(of242, /same labelset/),
  },
  {
    name: 'late names',
    reason:
      'series that `or` takes turns with become one in 2.42, nameless as they are; with names that go at the end they meet in a function over them',
    explains: ({ asked, of242, ours }) =>
      of242.kind === 'series' && refusedWith(ours, /same labelset/) && / or /.test(asked.query),
  },
  {
    name: 'names through atan2',
    reason: 'atan2 is arithmetic since 2.51 and drops the metric name; 2.42 keeps it',
    explains: ({ asked, of242, ours }) =>
      asked.query.includes('atan2') && difference(withoutNames(of242), ours, within(1e-9)) === undefined,
  },
  {
    name: 'UTF-8 names',
    reason: 'a label may have any UTF-8 name since 3.0; 2.42 refuses what is no identifier',
    explains: ({ of242, ours }) => ours.kind === 'series' && refusedWith(of242, /invalid destination label name/),
  },
  {
    name: 'ties',
    reason: 'which of equal values topk and bottomk keep is the order of a heap in 2.42',
    explains: async ({ asked, askOurs }) => {
      for (const { from, to } of operandsOfSelections(asked.query))
        if (hasTies(await askOurs(asked.query.slice(from, to)))) return true;
      return false;
    },
  },
  {
    name: 'overflowing variance',
    reason: 'sums of squares beyond the largest float are infinite since 3.0, and NaN in 2.42',
    explains: ({ asked, of242, ours }) =>
      /std(?:dev|var)/.test(asked.query) &&
      difference(of242, ours, (a, b) => within(1e-9)(a, b) || !(Number.isFinite(a) || Number.isFinite(b))) ===
        undefined,
  },
  {
    name: 'rounding',
    reason:
      'sums are compensated in 3 and not in 2.42; where large values cancel, a rounding error is all that is left',
    explains: async ({ of242, ours, askShaken }) => differsByRounding(of242, ours, await askShaken()),
  },
];

/** The vector operands of `topk` and `bottomk`, as parts of the query's text. */
function operandsOfSelections(query: string): Span[] {
  return [...nodesOf(parseQuery(query))].flatMap((node) =>
    node.kind === 'aggregation' && (node.op === 'topk' || node.op === 'bottomk') ? [node.expr.span] : [],
  );
}

/** A node and all within it. */
export function* nodesOf(node: Expr): Generator<Expr> {
  yield node;
  for (const child of childrenOf(node)) yield* nodesOf(child);
}

function withoutNames(answer: Answer): Answer {
  if (answer.kind === 'refused') return answer;
  const nameless = [...answer.series].map(
    ([name, points]) => [name.replace(/__name__="[^"]*"(, )?/, ''), points] as const,
  );
  return { kind: 'series', series: new Map(nameless) };
}

function hasTies(answer: Answer): boolean {
  if (answer.kind === 'refused') return false;
  const seen = new Set<string>();
  for (const points of answer.series.values()) {
    for (const [timeMs, value] of points) {
      const key = `${timeMs} ${value}`;
      if (seen.has(key)) return true;
      seen.add(key);
    }
  }
  return false;
}

/** Whether two answers are no farther apart (beyond a billionth) than some that rounding errors of the samples lead to. */
export function differsByRounding(a: Answer, b: Answer, shaken: readonly Answer[]): boolean {
  if (a.kind === 'refused' || b.kind === 'refused' || `${a.notes ?? b.notes}` !== `${b.notes ?? a.notes}`) return false;
  const known = shaken.filter((answer) => answer.kind === 'series');
  if (known.length < 4) return false;
  const valueAt = (answer: Answer, name: string, timeMs: number): number | undefined =>
    answer.kind === 'series' ? answer.series.get(name)?.find(([time]) => time === timeMs)?.[1] : undefined;
  for (const name of new Set([...a.series.keys(), ...b.series.keys()])) {
    const times = new Set([...(a.series.get(name) ?? []), ...(b.series.get(name) ?? [])].map(([timeMs]) => timeMs));
    for (const timeMs of times) {
      const [x, y] = [valueAt(a, name, timeMs), valueAt(b, name, timeMs)];
      if (x !== undefined && y !== undefined && within(1e-9)(x, y)) continue;
      const moved = known.map((answer) => valueAt(answer, name, timeMs)).filter((value) => value !== undefined);
      // Where it comes and goes with a rounding error, or is a number only now and then, its value says nothing.
      if (moved.length > 0 && moved.length < known.length) continue;
      if (x === undefined || y === undefined) return false;
      const numbers = moved.filter(Number.isFinite);
      if (numbers.length > 0 && numbers.length < moved.length) continue;
      if (!(Math.abs(x - y) <= 8 * (Math.max(...numbers) - Math.min(...numbers)))) return false;
    }
  }
  return true;
}
