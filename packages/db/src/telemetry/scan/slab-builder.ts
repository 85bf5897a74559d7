import { setImmediate } from 'node:timers/promises';
import type { SampleSlab, TimeRange } from '@binnacle/shared/telemetry/reader.ts';
import { staleHigh, staleLow } from '@binnacle/shared/telemetry/sample-batch.ts';
import { freeBuffer } from '../native/free-buffer.ts';
import type { ColumnPool } from './column-pool.ts';
import { mergeRuns } from './merge-runs.ts';
import { RunList } from './run-list.ts';
import type { OutColumns, SampleColumns, SealedColumns } from './sample-columns.ts';
import type { SeriesSet } from './series-set.ts';

/** Longest stretch of work on a slab, and samples between two looks at the clock. */
const maxTurnMs = 2;
const samplesPerLook = 8_192;

const allTime: TimeRange = { fromMs: Number.NEGATIVE_INFINITY, toMs: Number.POSITIVE_INFINITY };

/**
 * Puts the samples of a scan together, series by series. Blocks come in any order and from any part of the table: within a
 * block, a stretch of rows of one series with rising times is a *run*. In most answers the runs of a series follow one
 * another in time, and are copied as a whole; where they overlap (late or repeated samples in parts that are not merged yet),
 * they are merged sample by sample.
 */
export class SlabBuilder {
  readonly #set: SeriesSet;
  readonly #pool: ColumnPool;
  readonly #range: TimeRange;
  readonly #blocks: SampleColumns[] = [];
  readonly #runs = new RunList();
  /** Stretches of the slab that may hold NaNs: from and to, exclusive, of each. */
  readonly #maybeNaN: number[] = [];

  /** What lies outside of the range is left out. */
  constructor(set: SeriesSet, pool: ColumnPool, range: TimeRange = allTime) {
    this.#set = set;
    this.#pool = pool;
    this.#range = range;
  }

  /** Samples taken so far, before duplicates are merged. */
  get samples(): number {
    return this.#runs.samples;
  }

  /** Takes a block, and its memory: `finish` frees it. */
  push(block: SampleColumns): void {
    const number = this.#blocks.push(block) - 1;
    const { rows, ids, idStride, times } = block;
    const set = this.#set;
    let from = 0;
    while (from < rows) {
      const id = ids[from * idStride] as number;
      const high = idStride === 2 ? (ids[from * 2 + 1] as number) : 0;
      let to = from + 1;
      let time = times[from] as number;
      if (idStride === 1) {
        while (to < rows && ids[to] === id) {
          const next = times[to] as number;
          if (next <= time) break;
          time = next;
          to++;
        }
      } else {
        while (to < rows && ids[to * 2] === id && ids[to * 2 + 1] === high) {
          const next = times[to] as number;
          if (next <= time) break;
          time = next;
          to++;
        }
      }
      const series = idStride === 1 ? set.findLow(id) : set.find(id, high);
      if (series >= 0) this.#addRun(series, number, times, block.offsetMs, from, to, 1);
      from = to;
    }
  }

  /** Takes a block of whole runs. */
  pushSealed(block: SealedColumns, bucketMs: number): void {
    const number = this.#blocks.push(block) - 1;
    const { rows, ids, buckets, ends, times, hasNaN } = block;
    let from = 0;
    for (let row = 0; row < rows; row++) {
      const to = ends[row] as number;
      const series = this.#set.find(ids[2 * row] as number, ids[2 * row + 1] as number);
      const offsetMs = (buckets[row] as number) * bucketMs;
      if (series >= 0) this.#addRun(series, number, times, offsetMs, from, to, hasNaN[row] as number);
      from = to;
    }
  }

  #addRun(
    series: number,
    number: number,
    times: SampleColumns['times'],
    offsetMs: number,
    start: number,
    end: number,
    mayHaveNaN: number,
  ): void {
    const { fromMs, toMs } = this.#range;
    const from = firstAtLeast(times, start, end, fromMs - offsetMs);
    const to = firstAtLeast(times, from, end, toMs - offsetMs + 1);
    if (from === to) return;
    this.#runs.add(series, number, from, to, offsetMs, offsetMs + (times[from] as number), mayHaveNaN);
  }

  /** The slab of everything that was pushed, put together in short turns of the event loop. The builder is done then. */
  async finish(): Promise<SampleSlab> {
    const { order, starts } = this.#runs.bySeries(this.#set.size);
    const { timestamps, values, valueWords, release } = this.#pool.take(this.#runs.samples);
    const seriesOf = new Uint32Array(this.#set.size);
    const ends = new Uint32Array(this.#set.size);
    const out = { timestamps, valueBytes: new Uint8Array(values.buffer), valueWords };
    let count = 0;
    let at = 0;
    let lookAt = samplesPerLook;
    let turnBegan = performance.now();
    for (let series = 0; series < this.#set.size; series++) {
      if (at >= lookAt) {
        lookAt = at + samplesPerLook;
        if (performance.now() - turnBegan > maxTurnMs) {
          await setImmediate();
          turnBegan = performance.now();
        }
      }
      const from = starts[series] as number;
      const to = starts[series + 1] as number;
      if (from === to) continue;
      const end = this.#place(order, from, to, out, at);
      if (end === at) continue;
      seriesOf[count] = this.#set.requestIndexOf(series);
      ends[count++] = end;
      at = end;
    }
    for (const { valueBytes, times, ids } of this.#blocks) {
      for (const { buffer } of [valueBytes, times, ids]) freeBuffer(buffer);
    }
    this.#blocks.length = 0;
    return {
      count,
      seriesOf,
      ends,
      timestamps,
      values,
      valueWords,
      stale: staleMarks(this.#maybeNaN, values, valueWords, at),
      release,
    };
  }

  /** Keeps in mind that there may be NaNs from `from` to `to`. Mostly that is right behind the last such stretch. */
  #doubt(from: number, to: number): void {
    const doubts = this.#maybeNaN;
    if (doubts.length > 0 && doubts[doubts.length - 1] === from) doubts[doubts.length - 1] = to;
    else doubts.push(from, to);
  }

  /** Writes the runs of one series from `at` on; returns the end of what was written. */
  #place(order: Uint32Array, from: number, to: number, out: OutColumns, at: number): number {
    const runs = this.#runs;
    let end = at;
    let last = Number.NEGATIVE_INFINITY;
    for (let i = from; i < to; i++) {
      const run = order[i] as number;
      if ((runs.firstTime[run] as number) <= last) {
        end = mergeRuns(this.#blocks, runs, order, from, to, out, at);
        this.#doubt(at, end);
        return end;
      }
      const begin = end;
      end = copyRun(this.#blocks[runs.block[run] as number] as SampleColumns, runs, run, out, end);
      if (runs.mayHaveNaN[run] === 1) this.#doubt(begin, end);
      last = out.timestamps[end - 1] as number;
    }
    return end;
  }
}

/** Index of the first of the ascending times from `start` to `end` that is not less. The ends are tried first. */
function firstAtLeast(times: SampleColumns['times'], start: number, end: number, time: number): number {
  if (start === end || (times[start] as number) >= time) return start;
  if ((times[end - 1] as number) < time) return end;
  let low = start;
  let high = end;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((times[middle] as number) < time) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Runs at least this long are copied by the engine's own copy, shorter ones word by word. */
const longRun = 24;

function copyRun(block: SampleColumns, runs: RunList, run: number, out: OutColumns, at: number): number {
  const from = runs.from[run] as number;
  const to = runs.to[run] as number;
  // A loop over one kind of array is several times faster than one over two.
  if (block.times instanceof Uint32Array) {
    copyNarrowTimes(block.times, runs.offset[run] as number, from, to, out.timestamps, at);
  } else out.timestamps.set(block.times.subarray(from, to), at);
  // As words, or by a copy of memory: a load and store as a float may change the bits of a stale marker.
  const words = block.valueWords;
  if (words === undefined || to - from >= longRun) {
    out.valueBytes.set(block.valueBytes.subarray(8 * from, 8 * to), 8 * at);
  } else {
    const { valueWords } = out;
    const shift = 2 * (at - from);
    for (let i = 2 * from; i < 2 * to; i++) valueWords[i + shift] = words[i] as number;
  }
  return at + to - from;
}

function copyNarrowTimes(
  times: Uint32Array,
  offsetMs: number,
  from: number,
  to: number,
  timestamps: Float64Array,
  at: number,
): void {
  for (let i = from, place = at; i < to; i++, place++) timestamps[place] = offsetMs + (times[i] as number);
}

function staleMarks(
  stretches: readonly number[],
  values: Float64Array,
  valueWords: Uint32Array,
  length: number,
): Uint8Array | undefined {
  let marks: Uint8Array | undefined;
  for (let stretch = 0; stretch < stretches.length; stretch += 2) {
    const to = stretches[stretch + 1] as number;
    for (let i = stretches[stretch] as number; i < to; i++) {
      if (!Number.isNaN(values[i] as number)) continue;
      if (valueWords[2 * i + 1] !== staleHigh || valueWords[2 * i] !== staleLow) continue;
      marks ??= new Uint8Array(length);
      marks[i] = 1;
    }
  }
  return marks;
}
