import type { Answer } from './answers.ts';
import { type Contestant, overMemory } from './contestants.ts';
import { operandsOf } from './named-differences.ts';
import { Random } from './random.ts';
import type { Case } from './random-cases.ts';
import type { DataSeries } from './series-data.ts';

/**
 * The engine over data in which every value is moved by a few rounding errors: where its answers differ, rounding alone
 * explains a difference between two engines. A variance is also asked of operands that are moved one by one, because
 * what happens between samples and operand rounds too.
 */
export class Shaken {
  readonly #contestants: readonly Contestant[] = [1, 2, 3, 4].map(() => overMemory());
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
    const noisy = { ...asked, query: withNoisyVariances(asked.query) };
    return Promise.all(this.#contestants.flatMap((contestant) => [contestant.ask(asked), contestant.ask(noisy)]));
  }
}

function withNoisyVariances(query: string): string {
  let text = query;
  for (const { from, to } of operandsOf(query, ['stddev', 'stdvar']).sort((a, b) => b.from - a.from)) {
    // Nested ones overlap: the outer one is left as it is then.
    const operand = query.slice(from, to);
    if (text.slice(from, to) === operand)
      text = `${text.slice(0, from)}(${operand}) * (1 + 4e-16 * sin(1e17 * (${operand})))${text.slice(to)}`;
  }
  return text;
}
