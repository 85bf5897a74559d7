import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openTelemetryStore, type TelemetryStore } from '@binnacle/db/telemetry/store.ts';
import { createEngine, type Engine } from '@binnacle/promql/engine/engine.ts';
import { everyFeature, type Features } from '@binnacle/promql/language/features.ts';
import { MemoryReader } from '@binnacle/promql/storage/memory.ts';
import type { GridFunction, GridReader } from '@binnacle/shared/telemetry/grid.ts';
import { type Answer, answerOf } from './answers.ts';
import type { Case } from './random-cases.ts';
import { batchesOf, type DataSeries, type DataValue } from './series-data.ts';

/** All but start timestamps: with these, counters are never left to the store, and the data has none. */
const features: Features = new Set([...everyFeature].filter((feature) => feature !== 'use-start-timestamps'));

/** Something that answers queries over data that it is given, to be compared with others. */
export interface Contestant extends AsyncDisposable {
  readonly name: string;
  /** Forgets what it had. The same array given again is not loaded again. */
  load(data: readonly DataSeries[]): Promise<void>;
  ask(asked: Case): Promise<Answer>;
}

async function askEngine(engine: Engine, { query, startMs, endMs, stepMs }: Case): Promise<Answer> {
  try {
    const result =
      stepMs === 0
        ? await engine.instant({ query, timeMs: startMs })
        : await engine.range({ query, startMs, endMs, stepMs });
    return answerOf(result);
  } catch (error) {
    return { kind: 'refused', reason: error instanceof Error ? error.message : String(error) };
  }
}

/** The engine over memory: the one that the scripts of the language are run on. */
export function overMemory(): Contestant {
  let engine: Engine | undefined;
  let loaded: readonly DataSeries[] | undefined;
  return {
    name: 'the stream plan over memory',
    load: async (data) => {
      if (data === loaded) return;
      const reader = new MemoryReader();
      for (const batch of batchesOf(data)) reader.append(batch);
      engine = createEngine({ reader, features });
      loaded = data;
    },
    ask: (asked) => askEngine(engine as Engine, asked),
    [Symbol.asyncDispose]: async () => {},
  };
}

/** How often the store was asked to compute, and how often it did: the rest was evaluated from samples. */
export interface Pushed {
  answered: number;
  declined: number;
  /** What it computed. */
  readonly functions: Set<GridFunction>;
}

const nothingPushed = (): Pushed => ({ answered: 0, declined: 0, functions: new Set() });

const plans = ['stream', 'push-down', 'resample'] as const;
export type StorePlan = (typeof plans)[number];

/** One telemetry store in a directory of its own: a process can have only one open at a time. */
export class StoreOfTests implements AsyncDisposable {
  #store: TelemetryStore | undefined;
  #directory = '';
  #loaded: readonly DataSeries[] | undefined;
  #engines: ReadonlyMap<StorePlan, Engine> = new Map();
  readonly pushed: Readonly<Record<StorePlan, Pushed>> = {
    stream: nothingPushed(),
    'push-down': nothingPushed(),
    resample: nothingPushed(),
  };

  async load(data: readonly DataSeries[]): Promise<void> {
    if (data === this.#loaded) return;
    await this[Symbol.asyncDispose]();
    this.#directory = mkdtempSync(join(tmpdir(), 'binnacle-promql-'));
    const store = await openTelemetryStore({ dataDir: this.#directory }, { retentionDays: null });
    this.#store = store;
    // In another order than memory has: the order in which series first came must not matter.
    const { early, late } = earlyAndLate(data.toReversed());
    await store.insert(batchesOf(early));
    await store.seal(0);
    await store.insert(batchesOf(late));
    this.#engines = new Map(
      plans.map((plan) => {
        const reader = { ...store, grid: counted(store.grid, this.pushed[plan]) };
        return [plan, createEngine({ reader, features, plan })];
      }),
    );
    this.#loaded = data;
  }

  /** The engine over this store, by the plan that it is made to use where it can. */
  contestant(plan: StorePlan): Contestant {
    return {
      name: `the plan ${plan} over the store`,
      load: (data) => this.load(data),
      ask: (asked) => askEngine(this.#engines.get(plan) as Engine, asked),
      [Symbol.asyncDispose]: () => this[Symbol.asyncDispose](),
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#store?.close();
    this.#store = undefined;
    this.#loaded = undefined;
    if (this.#directory !== '') rmSync(this.#directory, { recursive: true, force: true });
  }
}

/**
 * What is sealed before the rest comes: of buckets in turn all of it, all but every ninth sample and every fourth series, and
 * nothing.
 */
function earlyAndLate(data: readonly DataSeries[]): { early: DataSeries[]; late: DataSeries[] } {
  const isLate = (series: number, timeMs: number, sample: number) => {
    const bucket = Math.floor(timeMs / 7_200_000) % 3;
    return bucket === 2 || (bucket === 1 && (series % 4 === 0 || sample % 9 === 0));
  };
  const some = (late: boolean) =>
    data.map(({ labels, times, values }, series) => {
      const kept = times.flatMap((timeMs, i) => (isLate(series, timeMs, i) === late ? [i] : []));
      return { labels, times: kept.map((i) => times[i] as number), values: kept.map((i) => values[i] as DataValue) };
    });
  return { early: some(false), late: some(true) };
}

function counted(grid: GridReader | undefined, pushed: Pushed): GridReader | undefined {
  if (grid === undefined) return undefined;
  return {
    place: grid.place,
    offers: (...pair) => grid.offers(...pair),
    expectedSamples: (...of) => grid.expectedSamples(...of),
    describe: (request) => grid.describe(request),
    describeScan: (request) => grid.describeScan(request),
    answer: async (request) => {
      const answer = await grid.answer(request);
      pushed[answer.kind === 'rows' ? 'answered' : 'declined']++;
      if (answer.kind === 'rows') pushed.functions.add(request.function);
      return answer;
    },
  };
}
