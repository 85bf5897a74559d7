import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openTelemetryStore, type TelemetryStore } from '@binnacle/db/telemetry/store.ts';
import type { GridAnswer, GridReader } from '@binnacle/shared/telemetry/grid.ts';
import type { SampleReader } from '@binnacle/shared/telemetry/reader.ts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createEngine, type Engine } from '../src/engine/engine.ts';
import type { PlanChoice } from '../src/plan/cost.ts';
import type { ResultSeries } from '../src/result/result.ts';
import { kinds, plansData, seeded } from './plans-data.ts';

const dataDir = mkdtempSync(join(tmpdir(), 'binnacle-plans-'));
/** Yesterday, at the start of a bucket of two hours and a little before its end. */
const startMs = Math.floor((Date.now() - 86_400_000) / 7_200_000) * 7_200_000 + 3_000_000;
const seed = Number(process.env.BINNACLE_PLANS_SEED ?? 20261123);
const rounds = Number(process.env.BINNACLE_PLANS_ROUNDS ?? 3);
/** A metric of which nothing has to be declined. */
const plain = 'seconds_total';

let store: TelemetryStore;
/** What the store answered since the list was emptied. */
const answers: GridAnswer[] = [];

beforeAll(async () => {
  store = await openTelemetryStore({ dataDir }, { sessions: 2 });
  for (const batch of plansData(startMs, seed)) await store.insert([batch]);
});

afterAll(async () => {
  await store.close();
  rmSync(dataDir, { recursive: true, force: true });
});

/** The store, with what it answers to push-downs noted. */
function noted(): SampleReader {
  const grid = store.grid as GridReader;
  return {
    select: (matchers, range) => store.select(matchers, range),
    scan: (request) => store.scan(request),
    labelNames: (matchers, range) => store.labelNames(matchers, range),
    labelValues: (name, matchers, range) => store.labelValues(name, matchers, range),
    metadata: (family) => store.metadata(family),
    grid: {
      place: grid.place,
      offers: (...pair) => grid.offers(...pair),
      describe: (request) => grid.describe(request),
      describeScan: (request) => grid.describeScan(request),
      expectedSamples: (series, spanMs) => grid.expectedSamples(series, spanMs),
      answer: async (request) => {
        const answer = await grid.answer(request);
        answers.push(answer);
        return answer;
      },
    },
  };
}

const engineWith = (plan: PlanChoice): Engine =>
  createEngine({ reader: noted(), plan, features: new Set(['promql-experimental-functions']) });

const pick = <T>(random: () => number, from: readonly T[]): T => from[Math.floor(random() * from.length)] as T;

const times = (random: () => number) => {
  const stepMs = pick(random, [15_000, 60_000, 61_500, 300_000, 7000]);
  const from = startMs + Math.floor(random() * 3_600_000);
  return { startMs: from, endMs: from + stepMs * Math.floor(random() * 60), stepMs };
};

async function series(engine: Engine, query: string, at: ReturnType<typeof times>): Promise<readonly ResultSeries[]> {
  const { value } = await engine.range({ query, ...at });
  if (value.type !== 'matrix') throw new Error('a range query answers with a matrix');
  return value.series;
}

/** Equal labels, steps and order; values to nine digits, and an exact 0 stays one. */
function expectSame(pushed: readonly ResultSeries[], streamed: readonly ResultSeries[], what: string): void {
  expect(
    pushed.map(({ labels }) => labels.key),
    what,
  ).toEqual(streamed.map(({ labels }) => labels.key));
  pushed.forEach(({ timestamps, values }, i) => {
    const other = streamed[i] as ResultSeries;
    expect([...timestamps], what).toEqual([...other.timestamps]);
    values.forEach((value, step) => {
      const wanted = other.values[step] as number;
      if (Object.is(value, wanted) || value === wanted) return;
      expect(Math.abs(value - wanted) / Math.abs(wanted), `${what}: ${value} for ${wanted}`).toBeLessThan(1e-9);
    });
  });
}

const ranged = [
  'rate',
  'increase',
  'delta',
  'irate',
  'idelta',
  'resets',
  'changes',
  'last_over_time',
  'present_over_time',
];
const resampled = ['first', 'count', 'sum', 'avg', 'min', 'max', 'stddev', 'stdvar'].map((name) => `${name}_over_time`);
const folds = ['sum', 'avg', 'count', 'group', 'min', 'max', 'stddev', 'stdvar', 'quantile'];

const modifiers = ['', '', '', ' offset 3m', ' offset -90s', ` @ ${(startMs + 3_000_000) / 1000}`];
const selections = ['', '{rack="r1"}', '{host!="h4"}', '{host=~"h[02]"}', '{host="h4"}', '{host="none"}'];
const groupings = ['', ' by (rack)', ' without (host)', ' by (host, rack)', ' by (nothing)'];

function queryOf(random: () => number, fn: string, fold: string | undefined, metric: string): string {
  const selector = metric + pick(random, selections);
  const modifier = pick(random, modifiers);
  const range = pick(random, fn.endsWith('_over_time') ? ['1m', '5m', '15m', '1h'] : ['1m', '5m', '7m30s']);
  const inner = fn === 'last' ? selector + modifier : `${fn}(${selector}[${range}]${modifier})`;
  if (fold === undefined) return inner;
  return `${fold}${pick(random, groupings)} (${fold === 'quantile' ? '0.4, ' : ''}${inner})`;
}

describe.each([
  ['push-down', ['last', ...ranged]],
  ['resample', resampled],
] as const)('plan %s', (plan, functions) => {
  test.each(functions.map((fn) => [fn]))('of %s, alone and in groups, is the answer from samples', async (fn) => {
    const random = seeded(seed + fn.length);
    const [pushed, streamed] = [engineWith(plan), engineWith('stream')];
    const taken = new Set<string>();
    for (const fold of [undefined, ...folds]) {
      const metrics = [plain, ...Array.from({ length: rounds }, () => pick(random, Object.keys(kinds)))];
      for (const metric of metrics) {
        const query = queryOf(random, fn, fold, metric);
        const at = times(random);
        const what = `seed ${seed}: ${query} from ${at.startMs} to ${at.endMs} by ${at.stepMs}`;
        answers.length = 0;
        const ours = await series(pushed, query, at);
        if (answers.some(({ kind }) => kind === 'rows')) taken.add(fold ?? 'alone');
        expectSame(ours, await series(streamed, query, at), what);
      }
    }
    // A plan that is always declined would agree as well.
    const spread = (fold: string) => plan === 'resample' && (fold === 'stddev' || fold === 'stdvar');
    expect([...taken].sort()).toEqual(
      expect.arrayContaining(['alone', ...folds.filter((fold) => !spread(fold))].sort()),
    );
  });
});
