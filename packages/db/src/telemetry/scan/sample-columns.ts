import type { NativeBlockView } from '../native/native-reader.ts';

/**
 * A block of samples in columns. The id of row i is `ids[i]`, its lower half alone (`idStride` 1), or the two halves at `2i`
 * (`idStride` 2); its time `offsetMs + times[i]`, ms since 1970.
 */
export interface SampleColumns {
  readonly rows: number;
  readonly ids: Uint32Array;
  readonly idStride: 1 | 2;
  readonly offsetMs: number;
  readonly times: Uint32Array | Float64Array;
  readonly values: Float64Array;
  readonly valueWords: Uint32Array;
}

/** Where samples are put together. `valueWords` is the same memory as `values`. */
export interface OutColumns {
  readonly timestamps: Float64Array;
  readonly values: Float64Array;
  readonly valueWords: Uint32Array;
}

/** What a narrow row can hold of a time range: milliseconds in 32 bits, 49 days. */
export const narrowSpanMs = 0xffffffff;

/**
 * Expressions of a scan, 16 bytes a row. The names have the length that puts the columns of a large block at addresses which a
 * typed array can view, so that nothing is copied to be read.
 */
export const narrowColumns = (offsetMs: number): string =>
  `value AS val, toUInt32(toUnixTimestamp64Milli(ts) - ${offsetMs}) AS time, toUInt32(series) AS half`;

/** The columns as they are stored, 24 bytes a row: without those bounds, and without functions to be planned. */
export const wideColumns = 'value AS val, ts AS time, series AS full';

export function narrowBlock({ rows, columns }: NativeBlockView, offsetMs: number): SampleColumns {
  const [value, time, half] = columns as [Column, Column, Column];
  const values = floats(value.bytes);
  return {
    rows,
    ids: words(half.bytes),
    idStride: 1,
    offsetMs,
    times: words(time.bytes),
    values,
    valueWords: new Uint32Array(values.buffer, values.byteOffset, 2 * rows),
  };
}

export function wideBlock({ rows, columns }: NativeBlockView): SampleColumns {
  const [value, time, full] = columns as [Column, Column, Column];
  const values = floats(value.bytes);
  const halves = words(time.bytes);
  const times = new Float64Array(rows);
  for (let i = 0; i < rows; i++) times[i] = (halves[2 * i + 1] as number) * 2 ** 32 + (halves[2 * i] as number);
  return {
    rows,
    ids: words(full.bytes),
    idStride: 2,
    offsetMs: 0,
    times,
    values,
    valueWords: new Uint32Array(values.buffer, values.byteOffset, 2 * rows),
  };
}

type Column = NativeBlockView['columns'][number];

function floats(bytes: Uint8Array): Float64Array {
  const { buffer, byteOffset, byteLength } = bytes.byteOffset % 8 === 0 ? bytes : new Uint8Array(bytes);
  return new Float64Array(buffer, byteOffset, byteLength / 8);
}

function words(bytes: Uint8Array): Uint32Array {
  const { buffer, byteOffset, byteLength } = bytes.byteOffset % 4 === 0 ? bytes : new Uint8Array(bytes);
  return new Uint32Array(buffer, byteOffset, byteLength / 4);
}
