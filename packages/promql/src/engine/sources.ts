import { BinnacleError } from '@binnacle/shared/errors.ts';
import type { SampleReader } from '@binnacle/shared/telemetry/reader.ts';
import { valuesPerSeries } from '../evaluate/holding.ts';
import { type FetchLimits, type Samples, samplesOf, selectSeries } from '../evaluate/samples.ts';
import type { VectorSelector } from '../parse/ast.ts';
import type { Plan } from '../plan/plan.ts';
import type { QueryAccount } from './query-account.ts';

/** What was read so far. */
export interface Read {
  samples: number;
  series: number;
}

/**
 * The raw samples of a query's selectors. A read that feeds one selector passes through, some series at a time, and is never
 * in memory as a whole; one that feeds several is done once and kept until the query ends. Nothing is read before it is
 * asked for.
 */
export class Sources {
  readonly #reader: SampleReader;
  readonly #plan: Plan;
  readonly #limits: FetchLimits;
  readonly #account: QueryAccount;
  readonly #kept = new Map<number, Promise<readonly Samples[]>>();
  readonly #usesOf: Uint32Array;
  readonly read: Read = { samples: 0, series: 0 };

  constructor(reader: SampleReader, plan: Plan, limits: FetchLimits, account: QueryAccount) {
    this.#reader = reader;
    this.#plan = plan;
    this.#limits = limits;
    this.#account = account;
    this.#usesOf = new Uint32Array(plan.fetches.length);
    for (const fetch of plan.fetchOf.values()) this.#usesOf[fetch] = (this.#usesOf[fetch] as number) + 1;
  }

  /**
   * The series of a selector with their samples, stale markers included, in batches. Columns of a batch are only good until
   * the next is asked for.
   */
  batches(selector: VectorSelector): AsyncIterable<readonly Samples[]> {
    const fetch = this.#plan.fetchOf.get(selector);
    if (fetch === undefined) return none();
    return (this.#usesOf[fetch] as number) > 1 ? this.#fromKept(fetch) : this.#passing(fetch);
  }

  /** The store read so much by itself. */
  count(samples: number, series: number): void {
    this.read.series += series;
    this.read.samples += samples;
    if (this.read.samples > this.#limits.maxSamples) throw tooMany(this.#limits.maxSamples);
  }

  async *#fromKept(fetch: number): AsyncGenerator<readonly Samples[]> {
    let kept = this.#kept.get(fetch);
    if (kept === undefined) {
      kept = this.#keep(fetch);
      this.#kept.set(fetch, kept);
    }
    yield await kept;
  }

  async #keep(fetch: number): Promise<readonly Samples[]> {
    const all: Samples[] = [];
    for await (const { samples, length } of this.#slabs(fetch)) {
      this.#account.change(length + samples.length * valuesPerSeries);
      for (const series of samples) all.push(series);
    }
    return all;
  }

  async *#passing(fetch: number): AsyncGenerator<readonly Samples[]> {
    for await (const { samples, length, release } of this.#slabs(fetch)) {
      const held = length + samples.length * valuesPerSeries;
      this.#account.change(held);
      yield samples;
      this.#account.change(-held);
      release();
    }
  }

  async *#slabs(at: number): AsyncGenerator<{ samples: Samples[]; length: number; release: () => void }> {
    const fetch = this.#plan.fetches[at];
    if (fetch === undefined) return;
    const { signal, maxSamples } = this.#limits;
    const entries = await selectSeries(this.#reader, fetch, this.#limits);
    if (entries.length === 0) return;
    const { fromMs, toMs } = fetch;
    for await (const slab of this.#reader.scan({ series: entries, fromMs, toMs, maxSamples, signal })) {
      signal.throwIfAborted();
      const samples: Samples[] = [];
      for (let i = 0; i < slab.count; i++) samples.push(samplesOf(entries, slab, i));
      const length = slab.count === 0 ? 0 : (slab.ends[slab.count - 1] as number);
      this.read.series += slab.count;
      this.read.samples += length;
      if (this.read.samples > maxSamples) throw tooMany(maxSamples);
      yield { samples, length, release: () => slab.release() };
    }
  }
}

async function* none(): AsyncGenerator<readonly Samples[]> {}

const tooMany = (maxSamples: number): BinnacleError =>
  new BinnacleError(
    'query_limit',
    `the query would read more than ${maxSamples} samples; narrow the time range or the selector`,
  );
