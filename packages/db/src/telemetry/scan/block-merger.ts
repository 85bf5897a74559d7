import type { SampleBlock } from '@binnacle/shared/telemetry/reader.ts';
import { isStale } from '@binnacle/shared/telemetry/sample-batch.ts';
import type { NativeBlockView } from '../native/native-reader.ts';
import type { SeriesSet } from './series-set.ts';

const word = 2 ** 32;

/**
 * Turns blocks of `series UInt64, ts DateTime64(3), value Float64`, ordered by bucket, series and time, into
 * `SampleBlock`s, and merges samples with equal series and time. Of two such samples a number beats a NaN, a NaN beats a
 * stale marker, and of two numbers the larger stands: the answer does not depend on which was inserted first, and it is
 * the rule of ClickHouse's own `timeSeries…` functions. Values are moved as words, which keeps every bit.
 */
export class BlockMerger {
  readonly #set: SeriesSet;
  #seriesOf = new Uint32Array(0);
  #timestamps = new Float64Array(0);
  #values = new Float64Array(0);
  #valueWords = new Uint32Array(0);
  /** The newest sample waits here: the next block may begin with its duplicate. */
  #length = 0;
  #idLow = 0;
  #idHigh = 0;
  #series = -1;
  #aligned = new Uint32Array(0);
  readonly #before = new Float64Array(1);
  readonly #after = new Float64Array(1);
  readonly #beforeWords = new Uint32Array(this.#before.buffer);
  readonly #afterWords = new Uint32Array(this.#after.buffer);

  constructor(set: SeriesSet) {
    this.#set = set;
  }

  /** Takes a block; the answer holds all samples but the newest, which may have a duplicate to come. */
  push(block: NativeBlockView): SampleBlock {
    const { rows } = block;
    this.#reserve(rows + 1);
    const [ids, times, values] = this.#align(block);
    const seriesOf = this.#seriesOf;
    const timestamps = this.#timestamps;
    const valueWords = this.#valueWords;
    let at = this.#length;
    let series = this.#series;
    let idLow = this.#idLow;
    let idHigh = this.#idHigh;
    for (let row = 0; row < rows; row++) {
      const low = ids[2 * row] as number;
      const high = ids[2 * row + 1] as number;
      if (low !== idLow || high !== idHigh || series < 0) {
        series = this.#set.find(low, high);
        idLow = low;
        idHigh = high;
      }
      if (series < 0) continue;
      const time = (times[2 * row + 1] as number) * word + (times[2 * row] as number);
      const valueLow = values[2 * row] as number;
      const valueHigh = values[2 * row + 1] as number;
      if (at > 0 && seriesOf[at - 1] === series && timestamps[at - 1] === time) {
        if (!this.#replaces(valueWords, at - 1, valueLow, valueHigh)) continue;
        at--;
      }
      seriesOf[at] = series;
      timestamps[at] = time;
      valueWords[2 * at] = valueLow;
      valueWords[2 * at + 1] = valueHigh;
      at++;
    }
    this.#length = at;
    this.#series = series;
    this.#idLow = idLow;
    this.#idHigh = idHigh;
    return this.#view(Math.max(0, at - 1));
  }

  /** The newest sample, now that nothing follows. */
  end(): SampleBlock {
    this.#keepNewest();
    const view = this.#view(this.#length);
    this.#length = 0;
    return view;
  }

  #view(length: number): SampleBlock {
    return {
      length,
      seriesOf: this.#seriesOf,
      timestamps: this.#timestamps,
      values: this.#values,
      valueWords: this.#valueWords,
    };
  }

  /** Columns lie in the block at any offset; words need one that is divisible by four. */
  #align(block: NativeBlockView): [Uint32Array, Uint32Array, Uint32Array] {
    const wordsPerColumn = block.rows * 2;
    if (this.#aligned.length < wordsPerColumn * 3) this.#aligned = new Uint32Array(wordsPerColumn * 3);
    const bytes = new Uint8Array(this.#aligned.buffer);
    const views: Uint32Array[] = [];
    for (let i = 0; i < 3; i++) {
      bytes.set(block.columns[i]?.bytes as Uint8Array, i * wordsPerColumn * 4);
      views.push(this.#aligned.subarray(i * wordsPerColumn, (i + 1) * wordsPerColumn));
    }
    return views as [Uint32Array, Uint32Array, Uint32Array];
  }

  #keepNewest(): void {
    const newest = this.#length - 1;
    if (newest <= 0) return;
    this.#seriesOf[0] = this.#seriesOf[newest] as number;
    this.#timestamps[0] = this.#timestamps[newest] as number;
    this.#valueWords[0] = this.#valueWords[2 * newest] as number;
    this.#valueWords[1] = this.#valueWords[2 * newest + 1] as number;
    this.#length = 1;
  }

  /** Room for `rows` samples, the newest of the block before at the front. */
  #reserve(rows: number): void {
    this.#keepNewest();
    if (rows <= this.#timestamps.length) return;
    const seriesOf = new Uint32Array(rows);
    const timestamps = new Float64Array(rows);
    const values = new Float64Array(rows);
    const valueWords = new Uint32Array(values.buffer);
    if (this.#length === 1) {
      seriesOf[0] = this.#seriesOf[0] as number;
      timestamps[0] = this.#timestamps[0] as number;
      valueWords[0] = this.#valueWords[0] as number;
      valueWords[1] = this.#valueWords[1] as number;
    }
    this.#seriesOf = seriesOf;
    this.#timestamps = timestamps;
    this.#values = values;
    this.#valueWords = valueWords;
  }

  #replaces(valueWords: Uint32Array, at: number, low: number, high: number): boolean {
    this.#beforeWords[0] = valueWords[2 * at] as number;
    this.#beforeWords[1] = valueWords[2 * at + 1] as number;
    this.#afterWords[0] = low;
    this.#afterWords[1] = high;
    if (isStale(this.#afterWords, 0)) return false;
    if (isStale(this.#beforeWords, 0)) return true;
    const before = this.#before[0] as number;
    const after = this.#after[0] as number;
    if (Number.isNaN(after)) return false;
    return Number.isNaN(before) || after > before;
  }
}
