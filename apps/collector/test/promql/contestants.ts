import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openTelemetryStore, type TelemetryStore } from '@binnacle/db/telemetry/store.ts';
import { createEngine, type Engine } from '@binnacle/promql/engine/engine.ts';
import { everyFeature } from '@binnacle/promql/language/features.ts';
import { MemoryReader } from '@binnacle/promql/storage/memory.ts';
import { type Answer, answerOf } from './answers.ts';
import type { Case } from './random-cases.ts';
import { batchesOf, type DataSeries } from './series-data.ts';

/** Something that answers queries over data that it is given, to be compared with others. */
export interface Contestant extends AsyncDisposable {
  readonly name: string;
  /** Forgets what it had. The same array given again is not loaded again. */
  load(data: readonly DataSeries[]): Promise<void>;
  ask(asked: Case): Promise<Answer>;
}

async function askEngine(engine: Engine, { query, startMs, endMs, stepMs }: Case): Promise<Answer> {
  try {
    const { value } =
      stepMs === 0
        ? await engine.instant({ query, timeMs: startMs })
        : await engine.range({ query, startMs, endMs, stepMs });
    return answerOf(value);
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
      engine = createEngine({ reader, features: everyFeature });
      loaded = data;
    },
    ask: (asked) => askEngine(engine as Engine, asked),
    [Symbol.asyncDispose]: async () => {},
  };
}

/** One telemetry store in a directory of its own: a process can have only one open at a time. */
export class StoreOfTests implements AsyncDisposable {
  #store: TelemetryStore | undefined;
  #directory = '';
  #loaded: readonly DataSeries[] | undefined;
  #engines: { readonly stream: Engine } | undefined;

  async load(data: readonly DataSeries[]): Promise<void> {
    if (data === this.#loaded) return;
    await this[Symbol.asyncDispose]();
    this.#directory = mkdtempSync(join(tmpdir(), 'binnacle-promql-'));
    this.#store = await openTelemetryStore({ dataDir: this.#directory }, { retentionDays: null });
    await this.#store.insert(batchesOf(data));
    this.#engines = { stream: createEngine({ reader: this.#store, features: everyFeature }) };
    this.#loaded = data;
  }

  /** The engine over this store, by the plan that it is made to use. */
  contestant(plan: 'stream'): Contestant {
    return {
      name: `the ${plan} plan over the store`,
      load: (data) => this.load(data),
      ask: (asked) => askEngine((this.#engines as { readonly stream: Engine })[plan], asked),
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
