import type { DemoClock } from './clock.ts';
import { bell, normalBelow, seedOf, wander } from './noise.ts';
import { type deployments, stepMs } from './scenario.ts';
import {
  distributions,
  type HistogramName,
  histogramBounds,
  histogramNames,
  lognormalMean,
  profiles,
  type ServingProfile,
} from './serving-distributions.ts';
import { SteppedCounters } from './stepped-counters.ts';

interface Load {
  readonly load: number;
  readonly requestsPerSecond: number;
  readonly running: number;
  readonly waiting: number;
}

const scalars = [
  'prompt_tokens',
  'generation_tokens',
  'prefix_cache_queries',
  'prefix_cache_hits',
  'num_preemptions',
  'stop',
  'length',
  'abort',
] as const;

export interface Histogram {
  readonly name: string;
  readonly help: string;
  readonly bounds: readonly number[];
  /** Cumulative, one for each bound. */
  readonly buckets: readonly number[];
  readonly count: number;
  readonly sum: number;
}

export interface ServingState {
  readonly running: number;
  readonly waiting: number;
  readonly kvCacheUsage: number;
  readonly counters: Readonly<Record<(typeof scalars)[number], number>>;
  readonly histograms: readonly Histogram[];
}

/** One vLLM server: a load that comes and goes like a day of 48 minutes, and everything that follows from it. */
export class ServingSimulator {
  readonly deployment: string;
  readonly #profile: ServingProfile;
  readonly #seed: number;
  readonly #clock: DemoClock;
  readonly #bounds: Readonly<Record<HistogramName, readonly number[]>>;
  readonly #counters: SteppedCounters;

  constructor(clock: DemoClock, deployment: (typeof deployments)[number]) {
    this.deployment = deployment;
    this.#clock = clock;
    this.#profile = profiles[deployment];
    this.#seed = seedOf(deployment);
    this.#bounds = histogramBounds(this.#profile);
    let size: number = scalars.length;
    for (const [name] of histogramNames) size += this.#bounds[name].length + 2;
    this.#counters = new SteppedCounters({
      epochMs: clock.epochMs,
      size,
      growth: (startMs, growth) => this.#grow(startMs, growth),
    });
  }

  state(atMs: number): ServingState {
    const values = this.#counters.at(atMs);
    const load = this.#load(atMs);
    const { promptTokens, generationTokens, kvCacheTokens } = this.#profile;
    let at: number = scalars.length;
    const histograms = histogramNames.map(([name, help]) => {
      const bounds = this.#bounds[name];
      const buckets = bounds.map((_, i) => Math.floor(values[at + i] as number));
      const count = Math.floor(values[at + bounds.length] as number);
      const sum = values[at + bounds.length + 1] as number;
      at += bounds.length + 2;
      return { name: `vllm:${name}`, help, bounds, buckets, count, sum };
    });
    return {
      running: load.running,
      waiting: load.waiting,
      kvCacheUsage: Math.min(0.99, (load.running * (promptTokens * 1.3 + generationTokens)) / kvCacheTokens),
      counters: Object.fromEntries(
        scalars.map((name, i) => [name, Math.floor(values[i] as number)]),
      ) as ServingState['counters'],
      histograms,
    };
  }

  #load(atMs: number): Load {
    const profile = this.#profile;
    const step = this.#clock.step(atMs);
    const phase = (2 * Math.PI * (atMs / 60_000 + (this.#seed % 48))) / 48;
    const load = Math.max(
      0.2,
      1 + 0.38 * Math.sin(phase) + 0.1 * wander(this.#seed, step, 9) + 0.05 * bell(this.#seed, step),
    );
    const requestsPerSecond = profile.requestsPerSecond * load;
    const times = distributions(profile, load, requestsPerSecond, 1);
    const running = Math.max(1, Math.round(requestsPerSecond * lognormalMean(times.request_inference_time_seconds)));
    const waiting = Math.max(0, Math.round((load - 1.22) * 26));
    return { load, requestsPerSecond, running, waiting };
  }

  #grow(startMs: number, growth: Float64Array): void {
    const profile = this.#profile;
    const { load, requestsPerSecond, running, waiting } = this.#load(startMs);
    const seconds = stepMs / 1000;
    const requests = requestsPerSecond * seconds;
    const all = distributions(profile, load, requestsPerSecond, running);
    const promptTokens = requests * lognormalMean(all.request_prompt_tokens);
    const generationTokens = requests * lognormalMean(all.request_generation_tokens);
    growth.set([
      promptTokens,
      generationTokens,
      promptTokens,
      promptTokens * 0.41,
      waiting > 6 ? 0.2 * seconds : 0,
      requests * 0.92,
      requests * 0.07,
      requests * 0.01,
    ]);
    let at: number = scalars.length;
    for (const [name] of histogramNames) {
      const bounds = this.#bounds[name];
      const one = all[name];
      const observations = one.rate * seconds;
      for (const bound of bounds) growth[at++] = observations * normalBelow(Math.log(bound / one.median) / one.spread);
      growth[at++] = observations;
      growth[at++] = observations * lognormalMean(one);
    }
  }
}
