import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { difference, within } from './answers.ts';
import { overMemory } from './contestants.ts';
import { namedDifferences } from './named-differences.ts';
import { inWordsOf242, lackedBy242, rulesOf242 } from './prometheus-2-42.ts';
import { PrometheusServer, withPrometheus } from './prometheus-server.ts';
import { Random } from './random.ts';
import { randomCase } from './random-cases.ts';
import { randomWorld } from './random-data.ts';
import { reportOf } from './report.ts';
import { Shaken } from './shaken.ts';
import type { Failing } from './shrink.ts';

const seed = Number(process.env.BINNACLE_PROMQL_SEED ?? 20_260_921);
const count = Number(process.env.BINNACLE_PROMQL_CASES ?? 2500);
const agree = within(1e-9);

/**
 * Random queries over random data, which Prometheus 2.42 has too. What version 3 answers otherwise is either told to our
 * engine (`rulesOf242`), or kept out of the queries (`Reach`), or has a name and a test of its own (`namedDifferences`).
 */
describe.skipIf(!withPrometheus)('random queries beside Prometheus 2.42 (skipped where it is not installed)', () => {
  const prometheus = new PrometheusServer();
  const memory = overMemory();
  const shaken = new Shaken();
  let rules: Disposable;

  beforeAll(() => {
    rules = rulesOf242();
  });

  afterAll(async () => {
    rules[Symbol.dispose]();
    await prometheus[Symbol.asyncDispose]();
  });

  /** What is wrong and has no name, or the name. */
  async function judge({ asked, data }: Failing): Promise<{ fault?: string; name?: string }> {
    await Promise.all([prometheus.load(data), memory.load(data)]);
    const [of242, ours] = await Promise.all([
      prometheus.ask({ ...asked, query: inWordsOf242(asked.query) }),
      memory.ask(asked),
    ]);
    const fault = difference(of242, ours, agree);
    if (fault === undefined) return {};
    const askOurs = (query: string) => memory.ask({ ...asked, query });
    const askShaken = async () => {
      await shaken.load(data);
      return shaken.ask(asked);
    };
    for (const { name, explains } of namedDifferences)
      if (await explains({ asked, of242, ours, askOurs, askShaken })) return { name };
    return { fault };
  }

  it(`answers ${count} alike (seed ${seed})`, async () => {
    const random = new Random(seed);
    const { data, ...world } = randomWorld(random.fork(), 0);
    const named = new Map<string, number>();
    for (let i = 0; i < count; i++) {
      const asked = randomCase(random.fork(), { data, ...world }, { without: lackedBy242, prometheus2: true });
      const { fault, name } = await judge({ asked, data });
      if (name !== undefined) named.set(name, (named.get(name) ?? 0) + 1);
      if (fault !== undefined)
        expect.fail(
          await reportOf({
            failing: { asked, data },
            fault: async (candidate) => (await judge(candidate)).fault,
            wanted: async (small) => {
              await prometheus.load(small.data);
              return prometheus.ask({ ...small.asked, query: inWordsOf242(small.asked.query) });
            },
            budgetMs: 120_000,
          }),
        );
    }
    // The names are for rare cases: if they covered more, little would have been compared.
    const explained = [...named.values()].reduce((sum, n) => sum + n, 0);
    expect(explained, `explained by name: ${JSON.stringify(Object.fromEntries(named))}`).toBeLessThan(count / 50);
  }, 1_200_000);
});
