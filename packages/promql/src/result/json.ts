import type { LabelSet } from '@binnacle/shared/telemetry/labels.ts';
import type { Grid } from '../evaluate/matrix.ts';
import { ByteChunks } from './byte-chunks.ts';
import { formatFloat } from './float.ts';
import { longestFloat, writeDigits, writeFloat, writeText, writeWhole } from './float-bytes.ts';
import type { QueryValue, ResultSeries } from './result.ts';

/** A time as the Prometheus API writes it: unix seconds, with milliseconds where there are any. */
export function formatTime(timeMs: number): string {
  const sign = timeMs < 0 ? '-' : '';
  const whole = Math.abs(timeMs);
  const ms = whole % 1000;
  const seconds = `${sign}${(whole - ms) / 1000}`;
  return ms === 0 ? seconds : `${seconds}.${`${Math.trunc(ms)}`.padStart(3, '0')}`;
}

/** Labels as a JSON object. */
export function formatMetric(labels: LabelSet): string {
  let text = '{';
  for (let i = 0; i < labels.pairs.length; i += 2) {
    if (i > 0) text += ',';
    text += `${JSON.stringify(labels.pairs[i])}:${JSON.stringify(labels.pairs[i + 1])}`;
  }
  return `${text}}`;
}

/**
 * `"resultType":…,"result":…` of a Prometheus API answer, in chunks of bounded size that belong to whoever takes them.
 * Nothing is made per point: the bytes of each time are laid out once for all series, and numbers are written as digits.
 * `limit` cuts the number of series; 0 means all.
 */
export function* writeQueryValue(value: QueryValue, limit = 0): Generator<Uint8Array> {
  if (value.type === 'scalar' || value.type === 'string') {
    const shown = value.type === 'scalar' ? `"${formatFloat(value.value)}"` : JSON.stringify(value.value);
    yield Buffer.from(`"resultType":"${value.type}","result":[${formatTime(value.timeMs)},${shown}]`);
    return;
  }
  const count = limit > 0 ? Math.min(limit, value.series.length) : value.series.length;
  if (value.type === 'vector') yield* writeVector(value, count);
  else yield* writeMatrix(value, count);
}

function* writeVector(value: QueryValue & { type: 'vector' }, count: number): Generator<Uint8Array> {
  const out = new ByteChunks(64 + count * 256);
  out.text('"resultType":"vector","result":[');
  const between = `,"value":[${formatTime(value.timeMs)},"`;
  for (let s = 0; s < count; s++) {
    out.text(`${s > 0 ? ',' : ''}{"metric":${formatMetric(value.series[s] as LabelSet)}${between}`);
    out.room(longestFloat + 3);
    out.at = writeText(out.bytes, writeFloat(out.bytes, out.at, value.values[s] as number), '"]}');
    if (out.full) yield out.take();
  }
  out.text(']');
  yield out.rest();
}

function* writeMatrix(value: QueryValue & { type: 'matrix' }, count: number): Generator<Uint8Array> {
  const times = value.grid === undefined ? new SpelledTimes() : new GridTimes(value.grid);
  let points = 0;
  for (let s = 0; s < count; s++) points += (value.series[s] as ResultSeries).values.length;
  const out = new ByteChunks(64 + count * 256 + points * 32);
  out.text('"resultType":"matrix","result":[');
  for (let s = 0; s < count; s++) {
    const series = value.series[s] as ResultSeries;
    out.text(`${s > 0 ? ',' : ''}{"metric":${formatMetric(series.labels)},"values":[`);
    for (let from = 0; from < series.values.length; ) {
      out.room(longestPoint);
      from = writePoints(out, series, from, times);
      if (from < series.values.length || out.full) yield out.take();
    }
    out.text(series.values.length > 0 ? '"]]}' : ']}');
    if (out.full) yield out.take();
  }
  out.text(']');
  yield out.rest();
}

/** The most bytes of `"],[<time>,"<value>`, and of what may follow. */
const longestPoint = 64;

/** Bytes before `[<time>,"` that end the point before: `"],`. */
const betweenPoints = '"],';

/** What stands before each value: `"],[<time>,"`, the bytes from `begin(timeMs)` to `end` of `bytes`. */
interface Times {
  readonly bytes: Uint8Array;
  readonly end: number;
  begin(timeMs: number): number;
}

/** Times of a range query: laid out once, and found by their step. */
class GridTimes implements Times {
  readonly bytes: Uint8Array;
  readonly #ends: Uint32Array;
  readonly #grid: Grid;
  end = 0;

  constructor(grid: Grid) {
    this.#grid = grid;
    this.#ends = new Uint32Array(grid.count + 1);
    const out = new ByteChunks(grid.count * 24);
    for (let step = 0; step < grid.count; step++) {
      out.text(`${betweenPoints}[${formatTime(grid.startMs + step * grid.stepMs)},"`);
      this.#ends[step + 1] = out.at;
    }
    this.bytes = new Uint8Array(out.bytes.buffer, 0, out.at);
  }

  begin(timeMs: number): number {
    const step = Math.round((timeMs - this.#grid.startMs) / this.#grid.stepMs);
    this.end = this.#ends[step + 1] as number;
    return this.#ends[step] as number;
  }
}

/** Times of raw samples, each its own. */
class SpelledTimes implements Times {
  readonly bytes = new Uint8Array(longestPoint);
  readonly #from = writeText(this.bytes, 0, `${betweenPoints}[`);
  end = 0;

  begin(timeMs: number): number {
    const { bytes } = this;
    const seconds = Math.floor(timeMs / 1000);
    const ms = timeMs - seconds * 1000;
    if (seconds < 0 || seconds >= 2 ** 31 || !Number.isInteger(ms)) {
      this.end = writeText(bytes, this.#from, `${formatTime(timeMs)},"`);
      return 0;
    }
    let at = writeWhole(bytes, this.#from, seconds);
    if (ms > 0) {
      bytes[at] = 0x2e;
      writeDigits(bytes, at + 1, 3, ms);
      at += 4;
    }
    bytes[at] = 0x2c;
    bytes[at + 1] = 0x22;
    this.end = at + 2;
    return 0;
  }
}

/**
 * Writes points until the chunk is full or the series ends; returns the first that is still to be written. The end of the
 * last point is left to whoever ends the series.
 */
function writePoints(out: ByteChunks, series: ResultSeries, from: number, times: Times): number {
  const { bytes } = out;
  const { values, timestamps } = series;
  const timeBytes = times.bytes;
  const last = bytes.length - longestPoint;
  let at = out.at;
  let i = from;
  let before = Number.NaN;
  let beforeFrom = 0;
  let beforeTo = 0;
  for (; i < values.length && at <= last; i++) {
    let begin = times.begin(timestamps[i] as number);
    if (i === 0) begin += betweenPoints.length;
    const { end } = times;
    for (let j = begin; j < end; j++) bytes[at++] = timeBytes[j] as number;
    const value = values[i] as number;
    // Zeros are equal whatever their sign; NaN never is.
    if (value === before && value !== 0) {
      for (let j = beforeFrom; j < beforeTo; j++) bytes[at++] = bytes[j] as number;
    } else {
      beforeFrom = at;
      at = writeFloat(bytes, at, value);
      beforeTo = at;
      before = value;
    }
  }
  out.at = at;
  return i;
}
