const zero = 0x30;
const dot = 0x2e;

/** Powers of ten that are doubles themselves, and the two halves of each, of 26 bits, for exact products. */
const powers = Float64Array.from({ length: 23 }, (_, i) => Number(`1e${i}`));
const splitter = 2 ** 27 + 1;
const highHalf = (value: number): number => {
  const scaled = splitter * value;
  return scaled - (scaled - value);
};
const highs = powers.map(highHalf);
const lows = powers.map((power, i) => power - (highs[i] as number));

/** 1e-6 to 1e16: where a value's first digit stands. */
const steps = Float64Array.from({ length: 23 }, (_, i) => Number(`1e${i - 6}`));

/** Half the distance to the next double, for values from 2^-20 on. */
const halves = Float64Array.from({ length: 70 }, (_, i) => 2 ** (i - 20 - 53));

/** The digits 00 to 99. */
const pairs = Uint8Array.from({ length: 200 }, (_, i) => zero + (i % 2 === 0 ? Math.floor(i / 20) : (i >> 1) % 10));

const double = new Float64Array(1);
const words = new Uint32Array(double.buffer);

/** So near to a tie or to the end of its interval a candidate is not judged here. */
const near = 1e-6;

/**
 * Writes a value of at least 1e-6 and below 1e15 with the fewest digits that give it back, the nearest of those: the
 * text of `${value}`, without a string. Returns the place after the last byte, or -1, with nothing said of the bytes
 * behind `at`, where it is too close to call: a few values in a thousand, and every power of two.
 *
 * The value times a power of ten that makes it 17 digits long is exact in two doubles (T. J. Dekker, A floating-point
 * technique for extending the available precision, 1971), and so is half the distance to its neighbours times that power.
 * A decimal of 15 or 16 digits stands for the value if it is nearer than that; one of 17 digits always does.
 */
export function writeShortest(bytes: Uint8Array, at: number, value: number): number {
  double[0] = value;
  const high = words[1] as number;
  if ((high & 0xfffff) === 0 && words[0] === 0) return -1;
  const exponent = (high >>> 20) - 1023;
  let first = Math.floor(exponent * 0.30102999566398114);
  if (value >= (steps[first + 7] as number)) first++;
  const power = 16 - first;

  const ten = powers[power] as number;
  const product = value * ten;
  const valueHigh = highHalf(value);
  const valueLow = value - valueHigh;
  const tenHigh = highs[power] as number;
  const tenLow = lows[power] as number;
  const error = valueHigh * tenHigh - product + valueHigh * tenLow + valueLow * tenHigh + valueLow * tenLow;
  const half = ten * (halves[exponent + 20] as number);

  // The first nine digits, and the other eight with what is behind them.
  let upper = Math.floor(product / 1e8);
  let rest = product - upper * 1e8;
  if (rest < 0) {
    upper--;
    rest += 1e8;
  }
  const lower = rest + error;
  let digits = Math.round(lower / 100) * 100;
  let away = Math.abs(digits - rest - error);
  if (away > half - near) {
    if (away < half + near) return -1;
    digits = Math.round(lower / 10) * 10;
    away = Math.abs(digits - rest - error);
    if (away > half - near || away > 5 - near) {
      if (away < half + near) return -1;
      digits = Math.round(lower);
      if (Math.abs(digits - rest - error) > 0.5 - near) return -1;
    }
  }
  if (digits >= 1e8) {
    digits -= 1e8;
    upper++;
  }
  if (digits < 0 || upper < 1e8 || upper >= 1e9) return -1;
  return placeDigits(bytes, at, upper, digits, first);
}

/** Writes 17 digits, the first of them at ten to the power of `first`, without zeros at the end. */
function placeDigits(bytes: Uint8Array, at: number, upper: number, lower: number, first: number): number {
  let from = at;
  if (first >= 0) from = at + 1;
  else {
    bytes[from++] = zero;
    bytes[from++] = dot;
    for (let i = -1; i > first; i--) bytes[from++] = zero;
  }
  const nine = upper | 0;
  const leading = (nine / 100_000_000) | 0;
  bytes[from] = zero + leading;
  writeEight(bytes, from + 1, nine - leading * 100_000_000);
  let end = from + 9;
  if (lower !== 0) {
    writeEight(bytes, end, lower | 0);
    end += 8;
  }
  while (bytes[end - 1] === zero) end--;
  if (first < 0) return end;
  const whole = first + 1;
  for (let i = 0; i < whole; i++) bytes[at + i] = bytes[at + 1 + i] as number;
  // All digits stand before the dot, zeros that were taken off among them.
  if (end <= from + whole) {
    for (let i = end - 1; i < at + whole; i++) bytes[i] = zero;
    return at + whole;
  }
  bytes[at + whole] = dot;
  return end;
}

function writeEight(bytes: Uint8Array, at: number, value: number): void {
  const high = (value / 10_000) | 0;
  const low = value - high * 10_000;
  const a = (high / 100) | 0;
  const b = high - a * 100;
  const c = (low / 100) | 0;
  const d = low - c * 100;
  bytes[at] = pairs[a * 2] as number;
  bytes[at + 1] = pairs[a * 2 + 1] as number;
  bytes[at + 2] = pairs[b * 2] as number;
  bytes[at + 3] = pairs[b * 2 + 1] as number;
  bytes[at + 4] = pairs[c * 2] as number;
  bytes[at + 5] = pairs[c * 2 + 1] as number;
  bytes[at + 6] = pairs[d * 2] as number;
  bytes[at + 7] = pairs[d * 2 + 1] as number;
}
