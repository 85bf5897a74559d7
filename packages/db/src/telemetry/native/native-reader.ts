/**
 * Reads ClickHouse's `Native` format block by block. Bytes may arrive cut anywhere: a block is handed over once it is
 * whole. Fixed-width columns are handed over as they lie in the block; strings and arrays of strings are decoded.
 */

/** Thrown inside when the bytes at hand end before the block does: so many are needed at least. */
class NeedMore {
  readonly bytes: number;

  constructor(bytes: number) {
    this.bytes = bytes;
  }
}

export interface NativeColumnView {
  readonly name: string;
  readonly type: string;
  /** Raw bytes of a fixed-width column; they may lie at any alignment. */
  readonly bytes: Uint8Array;
  /** Decoded rows of a `String` or `Array(String)` column. */
  readonly strings: readonly string[] | undefined;
  readonly lists: readonly (readonly string[])[] | undefined;
  /** Of an `Array(Nullable(Float64))` column, whose floats are in `bytes`: where each row ends, and a 1 for each NULL. */
  readonly floatLists?: { readonly ends: Uint8Array; readonly nulls: Uint8Array };
  /** Of an `Array` of another fixed-width type, whose items are in `bytes`: where each row ends (UInt64). */
  readonly ends?: Uint8Array;
}

export interface NativeBlockView {
  readonly rows: number;
  readonly columns: readonly NativeColumnView[];
}

export class NativeReader {
  #pieces: Uint8Array[] = [];
  #length = 0;
  /** Fewer bytes than this are not worth another try. */
  #needed = 1;
  #strings = new Map<string, string>();

  /** Takes the next bytes and returns the blocks that they complete. */
  push(bytes: Uint8Array): NativeBlockView[] {
    // A piece that follows nothing is read where it lies.
    if (this.#length === 0) this.#pieces = [bytes];
    else this.#pieces.push(bytes);
    this.#length += bytes.length;
    if (this.#length < this.#needed) return [];
    let rest = this.rest;
    const blocks: NativeBlockView[] = [];
    this.#needed = 1;
    while (rest.length > 0) {
      const cursor = new Cursor(rest);
      try {
        blocks.push(this.#block(cursor));
      } catch (error) {
        if (!(error instanceof NeedMore)) throw error;
        this.#needed = error.bytes;
        break;
      }
      rest = rest.subarray(cursor.at);
    }
    this.#pieces = [rest];
    this.#length = rest.length;
    return blocks;
  }

  /** Bytes that belong to no whole block. After the last push they should be empty; a server's late error stands there. */
  get rest(): Uint8Array {
    const [first] = this.#pieces;
    return this.#pieces.length === 1 && first !== undefined ? first : Buffer.concat(this.#pieces);
  }

  #block(cursor: Cursor): NativeBlockView {
    const columnCount = cursor.varint();
    const rows = cursor.varint();
    if (columnCount > 1000) throw new Error('not a block of Native');
    const columns: NativeColumnView[] = [];
    for (let i = 0; i < columnCount; i++) {
      const name = cursor.text();
      const type = cursor.text();
      columns.push(this.#column(cursor, name, type, rows));
    }
    return { rows, columns };
  }

  #column(cursor: Cursor, name: string, type: string, rows: number): NativeColumnView {
    const width = widthOf(type);
    if (width > 0) return { name, type, bytes: cursor.take(rows * width), strings: undefined, lists: undefined };
    if (type === 'String') {
      return { name, type, bytes: none, strings: this.#readStrings(cursor, rows), lists: undefined };
    }
    if (type === 'Array(String)') {
      const bytes = cursor.take(rows * 8);
      const ends = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      const total = rows === 0 ? 0 : Number(ends.getBigUint64((rows - 1) * 8, true));
      const all = this.#readStrings(cursor, total);
      const lists: string[][] = [];
      let start = 0;
      for (let row = 0; row < rows; row++) {
        const end = Number(ends.getBigUint64(row * 8, true));
        lists.push(all.slice(start, end));
        start = end;
      }
      return { name, type, bytes: none, strings: undefined, lists };
    }
    if (type === 'Array(Nullable(Float64))') {
      const ends = cursor.take(rows * 8);
      const last = Buffer.from(ends.buffer, ends.byteOffset, ends.byteLength);
      const total = rows === 0 ? 0 : Number(last.readBigUInt64LE((rows - 1) * 8));
      const nulls = cursor.take(total);
      const bytes = cursor.take(total * 8);
      return { name, type, bytes, strings: undefined, lists: undefined, floatLists: { ends, nulls } };
    }
    const itemWidth = type.startsWith('Array(') ? widthOf(type.slice(6, -1)) : 0;
    if (itemWidth > 0) {
      const ends = cursor.take(rows * 8);
      const last = Buffer.from(ends.buffer, ends.byteOffset, ends.byteLength);
      const total = rows === 0 ? 0 : Number(last.readBigUInt64LE((rows - 1) * 8));
      return { name, type, bytes: cursor.take(total * itemWidth), strings: undefined, lists: undefined, ends };
    }
    throw new Error(`no decoder for a Native column of type ${type}`);
  }

  /** Label names and values repeat over and over: equal strings become one object in memory. */
  #readStrings(cursor: Cursor, count: number): string[] {
    const strings: string[] = [];
    for (let i = 0; i < count; i++) {
      const value = cursor.text();
      const known = this.#strings.get(value);
      if (known === undefined && this.#strings.size < 1_000_000) this.#strings.set(value, value);
      strings.push(known ?? value);
    }
    return strings;
  }
}

const none = new Uint8Array(0);

function widthOf(type: string): number {
  switch (type) {
    case 'UInt8':
    case 'Bool':
      return 1;
    case 'UInt32':
      return 4;
    case 'UInt64':
    case 'Int64':
    case 'Float64':
      return 8;
    default:
      return type.startsWith('DateTime64(') ? 8 : 0;
  }
}

class Cursor {
  readonly #bytes: Buffer;
  at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  varint(): number {
    let value = 0;
    let scale = 1;
    for (;;) {
      if (this.at >= this.#bytes.length) throw new NeedMore(this.at + 1);
      const byte = this.#bytes[this.at++] as number;
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
      scale *= 0x80;
    }
  }

  take(length: number): Uint8Array {
    if (this.at + length > this.#bytes.length) throw new NeedMore(this.at + length);
    const start = this.at;
    this.at += length;
    return this.#bytes.subarray(start, this.at);
  }

  text(): string {
    const length = this.varint();
    if (this.at + length > this.#bytes.length) throw new NeedMore(this.at + length);
    const start = this.at;
    this.at += length;
    return this.#bytes.toString('utf8', start, this.at);
  }
}
