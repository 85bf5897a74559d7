import { afterAll, describe, expect, it } from 'vitest';
import { difference, sameBits } from './answers.ts';
import { overMemory, StoreOfTests } from './contestants.ts';
import { Random } from './random.ts';
import { randomCase } from './random-cases.ts';
import { randomWorld } from './random-data.ts';
import type { Reach } from './random-selectors.ts';
import { reportOf } from './report.ts';
import type { Fault } from './shrink.ts';

const seed = Number(process.env.BINNACLE_PROMQL_SEED ?? 20_260_921);
const count = Number(process.env.BINNACLE_PROMQL_CASES ?? 1000);
const everything: Reach = { without: new Set(), prometheus2: false };

/**
 * Random queries over random data, which is in memory and in the telemetry store: how samples reach the engine must not
 * change an answer by one bit. `BINNACLE_PROMQL_SEED` and `BINNACLE_PROMQL_CASES` ask other and more questions.
 */
describe('random queries', () => {
  const store = new StoreOfTests();
  const memory = overMemory();
  const stream = store.contestant('stream');

  afterAll(() => store[Symbol.asyncDispose]());

  const faultOf: Fault = async ({ asked, data }) => {
    await memory.load(data);
    await stream.load(data);
    const [wanted, got] = await Promise.all([memory.ask(asked), stream.ask(asked)]);
    return difference(wanted, got, sameBits);
  };

  it(`answers ${count} from the store as from memory (seed ${seed})`, async () => {
    const random = new Random(seed);
    // A day in 2026: times as large as real ones, from the beginning of a bucket of the store.
    const world = randomWorld(random.fork(), 1_790_006_400_000);
    await memory.load(world.data);
    await stream.load(world.data);
    let answered = 0;
    for (let i = 0; i < count; i++) {
      const asked = randomCase(random.fork(), world, everything);
      const [wanted, got] = await Promise.all([memory.ask(asked), stream.ask(asked)]);
      if (wanted.kind === 'series' && wanted.series.size > 0) answered++;
      if (difference(wanted, got, sameBits) !== undefined)
        expect.fail(
          await reportOf({
            failing: { asked, data: world.data },
            fault: faultOf,
            wanted: (small) => memory.ask(small.asked),
            budgetMs: 60_000,
          }),
        );
    }
    // Questions that nothing answers show nothing.
    expect(answered).toBeGreaterThan(count / 2);
  }, 600_000);
});
