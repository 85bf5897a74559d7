import { formatFloat } from './float.ts';
import { writeShortest } from './shortest-digits.ts';

const zero = 0x30;
const minus = 0x2d;
const dot = 0x2e;

/** The most bytes that `writeFloat` writes: sign, 17 digits, dot, exponent. */
export const longestFloat = 25;

/**
 * Writes a float as `formatFloat` gives it, without making a string for those that people and counters have. Whole
 * numbers below 1e15 and decimals with up to six places below 1e9 go the short way: such a decimal has at most 15 digits,
 * and no two decimals of 15 digits are the same double: when dividing gives the value back, the digits are the shortest.
 * Returns the place after the last byte; the caller sees to it that `longestFloat` bytes are free.
 */
export function writeFloat(bytes: Uint8Array, at: number, value: number): number {
  if ((value | 0) === value && value !== -(2 ** 31)) {
    if (value > 0) return writeWhole(bytes, at, value);
    if (value === 0) {
      if (1 / value < 0) bytes[at++] = minus;
      bytes[at] = zero;
      return at + 1;
    }
    bytes[at] = minus;
    return writeWhole(bytes, at + 1, -value);
  }
  const size = Math.abs(value);
  if (size < 1e9) {
    const fine = Math.round(size * 1e6);
    if (fine / 1e6 === size) {
      if (value < 0) bytes[at++] = minus;
      const whole = size | 0;
      at = writeWhole(bytes, at, whole);
      bytes[at] = dot;
      return writeFraction(bytes, at + 1, fine - whole * 1e6);
    }
  } else if (size < 1e15 && Math.floor(size) === size) {
    if (value < 0) bytes[at++] = minus;
    const millions = Math.floor(size / 1e6);
    at = millions < 2 ** 31 ? writeWhole(bytes, at, millions) : writeText(bytes, at, `${millions}`);
    const rest = size - millions * 1e6;
    writeDigits(bytes, at, 6, rest);
    return at + 6;
  }
  if (size >= 1e-6 && size < 1e15) {
    if (value < 0) bytes[at++] = minus;
    const end = writeShortest(bytes, at, size);
    if (end >= 0) return end;
    return writeText(bytes, at, formatFloat(size));
  }
  return writeText(bytes, at, formatFloat(value));
}

/** Writes text of one byte per character. */
export function writeText(bytes: Uint8Array, at: number, text: string): number {
  for (let i = 0; i < text.length; i++) bytes[at + i] = text.charCodeAt(i);
  return at + text.length;
}

/** Writes a whole number from 0 below 2^31. */
export function writeWhole(bytes: Uint8Array, at: number, value: number): number {
  if (value < 10) {
    bytes[at] = zero + value;
    return at + 1;
  }
  const length = digitsOf(value);
  writeDigits(bytes, at, length, value);
  return at + length;
}

function digitsOf(value: number): number {
  if (value < 1e5) return value < 100 ? 2 : value < 1e3 ? 3 : value < 1e4 ? 4 : 5;
  return value < 1e6 ? 6 : value < 1e7 ? 7 : value < 1e8 ? 8 : value < 1e9 ? 9 : 10;
}

/** Writes the last `length` digits of a whole number below 2^31. */
export function writeDigits(bytes: Uint8Array, at: number, length: number, value: number): void {
  let left = value | 0;
  for (let i = at + length - 1; i >= at; i--) {
    const tenth = (left / 10) | 0;
    bytes[i] = zero + left - tenth * 10;
    left = tenth;
  }
}

/** The places after the dot, of `millionths`, without the zeros at the end. */
function writeFraction(bytes: Uint8Array, at: number, millionths: number): number {
  let left = millionths | 0;
  let length = 6;
  if (left % 1000 === 0) {
    left = (left / 1000) | 0;
    length = 3;
  }
  while (left % 10 === 0) {
    left = (left / 10) | 0;
    length--;
  }
  writeDigits(bytes, at, length, left);
  return at + length;
}
