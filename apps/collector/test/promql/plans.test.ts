import type { GridFunction } from '@binnacle/shared/telemetry/grid.ts';
import { afterAll, describe, expect, it } from 'vitest';
import { type Answer, difference, within } from './answers.ts';
import { type Contestant, overMemory, StoreOfTests, type StorePlan } from './contestants.ts';
import { differsByRounding } from './named-differences.ts';
import { Random } from './random.ts';
import { randomCase } from './random-cases.ts';
import { randomWorld } from './random-data.ts';
import type { Reach } from './random-selectors.ts';
import { reportOf } from './report.ts';
import { Shaken } from './shaken.ts';
import type { Failing } from './shrink.ts';

const seed = Number(process.env.BINNACLE_PROMQL_SEED ?? 20_260_921);
const count = Number(process.env.BINNACLE_PROMQL_CASES ?? 1000);
const everything: Reach = { without: new Set(), prometheus2: false };

/** What a store may compute, told function by function: one that it never did would not have been compared. */
const gridFunctions: readonly GridFunction[] = [
  'last',
  'rate',
  'increase',
  'delta',
  'irate',
  'idelta',
  'resets',
  'changes',
  'last_over_time',
  'first_over_time',
  'present_over_time',
  'count_over_time',
  'sum_over_time',
  'avg_over_time',
  'min_over_time',
  'max_over_time',
  'stddev_over_time',
  'stdvar_over_time',
];

/** The order in which series are folded may move the last digits of a sum, and nothing else. */
const agree = within(1e-12);

/**
 * Random queries over random data, which is in memory and in the telemetry store: neither how samples reach the engine
 * nor who computes what may change an answer. `BINNACLE_PROMQL_SEED` and `BINNACLE_PROMQL_CASES` ask other and more
 * questions.
 */
describe('random queries', () => {
  const store = new StoreOfTests();
  const memory = overMemory();
  const shaken = new Shaken();

  afterAll(() => store[Symbol.asyncDispose]());

  async function faultOf(plan: Contestant, { asked, data }: Failing): Promise<string | undefined> {
    await Promise.all([memory.load(data), plan.load(data)]);
    const [wanted, got] = await Promise.all([memory.ask(asked), plan.ask(asked)]);
    const fault = difference(wanted, got, agree);
    if (fault === undefined) return undefined;
    await shaken.load(data);
    return differsByRounding(wanted, got, await shaken.ask(asked)) ? undefined : fault;
  }

  it(`get ${count} same answers from memory and by every plan from the store (seed ${seed})`, async () => {
    const random = new Random(seed);
    // A day in 2026: times as large as real ones, from the beginning of a bucket of the store.
    const { data, ...world } = randomWorld(random.fork(), 1_790_006_400_000);
    let answered = 0;
    let rounded = 0;
    await Promise.all([memory.load(data), store.load(data)]);
    for (let i = 0; i < count; i++) {
      const plain = i % 3 === 0 ? gridFunctions[(i / 3) % gridFunctions.length] : undefined;
      const asked = randomCase(random.fork(), { data, ...world }, everything, plain);
      const wanted = await memory.ask(asked);
      if (wanted.kind === 'series' && wanted.series.size > 0) answered++;
      const plans: StorePlan[] = ['stream', 'push-down'];
      if (asked.query.includes('_over_time(')) plans.push('resample');
      const contestants = plans.map((plan) => store.contestant(plan));
      const answers = await Promise.all(contestants.map((contestant) => contestant.ask(asked)));
      for (const [index, contestant] of contestants.entries()) {
        if (difference(wanted, answers[index] as Answer, agree) === undefined) continue;
        const failing = { asked, data };
        const fault = (candidate: Failing) => faultOf(contestant, candidate);
        if ((await fault(failing)) === undefined) {
          rounded++;
          continue;
        }
        const report = { failing, fault, wanted: (small: Failing) => memory.ask(small.asked), budgetMs: 60_000 };
        expect.fail(`${contestant.name}: ${await reportOf(report)}`);
      }
    }
    // Questions that nothing answers show nothing, and so does a plan that is never taken.
    expect(answered).toBeGreaterThan(count / 2);
    expect(rounded).toBeLessThan(count / 50);
    expect(store.pushed.stream.answered).toBe(0);
    const inStore = new Set([...store.pushed['push-down'].functions, ...store.pushed.resample.functions]);
    expect([...gridFunctions].filter((name) => !inStore.has(name))).toEqual([]);
    expect(store.pushed['push-down'].answered).toBeGreaterThan(count / 4);
    expect(store.pushed.resample.answered).toBeGreaterThan(count / 50);
  }, 600_000);
});
