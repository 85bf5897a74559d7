/**
 * Blocks in ClickHouse's `Native` format (protocol revision 0, as files and the HTTP interface use it):
 * varint columns, varint rows, then for each column its name, its type and its values, all little-endian.
 * A `Map` is the ends of its rows (UInt64), then all keys, then all values; a string is a varint length and UTF-8 bytes.
 * Source: ClickHouse documentation, interfaces/specs/NativeFormat.
 */
export interface NativeColumn {
  readonly name: string;
  readonly type: string;
  /** The column's values, already encoded; written one after another. */
  readonly data: readonly Uint8Array[];
}

/** Pieces of one block; write them one after another. Nothing is copied. */
export function nativeBlock(rows: number, columns: readonly NativeColumn[]): Uint8Array[] {
  const pieces: Uint8Array[] = [Buffer.concat([varint(columns.length), varint(rows)])];
  for (const column of columns) {
    pieces.push(Buffer.concat([text(column.name), text(column.type)]));
    for (const data of column.data) if (data.byteLength > 0) pieces.push(data);
  }
  return pieces;
}

/** The bytes of a typed array, without a copy. */
export function bytesOf(array: ArrayBufferView): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}

/** A `String` column. */
export function stringColumn(values: Iterable<string>): Uint8Array[] {
  const pieces: Uint8Array[] = [];
  for (const value of values) pieces.push(text(value));
  return [Buffer.concat(pieces)];
}

/** A `Map(String, String)` column from flat lists `[key, value, key, value, …]`. */
export function mapColumn(rows: readonly (readonly string[])[]): Uint8Array[] {
  const ends = new BigUint64Array(rows.length);
  const keys: Uint8Array[] = [];
  const values: Uint8Array[] = [];
  let end = 0;
  for (let row = 0; row < rows.length; row++) {
    const pairs = rows[row] as readonly string[];
    for (let i = 0; i < pairs.length; i += 2) {
      keys.push(text(pairs[i] as string));
      values.push(text(pairs[i + 1] as string));
    }
    end += pairs.length / 2;
    ends[row] = BigInt(end);
  }
  return [bytesOf(ends), Buffer.concat(keys), Buffer.concat(values)];
}

function text(value: string): Uint8Array {
  const bytes = Buffer.from(value, 'utf8');
  return Buffer.concat([varint(bytes.length), bytes]);
}

function varint(value: number): Uint8Array {
  const bytes: number[] = [];
  let rest = value;
  while (rest >= 0x80) {
    bytes.push((rest % 0x80) | 0x80);
    rest = Math.floor(rest / 0x80);
  }
  bytes.push(rest);
  return Uint8Array.from(bytes);
}
