import { BinnacleError } from '@binnacle/shared/errors.ts';
import { compress } from 'snappyjs';

/**
 * Snappy, block format (https://github.com/google/snappy/blob/main/format_description.txt): a varint with the length,
 * then literals and copies. Remote write uses this one, never the framed format.
 */

/** Three bytes of a copy give at most 64 bytes: a header that promises more than this is a lie. */
const maxExpansion = 22;

const malformed = (at: number, what: string) => new BinnacleError('malformed_body', `snappy, byte ${at}: ${what}`);

/**
 * Inflates into `scratch` if it is large enough, else into new memory. The length in the header is checked against
 * `maxBytes` before anything is allocated. Throws `body_too_large`, or `malformed_body` with the place.
 */
export function snappyDecode(input: Uint8Array, maxBytes: number, scratch?: Buffer): Buffer {
  let length = 0;
  let at = 0;
  for (let shift = 0; ; shift += 7) {
    if (at >= input.length) throw malformed(at, 'the length header is cut off');
    const byte = input[at++] as number;
    length += (byte & 0x7f) * 2 ** shift;
    if (byte < 0x80) break;
    if (shift >= 28) throw malformed(at, 'the length header is too long');
  }
  if (length > maxBytes) {
    throw new BinnacleError(
      'body_too_large',
      `the body inflates to ${length} bytes, more than the ${maxBytes} that are taken`,
    );
  }
  if (length > input.length * maxExpansion)
    throw malformed(0, `the header promises ${length} bytes, more than the body can hold`);
  const output =
    scratch !== undefined && scratch.length >= length ? scratch.subarray(0, length) : Buffer.allocUnsafe(length);
  inflate(input, at, output);
  return output;
}

function inflate(input: Uint8Array, from: number, output: Buffer): void {
  const inputEnd = input.length;
  const outputEnd = output.length;
  let at = from;
  let to = 0;
  while (at < inputEnd) {
    const start = at;
    const tag = input[at++] as number;
    let length: number;
    let offset: number;
    switch (tag & 3) {
      case 0: {
        length = (tag >>> 2) + 1;
        if (length > 60) {
          const extra = length - 60;
          if (at + extra > inputEnd) throw malformed(start, 'a literal length is cut off');
          length = 1;
          for (let i = 0; i < extra; i++) length += (input[at + i] as number) * 2 ** (8 * i);
          at += extra;
        }
        if (at + length > inputEnd) throw malformed(start, 'a literal runs past the end of the body');
        if (to + length > outputEnd) throw malformed(start, 'more data than the header says');
        if (length < 24) for (let i = 0; i < length; i++) output[to + i] = input[at + i] as number;
        else output.set(input.subarray(at, at + length), to);
        at += length;
        to += length;
        continue;
      }
      case 1:
        if (at >= inputEnd) throw malformed(start, 'a copy is cut off');
        length = ((tag >>> 2) & 7) + 4;
        offset = ((tag >>> 5) << 8) | (input[at++] as number);
        break;
      case 2:
        if (at + 2 > inputEnd) throw malformed(start, 'a copy is cut off');
        length = (tag >>> 2) + 1;
        offset = (input[at] as number) | ((input[at + 1] as number) << 8);
        at += 2;
        break;
      default:
        if (at + 4 > inputEnd) throw malformed(start, 'a copy is cut off');
        length = (tag >>> 2) + 1;
        offset =
          ((input[at] as number) |
            ((input[at + 1] as number) << 8) |
            ((input[at + 2] as number) << 16) |
            ((input[at + 3] as number) << 24)) >>>
          0;
        at += 4;
    }
    if (offset === 0 || offset > to) throw malformed(start, 'a copy reaches before the beginning');
    if (to + length > outputEnd) throw malformed(start, 'more data than the header says');
    // Byte by byte: source and target may overlap, and then the copy repeats itself.
    for (let i = 0; i < length; i++) output[to + i] = output[to - offset + i] as number;
    to += length;
  }
  if (to !== outputEnd) throw malformed(at, `${to} bytes of the ${outputEnd} that the header says`);
}

export function snappyEncode(input: Uint8Array): Uint8Array {
  return compress(input);
}
