import { randomInt } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { LabelSet } from '@binnacle/shared/telemetry/labels.ts';
import { SampleBatch } from '@binnacle/shared/telemetry/sample-batch.ts';
import { SeriesTable } from '@binnacle/shared/telemetry/series-table.ts';

/** What `wire/wasm/otlp-metrics.as` exports. */
interface Exports {
  layout(...places: [...numbers: number[], seed: bigint]): void;
  clear(): void;
  seriesInRequest(): number;
  resourcesInRequest(): number;
  decode(length: number, learn: 0 | 1): number;
}

/** Negative answers: the table is full; something in the request was not learned. All others: the request is not plain. */
const full = -2;
const unknown = -3;
const pageBytes = 65_536;
const slack = 64;
const maxBodyBytes = 4 * 1024 * 1024;
const maxSamples = 131_072;
const maxResources = 65_536;
const bytesPerEntry = 32;
const maxKeyBytes = 256 * 1024 * 1024;
const noLabels = new LabelSet([]);

let compiled: WebAssembly.Module | undefined;

/** A request as the other decoder understood it, of which the points can be learned when it is stored. */
export interface Learnable {
  /** Labels of each point's sample, in the order of the points. */
  readonly labels: readonly LabelSet[];
  /** Of each resource, in the order of the request: labels of its target_info, or null where it has none. */
  readonly infos: readonly (LabelSet | null)[];
}

/**
 * Decodes plain requests (gauges and cumulative sums with values) whose points were all seen before, in WebAssembly, a tenth of a
 * microsecond a point. It knows bytes only: what they mean it learns from `MetricsDecoder`, which decodes everything else.
 */
export class PlainMetrics {
  readonly #memory: WebAssembly.Memory;
  readonly #wasm: Exports;
  readonly #input: number;
  readonly #numbers: number;
  readonly #seriesOf: number;
  readonly #timestamps: number;
  readonly #values: number;
  readonly #resources: number;
  readonly #newest: number;
  #table = new SeriesTable();
  /** By number: whether it is the target_info of a resource that has one. */
  #infos: boolean[] = [];

  /** At most `maxEntries` resources, metrics and points are known at a time. */
  constructor(maxEntries: number) {
    let at = pageBytes;
    const place = (bytes: number) => {
      const here = at;
      at += Math.ceil((bytes + slack) / slack) * slack;
      return here;
    };
    this.#input = place(maxBodyBytes);
    this.#numbers = place(maxSamples * 4);
    this.#seriesOf = place(maxSamples * 4);
    this.#timestamps = place(maxSamples * 8);
    this.#values = place(maxSamples * 8);
    this.#resources = place(maxResources * 4);
    this.#newest = place(maxResources * 8);
    // A power of two, at least half of it free; the table begins with 1,024.
    const slots = place(Math.max(1024, 2 ** Math.ceil(Math.log2(maxEntries * 2 + 2))) * 4);
    const entries = place(maxEntries * bytesPerEntry);
    // Keys come last: their room grows with them. What is not touched takes no memory.
    const arena = place(0);
    this.#memory = new WebAssembly.Memory({ initial: Math.ceil((arena + slack) / pageBytes) + 1, maximum: 65_536 });
    compiled ??= new WebAssembly.Module(readFileSync(new URL('../../wire/wasm/otlp-metrics.wasm', import.meta.url)));
    this.#wasm = new WebAssembly.Instance(compiled, { env: { memory: this.#memory } }).exports as unknown as Exports;
    this.#wasm.layout(
      this.#input,
      this.#numbers,
      this.#seriesOf,
      this.#timestamps,
      this.#values,
      maxSamples,
      this.#resources,
      this.#newest,
      maxResources,
      slots,
      entries,
      maxEntries,
      arena,
      maxKeyBytes,
      BigInt(randomInt(2 ** 47)) * 2n + 1n,
    );
  }

  /** The batch; `unknown` where the request may be learned; `other` where it is never for this decoder. */
  decode(bytes: Uint8Array): { batch: SampleBatch; points: number } | 'unknown' | 'other' {
    const points = this.#decode(bytes, 0);
    if (points >= 0) return { batch: this.#batch(points), points };
    return points === unknown ? 'unknown' : 'other';
  }

  /** Learns what a request means that was decoded by the other decoder. */
  learn(bytes: Uint8Array, request: Learnable): void {
    let points = this.#decode(bytes, 1);
    if (points === full) {
      this.#forget();
      points = this.#decode(bytes, 1);
    }
    // What is known and not understood would be wrong ever after: rather nothing is known.
    if (points < 0 || !this.#addSeries(points, request)) this.#forget();
  }

  #decode(bytes: Uint8Array, learn: 0 | 1): number {
    if (bytes.byteLength > maxBodyBytes) return -1;
    new Uint8Array(this.#memory.buffer, this.#input, bytes.byteLength).set(bytes);
    return this.#wasm.decode(bytes.byteLength, learn);
  }

  #forget(): void {
    this.#wasm.clear();
    this.#table = new SeriesTable();
    this.#infos = [];
  }

  #addSeries(points: number, { labels, infos }: Learnable): boolean {
    const { buffer } = this.#memory;
    const table = this.#table;
    const resources = new Uint32Array(buffer, this.#resources, this.#wasm.resourcesInRequest());
    if (points !== labels.length || resources.length !== infos.length) return false;
    const numbers = new Uint32Array(buffer, this.#numbers, this.#wasm.seriesInRequest());
    const seriesOf = new Uint32Array(buffer, this.#seriesOf, points);
    const known = table.labels.length;
    const found = new Map<number, LabelSet | null>();
    for (let i = 0; i < resources.length; i++) found.set(resources[i] as number, infos[i] as LabelSet | null);
    const isInfo = new Set(found.keys());
    for (let i = 0; i < points; i++) found.set(numbers[seriesOf[i] as number] as number, labels[i] as LabelSet);
    // Numbers are given one after the other to what is new.
    for (let number = known; found.has(number); number++) {
      const label = found.get(number) as LabelSet | null;
      table.add(label ?? noLabels);
      this.#infos[number] = isInfo.has(number) && label !== null;
    }
    let highest = -1;
    for (const number of found.keys()) highest = Math.max(highest, number);
    return highest < table.labels.length;
  }

  #batch(points: number): SampleBatch {
    const { buffer } = this.#memory;
    const { labels } = this.#table;
    const seriesCount = this.#wasm.seriesInRequest();
    const visits = this.#wasm.resourcesInRequest();
    const resources = new Uint32Array(buffer, this.#resources, visits);
    const newest = new Float64Array(buffer, this.#newest, visits);
    const numbers = new Uint32Array(seriesCount + visits);
    const seriesOf = new Uint32Array(points + visits);
    const timestamps = new Float64Array(points + visits);
    // Copied as words: some NaNs do not survive as numbers.
    const valueWords = new Uint32Array(2 * (points + visits));
    numbers.set(new Uint32Array(buffer, this.#numbers, seriesCount));
    seriesOf.set(new Uint32Array(buffer, this.#seriesOf, points));
    timestamps.set(new Float64Array(buffer, this.#timestamps, points));
    valueWords.set(new Uint32Array(buffer, this.#values, 2 * points));
    const values = new Float64Array(valueWords.buffer);
    let [series, samples] = [seriesCount, points];
    for (let i = 0; i < visits; i++) {
      const number = resources[i] as number;
      if (!this.#infos[number] || !((newest[i] as number) > 0)) continue;
      numbers[series] = number;
      seriesOf[samples] = series++;
      timestamps[samples] = newest[i] as number;
      values[samples++] = 1;
    }
    const batch = new SampleBatch(0);
    for (let i = 0; i < series; i++) batch.series.push(labels[numbers[i] as number] as LabelSet);
    batch.table = this.#table;
    batch.numbers = numbers.subarray(0, series);
    batch.seriesOf = seriesOf;
    batch.timestamps = timestamps;
    batch.values = values;
    batch.valueWords = valueWords;
    batch.length = samples;
    return batch;
  }
}
