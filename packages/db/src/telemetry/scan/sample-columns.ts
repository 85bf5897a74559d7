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
  /** The values as they lie in memory, 8 bytes each, at any address. */
  readonly valueBytes: Uint8Array;
  /** The same memory, where its address allows that. */
  readonly valueWords: Uint32Array | undefined;
}

/** Rows of whole runs: row i has the samples from `ends[i - 1]` to `ends[i]`, its times in ms since the begin of its bucket. */
export interface SealedColumns extends SampleColumns {
  readonly buckets: Uint32Array;
  readonly ends: Uint32Array;
  /** 1 for each row with a NaN among its values. */
  readonly hasNaN: Uint8Array;
  readonly idStride: 2;
}

/** Where samples are put together. `valueBytes` and `valueWords` are the same memory. */
export interface OutColumns {
  readonly timestamps: Float64Array;
  readonly valueBytes: Uint8Array;
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

/** Columns of `sealed`, 12 bytes a sample. */
export const sealedColumns = 'vals, times, series, b, has_nan';

export function narrowBlock({ rows, columns }: NativeBlockView, offsetMs: number): SampleColumns {
  const [value, time, half] = columns as [Column, Column, Column];
  return {
    rows,
    ids: words(half.bytes),
    idStride: 1,
    offsetMs,
    times: words(time.bytes),
    ...valuesOf(value.bytes),
  };
}

export function sealedBlock({ rows, columns }: NativeBlockView): SealedColumns {
  const [vals, times, series, b, hasNaN] = columns as [Column, Column, Column, Column, Column];
  const wide = words(vals.ends as Uint8Array);
  const ends = new Uint32Array(rows);
  for (let i = 0; i < rows; i++) ends[i] = wide[2 * i] as number;
  return {
    rows,
    ids: words(series.bytes),
    idStride: 2,
    offsetMs: 0,
    times: words(times.bytes),
    ...valuesOf(vals.bytes),
    buckets: words(b.bytes),
    ends,
    hasNaN: hasNaN.bytes,
  };
}

export function wideBlock({ rows, columns }: NativeBlockView): SampleColumns {
  const [value, time, full] = columns as [Column, Column, Column];
  const halves = words(time.bytes);
  const times = new Float64Array(rows);
  for (let i = 0; i < rows; i++) times[i] = (halves[2 * i + 1] as number) * 2 ** 32 + (halves[2 * i] as number);
  return {
    rows,
    ids: words(full.bytes),
    idStride: 2,
    offsetMs: 0,
    times,
    ...valuesOf(value.bytes),
  };
}

type Column = NativeBlockView['columns'][number];

function valuesOf(valueBytes: Uint8Array): Pick<SampleColumns, 'valueBytes' | 'valueWords'> {
  return { valueBytes, valueWords: valueBytes.byteOffset % 4 === 0 ? words(valueBytes) : undefined };
}

function words(bytes: Uint8Array): Uint32Array {
  const { buffer, byteOffset, byteLength } = bytes.byteOffset % 4 === 0 ? bytes : new Uint8Array(bytes);
  return new Uint32Array(buffer, byteOffset, byteLength / 4);
}
