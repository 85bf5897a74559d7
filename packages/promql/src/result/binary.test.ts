import { labelsFromObject } from '@binnacle/shared/telemetry/labels.ts';
import { describe, expect, test } from 'vitest';
import { writeBinaryMatrix } from './binary.ts';
import type { QueryValue } from './result.ts';

function written(value: QueryValue, more?: Record<string, unknown>, limit?: number): Buffer {
  const answer = writeBinaryMatrix(value, more, limit);
  if (answer === undefined) throw new Error('no grid');
  const chunks = [...answer.chunks];
  expect(Math.max(...chunks.map((chunk) => chunk.length))).toBeLessThanOrEqual(128 * 1024);
  const bytes = Buffer.concat(chunks);
  expect(bytes.length).toBe(answer.bytes);
  return bytes;
}

/** Reads by the table in the doc comment of `writeBinaryMatrix`. */
function read(bytes: Buffer): { header: Record<string, unknown>; series: Record<number, number>[] } {
  expect(bytes.toString('latin1', 0, 4)).toBe('BMX1');
  const headerBytes = bytes.readUInt32LE(4);
  expect(headerBytes % 8).toBe(0);
  const header = JSON.parse(bytes.toString('utf8', 8, 8 + headerBytes)) as { count: number; series: object[] };
  const points = header.series.map((_, s) => bytes.readUInt32LE(8 + headerBytes + 4 * s));
  let at = 8 + headerBytes + Math.ceil(points.length / 2) * 8;
  const steps = points.map((length) => {
    const all = Array.from({ length: header.count }, (_, step) => step);
    if (length === 0 || length === header.count) return all.slice(0, length);
    const present = all.filter((step) => ((bytes[at + (step >> 3)] as number) >> (step & 7)) & 1);
    at += Math.ceil(header.count / 64) * 8;
    expect(present).toHaveLength(length);
    return present;
  });
  const series = steps.map((present) => {
    const values = present.map((step, i) => [step, bytes.readDoubleLE(at + 8 * i)] as const);
    at += 8 * present.length;
    return Object.fromEntries(values);
  });
  expect(at).toBe(bytes.length);
  return { header: { ...header }, series };
}

describe('a binary matrix', () => {
  const grid = { startMs: 1000, stepMs: 500, count: 3 };
  const full = {
    labels: labelsFromObject({ host: 'é' }),
    timestamps: Float64Array.of(1000, 1500, 2000),
    values: Float64Array.of(1, -0, Number.NaN),
  };
  const partial = {
    labels: labelsFromObject({ host: 'b' }),
    timestamps: Float64Array.of(1500),
    values: Float64Array.of(Number.POSITIVE_INFINITY),
  };

  test('byte for byte', () => {
    const header =
      '{"resultType":"matrix","startMs":1000,"stepMs":500,"count":3,"warnings":["w"],"series":[{"host":"é"},{"host":"b"}]}';
    const bytes = written({ type: 'matrix', grid, series: [full, partial] }, { warnings: ['w'] });
    expect(bytes.toString('hex').match(/.{16}/g)).toEqual([
      `${Buffer.from('BMX1').toString('hex')}78000000`,
      ...(Buffer.from(`${header}    `).toString('hex').match(/.{16}/g) ?? []),
      '0300000001000000',
      '0200000000000000',
      '000000000000f03f',
      '0000000000000080',
      '000000000000f87f',
      '000000000000f07f',
    ]);
  });

  test('no series, an odd number of them, and no more than the limit', () => {
    expect(read(written({ type: 'matrix', grid, series: [] })).series).toEqual([]);
    const one = read(written({ type: 'matrix', grid, series: [partial, full, full] }, {}, 1));
    expect(one).toEqual({
      header: { resultType: 'matrix', startMs: 1000, stepMs: 500, count: 3, series: [{ host: 'b' }] },
      series: [{ 1: Number.POSITIVE_INFINITY }],
    });
  });

  test('a vector keeps its order; a scalar is one series without labels', () => {
    const series = [full.labels, partial.labels];
    expect(read(written({ type: 'vector', timeMs: 7, series, values: Float64Array.of(2, 3) }))).toEqual({
      header: { resultType: 'vector', startMs: 7, stepMs: 0, count: 1, series: [{ host: 'é' }, { host: 'b' }] },
      series: [{ 0: 2 }, { 0: 3 }],
    });
    expect(read(written({ type: 'scalar', timeMs: 7, value: 5 }))).toMatchObject({
      header: { resultType: 'scalar', series: [{}] },
      series: [{ 0: 5 }],
    });
  });

  test('many series, holes at every place', () => {
    const wide = { startMs: 0, stepMs: 1000, count: 257 };
    const series = Array.from({ length: 300 }, (_, s) => {
      const present = Array.from({ length: wide.count }, (_, step) => step).filter(
        (step) => (step * 7 + s) % 5 > s % 4,
      );
      return {
        labels: labelsFromObject({ series: `${s}`, long: 'x'.repeat(s) }),
        timestamps: Float64Array.from(present, (step) => step * 1000),
        values: Float64Array.from(present, (step) => step / 3),
      };
    });
    const { series: found } = read(written({ type: 'matrix', grid: wide, series }));
    expect(found).toEqual(
      series.map(({ timestamps, values }) =>
        Object.fromEntries(Array.from(timestamps, (time, i) => [time / 1000, values[i]])),
      ),
    );
  });

  test('raw samples and strings have no grid', () => {
    expect(writeBinaryMatrix({ type: 'matrix', series: [full] })).toBeUndefined();
    expect(writeBinaryMatrix({ type: 'string', timeMs: 1, value: 'a' })).toBeUndefined();
  });
});
