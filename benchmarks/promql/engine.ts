import { createHash } from 'node:crypto';
import { openTelemetryStore, type TelemetryStore } from '@binnacle/db/telemetry/store.ts';
import { createEngine } from '@binnacle/promql/engine/engine.ts';
import { writeQueryValue } from '@binnacle/promql/result/json.ts';
import type { QueryResult } from '@binnacle/promql/result/result.ts';
import type {
  Matcher,
  SampleReader,
  SampleSlab,
  ScanRequest,
  SeriesEntry,
  TimeRange,
} from '@binnacle/shared/telemetry/reader.ts';
import type { Dataset } from './dataset.ts';
import { questions } from './latency.ts';
import type { Options } from './options.ts';
import { allSeriesQuery, longWindow } from './queries.ts';
import { table } from './report.ts';
import { percentile } from './statistics.ts';

/** Medians, ms. */
interface Stages {
  /** The label index. */
  select: number;
  /** What the stream plan reads, read and dropped. */
  scan: number;
  /** The engine over the same samples out of memory: windows, kernels, folds. */
  kernel: number;
  /** The engine over the store, with whatever plan it chooses; scan and kernel overlap here. */
  engine: number;
  /** The answer as JSON. */
  json: number;
  samples: number;
  /** CPU time of the engine over the store, all threads, mean. */
  engineCpu: number;
}

const maxSamples = 50_000_000;

/** a to g in this process, stage by stage, over a copy of the loaded data: for finding where time goes. */
export async function measureEngine(options: Options, dataset: Dataset, dataDir: string): Promise<void> {
  const store = await openTelemetryStore({ dataDir }, { retentionDays: 3650, sessions: 4 });
  try {
    console.log('the store:', await store.stats());
    const rows: (string | number)[][] = [
      ['ms (medians)', 'select', 'scan', 'kernel', 'engine', 'its CPU', 'json', 'samples'],
    ];
    const asked = questions(options, dataset).map(({ query, window }) => ({ name: query.letter, query, window }));
    if (options.parts.includes('all-series'))
      asked.push({ name: 'all', query: { ...asked[0]!.query, text: allSeriesQuery }, window: longWindow });
    for (const { name, query, window } of asked) {
      const times = { startMs: dataset.endMs - window.spanMs, endMs: dataset.endMs, stepMs: window.stepMs };
      const stages = await stagesOf(store, query.text, times, options);
      const { select, scan, kernel, engine, engineCpu, json, samples } = stages;
      rows.push([
        `${name} ${window.name}`,
        ...[select, scan, kernel, engine, engineCpu, json].map((ms) => ms.toFixed(ms < 10 ? 2 : 1)),
        samples,
      ]);
    }
    console.log(table(rows));
  } finally {
    await store.close();
  }
}

async function stagesOf(
  store: TelemetryStore,
  query: string,
  times: { startMs: number; endMs: number; stepMs: number },
  options: Options,
): Promise<Stages> {
  const measured: Record<Exclude<keyof Stages, 'samples' | 'engineCpu'>, number[]> = {
    select: [],
    scan: [],
    kernel: [],
    engine: [],
    json: [],
  };
  const timed = async <Result>(stage: keyof typeof measured, work: () => Result | Promise<Result>): Promise<Result> => {
    const began = performance.now();
    const result = await work();
    measured[stage].push(performance.now() - began);
    return result;
  };
  const recorder = new Recorder(store);
  await createEngine({ reader: recorder.recording(), maxSamples }).range({ query, ...times });
  const overMemory = createEngine({ reader: recorder.replaying(), maxSamples });
  const overStore = createEngine({ reader: store, maxSamples });
  let engineCpu = 0;
  // The first time is there to warm up.
  for (let round = 0; round <= options.rounds * options.repeats; round++) {
    if (round === 1) for (const values of Object.values(measured)) values.length = 0;
    await timed('select', async () => {
      for (const { matchers, range } of recorder.selections) await store.select(matchers, range);
    });
    await timed('scan', async () => {
      for (const { request } of recorder.scans) for await (const slab of store.scan(request)) slab.release();
    });
    const ofMemory = await timed('kernel', () => overMemory.range({ query, ...times }));
    const cpuBefore = process.cpuUsage();
    const ofStore = await timed('engine', () => overStore.range({ query, ...times }));
    const { user, system } = process.cpuUsage(cpuBefore);
    if (round > 0) engineCpu += (user + system) / 1000 / (options.rounds * options.repeats);
    const json = await timed('json', () => jsonOf(ofStore));
    if (round === 0 && json !== jsonOf(ofMemory)) console.log(`${query}: the plan over the store gives other digits`);
  }
  const medians = Object.fromEntries(Object.entries(measured).map(([stage, ms]) => [stage, percentile(ms, 0.5)]));
  return { ...(medians as Omit<Stages, 'samples' | 'engineCpu'>), samples: recorder.samples, engineCpu };
}

function jsonOf({ value }: QueryResult): string {
  const hash = createHash('sha1');
  for (const chunk of writeQueryValue(value)) hash.update(chunk);
  return hash.digest('hex');
}

/** Keeps what an engine reads from the store, and gives the same again out of memory. It offers nothing but samples. */
class Recorder {
  readonly selections: { matchers: readonly Matcher[]; range: TimeRange; entries: SeriesEntry[] }[] = [];
  readonly scans: { request: ScanRequest; slabs: SampleSlab[] }[] = [];
  samples = 0;
  readonly #store: TelemetryStore;

  constructor(store: TelemetryStore) {
    this.#store = store;
  }

  recording(): SampleReader {
    return {
      ...this.#others(),
      select: async (matchers, range) => {
        const entries = await this.#store.select(matchers, range);
        this.selections.push({ matchers, range: { fromMs: range.fromMs, toMs: range.toMs }, entries });
        return entries;
      },
      scan: (request) => this.#record(request),
    };
  }

  replaying(): SampleReader {
    return {
      ...this.#others(),
      select: async (matchers, range) => {
        const key = JSON.stringify(matchers);
        const known = this.selections.find(
          (one) =>
            JSON.stringify(one.matchers) === key && one.range.fromMs === range.fromMs && one.range.toMs === range.toMs,
        );
        if (known === undefined) throw new Error('the engine selects otherwise than it did');
        return known.entries;
      },
      scan: ({ series, fromMs, toMs }) => {
        const known = this.scans.find(
          ({ request }) =>
            request.fromMs === fromMs &&
            request.toMs === toMs &&
            request.series.length === series.length &&
            request.series[0]?.id === series[0]?.id,
        );
        if (known === undefined) throw new Error('the engine scans otherwise than it did');
        return replay(known.slabs);
      },
    };
  }

  async *#record(request: ScanRequest): AsyncGenerator<SampleSlab> {
    const slabs: SampleSlab[] = [];
    const { signal: _, ...again } = request;
    this.scans.push({ request: again, slabs });
    for await (const slab of this.#store.scan(request)) {
      slabs.push(copyOf(slab));
      this.samples += slab.ends[slab.count - 1] ?? 0;
      yield slab;
    }
  }

  #others() {
    const store = this.#store;
    return {
      labelNames: store.labelNames.bind(store),
      labelValues: store.labelValues.bind(store),
      metadata: store.metadata.bind(store),
    };
  }
}

async function* replay(slabs: readonly SampleSlab[]): AsyncGenerator<SampleSlab> {
  yield* slabs;
}

function copyOf({ count, seriesOf, ends, timestamps, values, stale }: SampleSlab): SampleSlab {
  const samples = ends[count - 1] ?? 0;
  const copied = values.slice(0, samples);
  return {
    count,
    seriesOf: seriesOf.slice(0, count),
    ends: ends.slice(0, count),
    timestamps: timestamps.slice(0, samples),
    values: copied,
    valueWords: new Uint32Array(copied.buffer),
    stale: stale?.slice(0, samples),
    release() {},
  };
}
