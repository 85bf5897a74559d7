import { parseQuery } from '@binnacle/promql/parse/parse.ts';
import type { Answer } from './answers.ts';
import { type Contestant, overMemory } from './contestants.ts';
import { nodesOf } from './named-differences.ts';
import { Random } from './random.ts';
import type { Case } from './random-cases.ts';
import type { DataSeries } from './series-data.ts';

/**
 * The engine over data in which every value is moved by a few rounding errors: where its answers differ, rounding alone
 * explains a difference between two engines. Variances and subqueries are also asked of operands that are moved, because
 * what happens between a sample and an operand rounds too.
 */
export class Shaken {
  readonly #contestants: readonly Contestant[] = [1, 2, 3, 4, 5, 6, 7, 8].map(() => overMemory());
  #loaded: readonly DataSeries[] | undefined;

  async load(data: readonly DataSeries[]): Promise<void> {
    if (data === this.#loaded) return;
    for (const [index, contestant] of this.#contestants.entries()) {
      const random = new Random(index);
      const move = (value: number | 'stale') =>
        value === 'stale' ? value : value * (1 + (random.next() - 0.5) * 2e-14);
      await contestant.load(data.map((series) => ({ ...series, values: series.values.map(move) })));
    }
    this.#loaded = data;
  }

  ask(asked: Case): Promise<readonly Answer[]> {
    const noisy = { ...asked, query: withNoisyOperands(asked.query) };
    return Promise.all(this.#contestants.flatMap((contestant) => [contestant.ask(asked), contestant.ask(noisy)]));
  }
}

/** Moves what variances and subqueries are made of, each value at each time by another bit. */
function withNoisyOperands(query: string): string {
  const spans = [...nodesOf(parseQuery(query))].flatMap((node) =>
    node.kind === 'subquery' || (node.kind === 'aggregation' && (node.op === 'stddev' || node.op === 'stdvar'))
      ? [node.expr.span]
      : [],
  );
  let text = query;
  let before = query.length;
  for (const { from, to } of spans.sort((a, b) => b.from - a.from)) {
    // Of nested ones only the innermost is moved.
    if (to > before) continue;
    const operand = query.slice(from, to);
    text = `${text.slice(0, from)}((${operand}) * (1 + 4e-16 * sin(1e17 * (${operand}) + time())))${text.slice(to)}`;
    before = from;
  }
  return text;
}
