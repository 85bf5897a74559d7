import { describe, expect, test } from 'vitest';
import { writeShortest } from './shortest-digits.ts';

const buffer = Buffer.alloc(64);

/** Compares with what JavaScript prints; returns how many were left to it. */
function compare(values: Iterable<number>): number {
  let left = 0;
  for (const value of values) {
    if (!(value >= 1e-6 && value < 1e15)) continue;
    const end = writeShortest(buffer, 3, value);
    if (end < 0) left++;
    else {
      const text = buffer.toString('latin1', 3, end);
      if (text !== `${value}`) expect(text).toBe(`${value}`);
    }
  }
  return left;
}

function* neighbours(value: number, count: number): Generator<number> {
  const bits = new Float64Array([value]);
  const words = new BigInt64Array(bits.buffer);
  words[0] = (words[0] as bigint) - BigInt(count);
  for (let i = 0; i < 2 * count; i++) {
    yield bits[0] as number;
    words[0] = (words[0] as bigint) + 1n;
  }
}

describe('the shortest digits are those that JavaScript prints', () => {
  test('of numbers of 17 digits, of every size', () => {
    const values = Array.from({ length: 60_000 }, (_, i) => (((i + 1) * Math.SQRT2) % 1) * 10 ** ((i % 21) - 5));
    expect(compare(values)).toBeLessThan(values.length / 50);
  });

  test('beside powers of two and of ten, where the distance between doubles and the number of digits change', () => {
    for (let exponent = -20; exponent < 50; exponent++) compare(neighbours(2 ** exponent, 200));
    for (let exponent = -6; exponent < 16; exponent++) compare(neighbours(Number(`1e${exponent}`), 1000));
  });

  test('beside decimals of few digits', () => {
    for (let i = 1; i < 2000; i++) compare(neighbours(Number(`${(i * 7919) % 100_003}e${(i % 17) - 10}`), 4));
  });

  test('beside halves of large whole numbers, where two decimals are equally near', () => {
    for (let i = 0; i < 2000; i++) compare(neighbours(2 ** 49 + i * 12_345 + 0.5, 4));
  });
});
