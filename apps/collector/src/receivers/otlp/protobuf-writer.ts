/** Writes protobuf into memory that grows. */
export class ProtobufWriter {
  #bytes: Buffer;
  #at = 0;

  constructor(sizeHint: number) {
    this.#bytes = Buffer.allocUnsafe(Math.max(1024, sizeHint));
  }

  tag(number: number, type: number): void {
    this.varint(number * 8 + type);
  }

  varint(value: number): void {
    this.#room(10);
    let rest = value;
    for (; rest >= 0x80; rest = Math.floor(rest / 128)) this.#bytes[this.#at++] = (rest % 128) | 0x80;
    this.#bytes[this.#at++] = rest;
  }

  varint64(value: bigint): void {
    this.#room(10);
    let rest = BigInt.asUintN(64, value);
    for (; rest >= 0x80n; rest >>= 7n) this.#bytes[this.#at++] = Number(rest & 0x7fn) | 0x80;
    this.#bytes[this.#at++] = Number(rest);
  }

  fixed64(value: bigint): void {
    this.#room(8);
    this.#at = this.#bytes.writeBigUInt64LE(BigInt.asUintN(64, value), this.#at);
  }

  double(value: number): void {
    this.#room(8);
    this.#at = this.#bytes.writeDoubleLE(value, this.#at);
  }

  fixed32(value: number): void {
    this.#room(4);
    this.#at = this.#bytes.writeUInt32LE(value, this.#at);
  }

  /** Length-delimited text, or bytes in base64 or hexadecimal digits. */
  text(text: string, encoding: 'utf8' | 'base64' | 'hex'): void {
    const length = Buffer.byteLength(text, encoding);
    this.varint(length);
    this.#room(length);
    this.#at += this.#bytes.write(text, this.#at, encoding);
  }

  /** Begins a message; hand the result to `endMessage`. The length is written later, in five bytes whatever it is. */
  beginMessage(): number {
    this.#room(5);
    this.#at += 5;
    return this.#at;
  }

  endMessage(start: number): void {
    let rest = this.#at - start;
    for (let i = 5; i > 1; i--) {
      this.#bytes[start - i] = (rest % 128) | 0x80;
      rest = Math.floor(rest / 128);
    }
    this.#bytes[start - 1] = rest;
  }

  done(): Buffer {
    return this.#bytes.subarray(0, this.#at);
  }

  #room(bytes: number): void {
    if (this.#at + bytes <= this.#bytes.length) return;
    const larger = Buffer.allocUnsafe(Math.max(this.#bytes.length * 2, this.#at + bytes));
    this.#bytes.copy(larger, 0, 0, this.#at);
    this.#bytes = larger;
  }
}
