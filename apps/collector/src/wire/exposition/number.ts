/**
 * Numbers of the exposition formats, read from bytes. Most values have few digits and no exponent: those are made of two
 * exact doubles and one correctly rounded division, without a string. The rest goes through `Number`, which rounds
 * correctly too.
 */
const powersOfTen = Array.from({ length: 23 }, (_, i) => 10 ** i);

/** Returned for bytes that are no number; every real NaN is the ordinary one, so compare with `isNoNumber`. */
export const noNumber = Symbol('no number');

const zero = 48;
const nine = 57;

/** The number in bytes[start, end), or `noNumber`. Takes what Go's ParseFloat takes without hexadecimal and underscores. */
export function readNumber(bytes: Buffer, start: number, end: number): number | typeof noNumber {
  let at = start;
  let negative = false;
  const first = bytes[at];
  if (first === 45 || first === 43) {
    negative = first === 45;
    at++;
  }
  let mantissa = 0;
  let digits = 0;
  let decimals = 0;
  let point = false;
  for (; at < end; at++) {
    const byte = bytes[at] as number;
    if (byte >= zero && byte <= nine) {
      if (digits < 16) mantissa = mantissa * 10 + (byte - zero);
      if (mantissa > 0) digits++;
      if (point) decimals++;
    } else if (byte === 46 && !point) {
      point = true;
    } else {
      break;
    }
  }
  const signed = first === 45 || first === 43 ? 1 : 0;
  const seen = at - start - signed - (point ? 1 : 0);
  if (at === end && seen > 0 && digits <= 15 && decimals <= 22) {
    const value = decimals === 0 ? mantissa : mantissa / (powersOfTen[decimals] as number);
    return negative ? -value : value;
  }
  if (seen > 0) {
    if (at < end && !isExponent(bytes, at, end)) return noNumber;
    return Number(bytes.toString('latin1', start, end));
  }
  return readWord(bytes.toString('latin1', start + signed, end), negative, signed === 1);
}

function isExponent(bytes: Buffer, start: number, end: number): boolean {
  let at = start;
  if (((bytes[at] as number) | 0x20) !== 101) return false;
  at++;
  if (bytes[at] === 45 || bytes[at] === 43) at++;
  if (at >= end) return false;
  for (; at < end; at++) if ((bytes[at] as number) < zero || (bytes[at] as number) > nine) return false;
  return true;
}

function readWord(text: string, negative: boolean, signed: boolean): number | typeof noNumber {
  const word = text.toLowerCase();
  if (word === 'inf' || word === 'infinity') return negative ? -Infinity : Infinity;
  if (word === 'nan' && !signed) return Number.NaN;
  return noNumber;
}
