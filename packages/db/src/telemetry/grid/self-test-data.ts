import type { GridFunction, GridRequest } from '@binnacle/shared/telemetry/grid.ts';
import type { SeriesEntry } from '@binnacle/shared/telemetry/reader.ts';
import { staleHigh, staleLow } from '@binnacle/shared/telemetry/sample-batch.ts';
import type { GridSource } from './statement.ts';

type Value = number | 'stale';

/**
 * Samples (seconds, value) on which versions of ClickHouse are known to differ from PromQL: samples on both ends of a
 * window, before the first step, after a stale marker, with equal times in either order, out of order, resets with whole
 * and broken numbers; and a series that no window holds.
 */
const series: readonly (readonly (readonly [seconds: number, value: Value])[])[] = [
  [
    [40, 1],
    [70, 3],
    [100, 5],
    [160, 6],
    [130, 2],
    [190, 6],
    [220, 9],
  ],
  [
    [95.5, 1.5],
    [125, 2.25],
    [140, 'stale'],
    [171, 0.1],
    [175, 0.7],
    [181, 0.4],
  ],
  [
    [95, 7],
    [95, 9],
    [120, 4],
    [120, 4],
    [121, 3],
    [121, 2],
    [178, 3],
    [179, 8],
    [179, 'stale'],
  ],
  [
    [36, 1],
    [40, 2],
    [221, 1],
  ],
];

/** Windows of a minute that end at 100, 130, 160, 190 and 220 s. */
export const testGrid = { startMs: 100_000, stepMs: 30_000, count: 5, windowMs: 60_000 };

/** The series of the test data that has samples with equal times: resampled sums must decline it. */
export const repeatedSeries = 2;

type Steps = readonly (number | null)[];

/** What PromQL answers for the first three series; the fourth has no answer. */
export const expected: Readonly<Record<GridFunction, readonly [Steps, Steps, Steps]>> = {
  last: [
    [5, 2, 6, 6, 9],
    [1.5, 2.25, null, 0.4, 0.4],
    [9, 3, 3, 8, 8],
  ],
  rate: [
    [4 / 60, 4 / 60, 0.1, 0, 0.1],
    [null, 0.025423728813559324, null, 0.0225, 0.0225],
    [null, 0.18621794871794872, 0.1, 10 / 60, 10 / 60],
  ],
  increase: [
    [4, 4, 6, 0, 6],
    [null, 1.5254237288135593, null, 1.35, 1.35],
    [null, 11.173076923076923, 6, 10, 10],
  ],
  delta: [
    [4, -6, 8, 0, 6],
    [null, 1.5254237288135593, null, 0.45, 0.45],
    [null, -9.576923076923077, -2, 10, 10],
  ],
  irate: [
    [2 / 30, 2 / 30, 4 / 30, 0, 0.1],
    [null, 0.025423728813559324, null, 0.4 / 6, 0.4 / 6],
    [null, 3, 3, 5, 5],
  ],
  idelta: [
    [2, -3, 4, 0, 3],
    [null, 0.75, null, -0.3, -0.3],
    [null, -1, -1, 5, 5],
  ],
  resets: [
    [0, 1, 0, 0, 0],
    [0, 0, 0, 1, 1],
    [0, 2, 1, 0, 0],
  ],
  changes: [
    [1, 1, 1, 0, 1],
    [0, 1, 0, 2, 2],
    [0, 2, 1, 1, 1],
  ],
  last_over_time: [
    [5, 2, 6, 6, 9],
    [1.5, 2.25, 2.25, 0.4, 0.4],
    [9, 3, 3, 8, 8],
  ],
  present_over_time: [
    [1, 1, 1, 1, 1],
    [1, 1, 1, 1, 1],
    [1, 1, 1, 1, 1],
  ],
  first_over_time: [
    [3, 5, 2, 6, 6],
    [1.5, 1.5, 2.25, 0.1, 0.1],
    [9, 9, 4, 3, 3],
  ],
  count_over_time: [
    [2, 2, 2, 2, 2],
    [1, 2, 1, 3, 3],
    [1, 3, 2, 2, 2],
  ],
  sum_over_time: [
    [8, 7, 8, 12, 15],
    [1.5, 3.75, 2.25, 1.2, 1.2],
    [9, 16, 7, 11, 11],
  ],
  avg_over_time: [
    [4, 3.5, 4, 6, 7.5],
    [1.5, 1.875, 2.25, 0.4, 0.4],
    [9, 16 / 3, 3.5, 5.5, 5.5],
  ],
  min_over_time: [
    [3, 2, 2, 6, 6],
    [1.5, 1.5, 2.25, 0.1, 0.1],
    [9, 3, 3, 3, 3],
  ],
  max_over_time: [
    [5, 5, 6, 6, 9],
    [1.5, 2.25, 2.25, 0.7, 0.7],
    [9, 9, 4, 8, 8],
  ],
  stddev_over_time: [
    [1, 1.5, 2, 0, 1.5],
    [0, 0.375, 0, Math.sqrt(0.06), Math.sqrt(0.06)],
    [0, 2.6246692913372702, 0.5, 2.5, 2.5],
  ],
  stdvar_over_time: [
    [1, 2.25, 4, 0, 2.25],
    [0, 0.140625, 0, 0.06, 0.06],
    [0, 62 / 9, 0.25, 6.25, 6.25],
  ],
};

/** A request for some of the test series, by their numbers. */
export function testRequest(numbers: readonly number[]): Pick<GridRequest, 'series' | 'maxSamples'> {
  return { series: numbers.map((number) => ({ id: BigInt(number + 1) }) as SeriesEntry), maxSamples: 1000 };
}

/** The test data as rows of a statement. */
export function testSource(numbers: readonly number[]): GridSource {
  const rows = numbers.flatMap((number) =>
    (series[number] ?? []).map(([seconds, value]) => `(${number + 1}, ${seconds * 1000}, ${bitsOf(value)})`),
  );
  const columns =
    "toUInt32(0) AS b, toUInt64(r.1) AS series, fromUnixTimestamp64Milli(toInt64(r.2), 'UTC') AS ts, reinterpretAsFloat64(toUInt64(r.3)) AS value";
  return { table: `(SELECT ${columns} FROM (SELECT arrayJoin([${rows.join(', ')}]) AS r))`, condition: 'series > 0' };
}

function bitsOf(value: Value): bigint {
  if (value === 'stale') return (BigInt(staleHigh) << 32n) | BigInt(staleLow);
  return BigUint64Array.of(...new BigUint64Array(Float64Array.of(value).buffer))[0] as bigint;
}
