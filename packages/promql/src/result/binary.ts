import type { LabelSet } from '@binnacle/shared/telemetry/labels.ts';
import { type Grid, noLabels } from '../evaluate/matrix.ts';
import { ByteChunks, chunkBytes } from './byte-chunks.ts';
import { formatMetric } from './json.ts';
import type { QueryValue } from './result.ts';

/** Type of content of a binary matrix: the whole answer of `query_range` and `query` for Binnacle's own pages. */
export const binaryMatrixType = 'application/vnd.binnacle.matrix';

/** The first four bytes; the last of them is the version of the layout. */
const magic = 'BMX1';

interface Row {
  readonly labels: LabelSet;
  /** Undefined: a value at every step. */
  readonly timestamps: Float64Array | undefined;
  readonly values: Float64Array;
}

interface Rows {
  readonly grid: Grid;
  readonly rows: readonly Row[];
}

/**
 * An answer as a binary matrix, little endian, each section at a multiple of 8 bytes:
 *
 * | bytes | what |
 * | --- | --- |
 * | 4 | `BMX1` |
 * | 4 | length H of the header, a multiple of 8 |
 * | H | JSON, filled up with spaces: `resultType`, `startMs`, `stepMs`, `count` (steps), `series` (labels), and what `more` holds |
 * | 4 per series | how many values it has; filled up to a multiple of 8 |
 * | ⌈count / 64⌉ · 8 for each series that has some values and lacks some | a bit per step, lowest first: whether there is a value |
 * | 8 per value | the values that are there, series after series, as float64 |
 *
 * Returns undefined for what has no grid: a string, and raw samples. `limit` cuts the number of series; 0 means all.
 */
export function writeBinaryMatrix(
  value: QueryValue,
  more: Readonly<Record<string, unknown>> = {},
  limit = 0,
): { readonly bytes: number; readonly chunks: Generator<Uint8Array> } | undefined {
  const whole = rowsOf(value);
  if (whole === undefined) return undefined;
  const { grid } = whole;
  const rows = limit > 0 ? whole.rows.slice(0, limit) : whole.rows;
  const head = header(value.type, grid, rows, more);
  const bitmap = bitmapBytes(grid.count);
  let bytes = padded(rows.length * 4);
  for (const chunk of head) bytes += chunk.length;
  for (const row of rows) bytes += row.values.length * 8 + (isPartial(row, grid) ? bitmap : 0);
  return { bytes, chunks: sections(head, grid, rows, bytes) };
}

function rowsOf(value: QueryValue): Rows | undefined {
  if (value.type === 'matrix') {
    const { grid, series } = value;
    return grid === undefined ? undefined : { grid, rows: series };
  }
  if (value.type === 'string') return undefined;
  const grid: Grid = { startMs: value.timeMs, stepMs: 0, count: 1 };
  if (value.type === 'scalar') {
    return { grid, rows: [{ labels: noLabels, timestamps: undefined, values: Float64Array.of(value.value) }] };
  }
  const { series, values } = value;
  return {
    grid,
    rows: series.map((labels, i) => ({ labels, timestamps: undefined, values: values.subarray(i, i + 1) })),
  };
}

const padded = (bytes: number): number => Math.ceil(bytes / 8) * 8;
const bitmapBytes = (steps: number): number => Math.ceil(steps / 64) * 8;
const isPartial = ({ values }: Row, { count }: Grid): boolean => values.length > 0 && values.length < count;

/** Magic, length and JSON; the labels make it as long as it is, so it comes in chunks too. */
function header(
  resultType: string,
  { startMs, stepMs, count }: Grid,
  rows: readonly Row[],
  more: Readonly<Record<string, unknown>>,
): Uint8Array[] {
  const chunks: Buffer[] = [];
  const out = new ByteChunks(256 + rows.length * 200);
  out.text(`${magic}....`);
  out.text(`${JSON.stringify({ resultType, startMs, stepMs, count, ...more }).slice(0, -1)},"series":[`);
  for (const [i, { labels }] of rows.entries()) {
    if (i > 0) out.text(',');
    out.text(formatMetric(labels));
    if (out.full) chunks.push(out.take());
  }
  out.text(']}');
  const length = chunks.reduce((sum, chunk) => sum + chunk.length, out.at);
  out.text(' '.repeat(padded(length) - length));
  chunks.push(out.rest());
  (chunks[0] as Buffer).writeUInt32LE(padded(length) - 8, 4);
  return chunks;
}

function* sections(
  head: readonly Uint8Array[],
  grid: Grid,
  rows: readonly Row[],
  bytes: number,
): Generator<Uint8Array> {
  yield* head;
  const out = new ByteChunks(bytes);
  for (const { values } of rows) {
    out.room(4);
    out.at = out.bytes.writeUInt32LE(values.length, out.at);
    if (out.full) yield out.take();
  }
  if (rows.length % 2 === 1) {
    out.room(4);
    out.at = out.bytes.writeUInt32LE(0, out.at);
  }
  const bitmap = new Uint8Array(bitmapBytes(grid.count));
  for (const row of rows) {
    if (!isPartial(row, grid)) continue;
    bitmap.fill(0);
    for (const timeMs of row.timestamps ?? []) {
      const step = Math.round((timeMs - grid.startMs) / grid.stepMs);
      bitmap[step >> 3] = (bitmap[step >> 3] as number) | (1 << (step & 7));
    }
    yield* raw(out, bitmap);
  }
  for (const { values } of rows) yield* raw(out, new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
  if (out.at > 0) yield out.rest();
}

/** Bytes as they lie in memory: every machine that Node runs on is little endian. */
function* raw(out: ByteChunks, bytes: Uint8Array): Generator<Uint8Array> {
  for (let from = 0; from < bytes.length; from += chunkBytes / 2) {
    const part = bytes.subarray(from, from + chunkBytes / 2);
    if (out.at + part.length > chunkBytes) yield out.take();
    out.room(part.length);
    out.bytes.set(part, out.at);
    out.at += part.length;
  }
}
