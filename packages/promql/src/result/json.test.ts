import { labelsFromObject } from '@binnacle/shared/telemetry/labels.ts';
import { describe, expect, test } from 'vitest';
import { formatFloat } from './float.ts';
import { longestFloat, writeFloat } from './float-bytes.ts';
import { formatTime, writeQueryValue } from './json.ts';
import type { QueryValue, ResultSeries } from './result.ts';

/** Numbers between 0 and 1 that are the same at every run. */
function randomly(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x9e3779b9) | 0;
    return ((state ^ (state >>> 13)) >>> 0) / 2 ** 32;
  };
}

const buffer = Buffer.alloc(64);
const written = (value: number): string => {
  const end = writeFloat(buffer, 3, value);
  expect(end - 3).toBeLessThanOrEqual(longestFloat);
  return buffer.toString('latin1', 3, end);
};

describe('a float as bytes is the text that formatFloat gives', () => {
  const edges = [
    0,
    -0,
    1,
    -1,
    9,
    10,
    99,
    100,
    0.1,
    0.000001,
    0.0000001,
    0.0000015,
    0.999999,
    1.000001,
    1e-7,
    5e-324,
    2.2250738585072014e-308,
    2.225073858507201e-308,
    Number.MAX_VALUE,
    -Number.MAX_VALUE,
    Number.MAX_SAFE_INTEGER,
    2 ** 53 + 2,
    2 ** 31 - 1,
    2 ** 31,
    -(2 ** 31),
    2 ** 32,
    999_999_999.999999,
    1e9,
    1_000_000_000.5,
    999_999_999_999_999,
    1e15,
    1e15 + 0.5,
    123_456_789_012,
    100_000_000_000_000.02,
    1e20,
    1e21,
    1.5e300,
    0.1 + 0.2,
    4.35,
    1 / 3,
    Number.NaN,
    Number.POSITIVE_INFINITY,
    Number.NEGATIVE_INFINITY,
  ];
  test.each(edges)('%d', (value) => {
    expect(written(value)).toBe(formatFloat(value));
  });

  test('whatever the bits', () => {
    const random = randomly(7);
    const words = new Uint32Array(2);
    const bits = new Float64Array(words.buffer);
    for (let i = 0; i < 60_000; i++) {
      words[0] = random() * 2 ** 32;
      words[1] = random() * 2 ** 32;
      const value = bits[0] as number;
      if (written(value) !== formatFloat(value)) expect(written(value)).toBe(formatFloat(value));
    }
  });

  test('decimals of every length, whole numbers of every size, and their neighbours', () => {
    const random = randomly(11);
    const words = new BigInt64Array(1);
    const bits = new Float64Array(words.buffer);
    for (let i = 0; i < 60_000; i++) {
      const places = Math.floor(random() * 9);
      const size = 10 ** Math.floor(random() * 17);
      const value = (random() < 0.5 ? -1 : 1) * (Math.round(random() * size * 10 ** places) / 10 ** places);
      bits[0] = value;
      words[0] = (words[0] as bigint) + 1n;
      for (const one of [value, bits[0] as number]) {
        if (written(one) !== formatFloat(one)) expect(written(one)).toBe(formatFloat(one));
      }
    }
  });
});

describe('an answer in chunks', () => {
  const grid = { startMs: 1_700_000_000_250, stepMs: 15_000, count: 241 };
  const times = Float64Array.from({ length: grid.count }, (_, step) => grid.startMs + step * grid.stepMs);

  function rows(count: number): ResultSeries[] {
    const random = randomly(3);
    return Array.from({ length: count }, (_, s) => {
      const labels = labelsFromObject({ __name__: 'x', path: `C:\\"${s}"\n`, host: `nœud-${s}-💡` });
      const values = Float64Array.from(times, (_, i) => (i % 3 === 0 ? -0 : i % 3 === 1 ? random() : 7));
      if (s % 2 === 0) return { labels, timestamps: times, values };
      return { labels, timestamps: times.filter((_, i) => i % 5 > 1), values: values.filter((_, i) => i % 5 > 1) };
    });
  }
  const expected = (series: readonly ResultSeries[]) => ({
    resultType: 'matrix',
    result: series.map(({ labels, timestamps, values }) => ({
      metric: labels.toObject(),
      values: Array.from(timestamps, (time, i) => [Number(formatTime(time)), formatFloat(values[i] as number)]),
    })),
  });
  const read = (value: QueryValue, limit?: number) => {
    const chunks = [...writeQueryValue(value, limit)];
    return { chunks, content: JSON.parse(`{${Buffer.concat(chunks).toString()}}`) as unknown };
  };

  test('on a grid, with holes', () => {
    const series = rows(200);
    const { chunks, content } = read({ type: 'matrix', series, grid });
    expect(content).toEqual(expected(series));
    expect(chunks.length).toBeGreaterThan(5);
    expect(Math.max(...chunks.map((chunk) => chunk.length))).toBeLessThanOrEqual(128 * 1024);
  });

  test('of raw samples, each with its own time', () => {
    const timestamps = Float64Array.of(-1500, 0, 1, 999, 1000, 1_700_000_000_000, 1_700_000_000_005, 4e12);
    const values = Float64Array.from(timestamps, (_, i) => i / 8);
    const series = [{ labels: labelsFromObject({}), timestamps, values }];
    expect(read({ type: 'matrix', series }).content).toEqual(expected(series));
  });

  test('a chunk that was taken is not written to again', () => {
    const kept: string[] = [];
    const chunks: Uint8Array[] = [];
    for (const chunk of writeQueryValue({ type: 'matrix', series: rows(100), grid })) {
      chunks.push(chunk);
      kept.push(Buffer.from(chunk).toString());
    }
    expect(Buffer.concat(chunks).toString()).toBe(kept.join(''));
  });

  test('labels longer than a chunk', () => {
    const labels = labelsFromObject({ long: 'é'.repeat(200_000) });
    const value = { type: 'vector', timeMs: 1, series: [labels, labels], values: Float64Array.of(1, 2) } as const;
    expect(read(value).content).toEqual({
      resultType: 'vector',
      result: [1, 2].map((v) => ({ metric: labels.toObject(), value: [0.001, `${v}`] })),
    });
  });

  test('no series at all, and no more than the limit', () => {
    expect(read({ type: 'matrix', series: [], grid }).content).toEqual({ resultType: 'matrix', result: [] });
    expect(read({ type: 'matrix', series: rows(5), grid }, 2).content).toEqual(expected(rows(2)));
  });
});
