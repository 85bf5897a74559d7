import { randomInt } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { LabelSet } from '@binnacle/shared/telemetry/labels.ts';
import { SampleBatch } from '@binnacle/shared/telemetry/sample-batch.ts';
import { SeriesTable } from '@binnacle/shared/telemetry/series-table.ts';
import { ProtobufReader } from './protobuf.ts';
import { readLabels } from './remote-write-decode.ts';
import { maxRememberedBytes } from './series-intern.ts';

/** What `wasm/write-request.as` exports. */
interface Exports {
  layout(...places: [...numbers: number[], seed: bigint]): void;
  clear(): void;
  truncate(entries: number): void;
  entryCount(): number;
  seriesInRequest(): number;
  keyStart(entry: number): number;
  keyLength(entry: number): number;
  inflate(length: number, maxOutput: number): number;
  decode(length: number): number;
}

/** The table of series is full. */
const full = -2;
const pageBytes = 65_536;
const slack = 64;
const inputBytes = 4 * 1024 * 1024;
const outputBytes = 16 * 1024 * 1024;
const maxSamples = 131_072;
const bytesPerEntry = 24;
const maxKeyBytes = 1024 * 1024 * 1024;

let compiled: WebAssembly.Module | undefined;

/**
 * Decodes plain remote write 1.0 bodies (snappy, TimeSeries of labels and samples) into a batch whose series are numbered, in
 * WebAssembly: a third of a microsecond a sample, where JavaScript takes one and a half. Any other body (histograms, exemplars,
 * metadata, unknown fields, more than 131,072 samples) and every malformed one is left to `WriteRequestDecoder`, which names the fault.
 */
export class PlainWriteDecoder {
  readonly #labels: readonly (readonly [string, string])[];
  readonly #strings: { string(text: string): string };
  readonly #memory: WebAssembly.Memory;
  readonly #wasm: Exports;
  readonly #input: number;
  readonly #output: number;
  readonly #numbers: number;
  readonly #seriesOf: number;
  readonly #timestamps: number;
  readonly #values: number;
  #table = new SeriesTable();

  /** `labels` are put on series that lack them; `strings` gives one object for equal strings. At most `maxSeries` are known at a time. */
  constructor(labels: Readonly<Record<string, string>>, strings: { string(text: string): string }, maxSeries: number) {
    this.#labels = Object.entries(labels);
    this.#strings = strings;
    let at = pageBytes;
    const place = (bytes: number) => {
      const here = at;
      at += Math.ceil((bytes + slack) / slack) * slack;
      return here;
    };
    this.#input = place(inputBytes);
    this.#output = place(outputBytes);
    this.#numbers = place(maxSamples * 4);
    this.#seriesOf = place(maxSamples * 4);
    this.#timestamps = place(maxSamples * 8);
    this.#values = place(maxSamples * 8);
    const entries = Math.min(maxSeries, 2 ** 22);
    // A power of two, at least half of it free; the table begins with 1,024.
    const slots = place(Math.max(1024, 2 ** Math.ceil(Math.log2(entries * 2 + 2))) * 4);
    const entriesAt = place(entries * bytesPerEntry);
    // Keys come last: their room grows with them. What is not touched takes no memory.
    const arena = place(0);
    this.#memory = new WebAssembly.Memory({ initial: Math.ceil((arena + slack) / pageBytes) + 1, maximum: 65_536 });
    compiled ??= new WebAssembly.Module(readFileSync(new URL('./wasm/write-request.wasm', import.meta.url)));
    this.#wasm = new WebAssembly.Instance(compiled, { env: { memory: this.#memory } }).exports as unknown as Exports;
    const seed = BigInt(randomInt(2 ** 47)) * 2n + 1n;
    this.#wasm.layout(
      this.#input,
      inputBytes,
      this.#output,
      outputBytes,
      this.#numbers,
      this.#seriesOf,
      this.#timestamps,
      this.#values,
      maxSamples,
      slots,
      entriesAt,
      entries,
      arena,
      maxKeyBytes,
      seed,
    );
  }

  /** Series that are known. */
  get size(): number {
    return this.#table.labels.length;
  }

  /** Undefined where the body is for another decoder; then nothing of it is remembered. */
  decode(body: Uint8Array, maxInflatedBytes: number): SampleBatch | undefined {
    if (body.byteLength > inputBytes) return undefined;
    new Uint8Array(this.#memory.buffer, this.#input, body.byteLength).set(body);
    const length = this.#wasm.inflate(body.byteLength, maxInflatedBytes);
    if (length <= 0) return undefined;
    let samples = this.#wasm.decode(length);
    if (samples === full) {
      this.#wasm.clear();
      this.#table = new SeriesTable();
      samples = this.#wasm.decode(length);
    }
    if (samples < 0 || !this.#addSeries()) {
      this.#wasm.truncate(this.#table.labels.length);
      return undefined;
    }
    return this.#batch(samples);
  }

  /** Reads the labels of the series that are new; false where they are malformed, or too long to be remembered. */
  #addSeries(): boolean {
    const count = this.#wasm.entryCount();
    const table = this.#table;
    if (count === table.labels.length) return true;
    const reader = new ProtobufReader(Buffer.from(this.#memory.buffer));
    try {
      for (let entry = table.labels.length; entry < count; entry++) {
        const start = this.#wasm.keyStart(entry);
        const end = start + this.#wasm.keyLength(entry);
        if (end - start > maxRememberedBytes) return false;
        table.add(new LabelSet(readLabels(reader, start, end, this.#strings, this.#labels)));
      }
      return true;
    } catch {
      return false;
    }
  }

  #batch(samples: number): SampleBatch {
    const { buffer } = this.#memory;
    const batch = new SampleBatch(0);
    const { labels } = this.#table;
    const numbers = new Uint32Array(buffer, this.#numbers, this.#wasm.seriesInRequest()).slice();
    for (let i = 0; i < numbers.length; i++) batch.series.push(labels[numbers[i] as number] as LabelSet);
    batch.table = this.#table;
    batch.numbers = numbers;
    batch.seriesOf = new Uint32Array(buffer, this.#seriesOf, samples).slice();
    batch.timestamps = new Float64Array(buffer, this.#timestamps, samples).slice();
    // Copied as words: some NaNs do not survive as numbers.
    batch.valueWords = new Uint32Array(buffer, this.#values, samples * 2).slice();
    batch.values = new Float64Array(batch.valueWords.buffer);
    batch.length = samples;
    return batch;
  }
}
