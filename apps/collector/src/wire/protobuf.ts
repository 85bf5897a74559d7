import { isUtf8 } from 'node:buffer';
import { BinnacleError } from '@binnacle/shared/errors.ts';

/** Wire types of https://protobuf.dev/programming-guides/encoding/ */
export const wire = { varint: 0, fixed64: 1, bytes: 2, fixed32: 5 } as const;

/**
 * Reads protobuf straight from bytes, checked against the end of the message at every step. Nothing is copied: lengths
 * and positions are numbers, and `position` is the caller's to move. Throws `malformed_body` with the byte.
 */
export class ProtobufReader {
  readonly bytes: Buffer;
  position = 0;

  constructor(bytes: Buffer) {
    this.bytes = bytes;
  }

  fail(what: string, at = this.position): never {
    throw new BinnacleError('malformed_body', `protobuf, byte ${at}: ${what}`);
  }

  /** A tag or length: at most 32 bits. */
  uint32(end: number): number {
    const { bytes } = this;
    let at = this.position;
    if (at >= end) this.fail('cut off');
    let byte = bytes[at++] as number;
    if (byte < 0x80) {
      this.position = at;
      return byte;
    }
    let value = byte & 0x7f;
    for (let shift = 7; ; shift += 7) {
      if (at >= end) this.fail('a varint is cut off');
      byte = bytes[at++] as number;
      if (shift < 28) value |= (byte & 0x7f) << shift;
      else if (shift === 28) value += (byte & 0x0f) * 2 ** 28;
      if (byte < 0x80) break;
      if (shift >= 63) this.fail('a varint is longer than ten bytes');
    }
    this.position = at;
    return value;
  }

  /** A signed 64-bit varint as a number: exact up to 2^53. */
  int64(end: number): number {
    const { bytes } = this;
    let at = this.position;
    let low = 0;
    let middle = 0;
    let high = 0;
    for (let i = 0; ; i++) {
      if (at >= end) this.fail('a varint is cut off');
      if (i === 10) this.fail('a varint is longer than ten bytes');
      const byte = bytes[at++] as number;
      if (i < 4) low |= (byte & 0x7f) << (7 * i);
      else if (i < 8) middle |= (byte & 0x7f) << (7 * (i - 4));
      else high |= (byte & 0x7f) << (7 * (i - 8));
      if (byte < 0x80) break;
    }
    this.position = at;
    if ((high & 0x80) === 0) return low + middle * 2 ** 28 + (high & 0x7f) * 2 ** 56;
    // Negative: two's complement of 64 bits, taken apart so that small numbers stay exact.
    const upper = ((high & 0xff) << 24) | (middle >>> 4) | 0;
    const lower = ((middle & 0x0f) * 2 ** 28 + low) >>> 0;
    return upper * 2 ** 32 + lower;
  }

  /** The end of a length-delimited field whose length stands at the position; the position then is its beginning. */
  bytesEnd(end: number): number {
    const length = this.uint32(end);
    const fieldEnd = this.position + length;
    if (fieldEnd > end) this.fail(`a field of ${length} bytes runs past the end of its message`);
    return fieldEnd;
  }

  /** Moves past 8 bytes and returns where they begin. */
  fixed64(end: number): number {
    const at = this.position;
    if (at + 8 > end) this.fail('a 64-bit field is cut off');
    this.position = at + 8;
    return at;
  }

  double(end: number): number {
    return this.bytes.readDoubleLE(this.fixed64(end));
  }

  /** Length-delimited UTF-8. */
  string(end: number): string {
    const stop = this.bytesEnd(end);
    const start = this.position;
    this.position = stop;
    return this.text(start, stop);
  }

  text(start: number, end: number): string {
    const { bytes } = this;
    for (let i = start; i < end; i++) {
      if ((bytes[i] as number) < 0x80) continue;
      if (!isUtf8(bytes.subarray(start, end))) this.fail('a string is not UTF-8', start);
      return bytes.toString('utf8', start, end);
    }
    return bytes.toString('latin1', start, end);
  }

  /** Skips the value of an unknown field. */
  skip(tag: number, end: number): void {
    if (tag >>> 3 === 0) this.fail('field number 0');
    switch (tag & 7) {
      case wire.varint:
        this.uint32(end);
        return;
      case wire.fixed64:
        this.fixed64(end);
        return;
      case wire.bytes:
        this.position = this.bytesEnd(end);
        return;
      case wire.fixed32:
        if (this.position + 4 > end) this.fail('a 32-bit field is cut off');
        this.position += 4;
        return;
      default:
        this.fail(`wire type ${tag & 7} is not known`);
    }
  }

  /** Refuses a known field that comes with another wire type than its own. */
  expect(tag: number, type: number): void {
    if ((tag & 7) !== type) this.fail(`field ${tag >>> 3} has wire type ${tag & 7} instead of ${type}`);
  }
}
