/**
 * Columns that are filled row by row, straight from the bytes of a request: texts, numbers, maps, and arrays of any of them.
 * Their memory is laid out as ClickHouse's `Native` format has it, so that writing them is copying them: a text is a varint
 * length and UTF-8 bytes, an array the ends of its rows (UInt64) and then the values of all rows one after another, a map an
 * array of keys and an array of values that share their ends. Nothing here makes an object per row.
 * Source: ClickHouse documentation, interfaces/specs/NativeFormat.
 */
export interface GrowingColumn {
  /** Bytes written so far. */
  readonly byteLength: number;
  /** Where `rollback` goes back to. */
  mark(): void;
  rollback(): void;
  /** The column's values, encoded; valid until the next row is added. */
  data(): Uint8Array[];
}

/** Bytes that grow by doubling. */
export class GrowingBytes implements GrowingColumn {
  #bytes = Buffer.allocUnsafe(1024);
  #length = 0;
  #marked = 0;

  get byteLength(): number {
    return this.#length;
  }

  mark(): void {
    this.#marked = this.#length;
  }

  rollback(): void {
    this.#length = this.#marked;
  }

  data(): Uint8Array[] {
    return [this.#bytes.subarray(0, this.#length)];
  }

  byte(value: number): void {
    this.#room(1);
    this.#bytes[this.#length++] = value;
  }

  varint(value: number): void {
    this.#room(10);
    let rest = value;
    for (; rest >= 0x80; rest = Math.floor(rest / 128)) this.#bytes[this.#length++] = (rest % 128) | 0x80;
    this.#bytes[this.#length++] = rest;
  }

  copy(from: Uint8Array, start: number, end: number): void {
    const count = end - start;
    this.#room(count);
    const into = this.#bytes;
    if (count > 48) into.set(from.subarray(start, end), this.#length);
    else for (let i = start, at = this.#length; i < end; i++, at++) into[at] = from[i] as number;
    this.#length += count;
  }

  text(value: string, byteLength: number): void {
    this.#room(byteLength);
    this.#length += this.#bytes.write(value, this.#length, 'utf8');
  }

  hex(from: Uint8Array, start: number, end: number): void {
    this.#room(2 * (end - start));
    for (let i = start; i < end; i++) {
      const byte = from[i] as number;
      this.#bytes[this.#length++] = hexDigits.charCodeAt(byte >>> 4);
      this.#bytes[this.#length++] = hexDigits.charCodeAt(byte & 15);
    }
  }

  /** A 64-bit integer in two halves of 32 bits. */
  words(low: number, high: number): void {
    this.#room(8);
    this.#length = this.#bytes.writeUInt32LE(low >>> 0, this.#length);
    this.#length = this.#bytes.writeUInt32LE(high >>> 0, this.#length);
  }

  #room(count: number): void {
    const needed = this.#length + count;
    if (needed <= this.#bytes.length) return;
    const larger = Buffer.allocUnsafe(Math.max(this.#bytes.length * 2, needed));
    this.#bytes.copy(larger, 0, 0, this.#length);
    this.#bytes = larger;
  }
}

const hexDigits = '0123456789abcdef';

/** A `String` column: of each row its length as varint, then its bytes, which must be UTF-8. */
export class TextColumn implements GrowingColumn {
  readonly #bytes = new GrowingBytes();

  get byteLength(): number {
    return this.#bytes.byteLength;
  }

  mark(): void {
    this.#bytes.mark();
  }

  rollback(): void {
    this.#bytes.rollback();
  }

  data(): Uint8Array[] {
    return this.#bytes.data();
  }

  /** bytes[start, end) as they are. */
  add(bytes: Uint8Array, start: number, end: number): void {
    this.#bytes.varint(end - start);
    this.#bytes.copy(bytes, start, end);
  }

  addText(value: string): void {
    const length = Buffer.byteLength(value, 'utf8');
    this.#bytes.varint(length);
    this.#bytes.text(value, length);
  }

  /** bytes[start, end) in lower-case hexadecimal digits. */
  addHex(bytes: Uint8Array, start: number, end: number): void {
    this.#bytes.varint(2 * (end - start));
    this.#bytes.hex(bytes, start, end);
  }

  /** All rows of another column, as they are encoded. */
  addAll(other: TextColumn): void {
    for (const piece of other.data()) this.#bytes.copy(piece, 0, piece.length);
  }
}

/** A column of one-byte numbers (`UInt8`). */
export class ByteColumn extends GrowingBytes {
  add(value: number): void {
    this.byte(value & 0xff);
  }
}

/** A column of 64-bit numbers (`UInt64`, `DateTime64`). */
export class WordColumn extends GrowingBytes {
  /** The eight little-endian bytes at this place. */
  addBytes(bytes: Uint8Array, at: number): void {
    this.copy(bytes, at, at + 8);
  }

  /** ms since 1970 as nanoseconds. */
  addNanoseconds(ms: number): void {
    const nanoseconds = BigInt(ms) * 1_000_000n;
    this.words(Number(nanoseconds & 0xffffffffn), Number(nanoseconds >> 32n));
  }

  /** A whole number from 0 to 2^53. */
  addNumber(value: number): void {
    this.words(value % 2 ** 32, Math.floor(value / 2 ** 32));
  }
}

/** `Array(T)`: values are added to `items`, then `endRow` says how many the row has. */
export class ArrayColumn<Items extends GrowingColumn> implements GrowingColumn {
  readonly items: Items;
  readonly #ends = new WordColumn();
  #end = 0;
  #marked = 0;

  constructor(items: Items) {
    this.items = items;
  }

  get byteLength(): number {
    return this.#ends.byteLength + this.items.byteLength;
  }

  mark(): void {
    this.#marked = this.#end;
    this.#ends.mark();
    this.items.mark();
  }

  rollback(): void {
    this.#end = this.#marked;
    this.#ends.rollback();
    this.items.rollback();
  }

  data(): Uint8Array[] {
    return [...this.#ends.data(), ...this.items.data()];
  }

  endRow(count: number): void {
    this.#end += count;
    this.#ends.addNumber(this.#end);
  }
}

/** `Map(String, String)`: keys and values are added one after another, then `endRow` closes the row. */
export class MapColumn implements GrowingColumn {
  readonly keys = new TextColumn();
  readonly values = new TextColumn();
  readonly #ends = new WordColumn();
  #end = 0;
  #marked = 0;

  get byteLength(): number {
    return this.#ends.byteLength + this.keys.byteLength + this.values.byteLength;
  }

  /** Entries of all rows. */
  get entries(): number {
    return this.#end;
  }

  mark(): void {
    this.#marked = this.#end;
    this.#ends.mark();
    this.keys.mark();
    this.values.mark();
  }

  rollback(): void {
    this.#end = this.#marked;
    this.#ends.rollback();
    this.keys.rollback();
    this.values.rollback();
  }

  data(): Uint8Array[] {
    return [...this.#ends.data(), ...this.keys.data(), ...this.values.data()];
  }

  endRow(count: number): void {
    this.#end += count;
    this.#ends.addNumber(this.#end);
  }

  /** One row with every entry of another map. */
  addRow(other: MapColumn): void {
    this.keys.addAll(other.keys);
    this.values.addAll(other.values);
    this.endRow(other.entries);
  }
}
