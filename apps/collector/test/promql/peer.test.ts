import { afterAll, describe, expect, it } from 'vitest';
import { within } from './answers.ts';
import { overMemory } from './contestants.ts';
import { Judge } from './judge.ts';
import { lackedBy242 } from './prometheus-2-42.ts';
import { PrometheusServer, withPrometheus } from './prometheus-server.ts';
import { Random } from './random.ts';
import { randomCase } from './random-cases.ts';
import { randomWorld } from './random-data.ts';
import { reportOf } from './report.ts';

const seed = Number(process.env.BINNACLE_PROMQL_SEED ?? 20_260_921);
const count = Number(process.env.BINNACLE_PROMQL_CASES ?? 2500);

/**
 * Random queries over random data, which Prometheus 2.42 has too. What version 3 answers otherwise is kept out of the
 * queries (`Reach`), or has a name and a test of its own (`namedDifferences`, `rulesOf242`).
 */
describe.skipIf(!withPrometheus)('random queries beside Prometheus 2.42 (skipped where it is not installed)', () => {
  const prometheus = new PrometheusServer();
  const judge = new Judge(prometheus, overMemory(), within(1e-9));

  afterAll(() => prometheus[Symbol.asyncDispose]());

  it(`answers ${count} alike (seed ${seed})`, async () => {
    const random = new Random(seed);
    const world = randomWorld(random.fork(), 0);
    const named: Record<string, number> = {};
    for (let i = 0; i < count; i++) {
      const asked = randomCase(random.fork(), world, { without: lackedBy242, prometheus2: true });
      const failing = { asked, data: world.data };
      const { fault, name } = await judge.judge(failing);
      if (name !== undefined) named[name] = (named[name] ?? 0) + 1;
      if (fault !== undefined)
        expect.fail(
          await reportOf({
            failing,
            fault: async (candidate) => (await judge.judge(candidate)).fault,
            wanted: (small) => judge.answerOf242(small),
            budgetMs: 120_000,
          }),
        );
    }
    // The names are for rare cases: if they covered more, little would have been compared.
    const explained = Object.values(named).reduce((sum, n) => sum + n, 0);
    expect(explained, `explained by name: ${JSON.stringify(named)}`).toBeLessThan(count / 40);
  }, 1_200_000);
});
