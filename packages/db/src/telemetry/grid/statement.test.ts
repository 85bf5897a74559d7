import type { GridRequest } from '@binnacle/shared/telemetry/grid.ts';
import type { SeriesEntry } from '@binnacle/shared/telemetry/reader.ts';
import { expect, test } from 'vitest';
import { gridStatement, resetsStatement } from './statement.ts';

const request: GridRequest = {
  method: 'grid',
  series: [5n, 7n].map((id) => ({ id }) as SeriesEntry),
  function: 'rate',
  startMs: 7_200_000,
  stepMs: 61_500,
  count: 3,
  windowMs: 300_000,
  maxSamples: 1000,
};
const source = { table: 'binnacle.samples', condition: 'series IN (5, 7)' };
const notStale = 'NOT (reinterpretAsUInt64(value) = 9218868437227405314)';
const time = (ms: number) => `fromUnixTimestamp64Milli(${ms}, 'UTC')`;
const where = `b BETWEEN 0 AND 1 AND series IN (5, 7) AND ts BETWEEN ${time(6_900_001)} AND ${time(7_323_000)}`;
const grid = `(${time(7_200_000)}, ${time(7_323_000)}, toDecimal64('61.5', 3), toDecimal64('300', 3))`;
/** The ids 5 and 7, 64 bits each, low byte first. */
const ids = "reinterpret(base64Decode('BQAAAAAAAAAHAAAAAAAAAA=='), 'Array(UInt64)')";
const place = `transform(series, ${ids}, range(toUInt32(2)), toUInt32(4294967295))`;
const facts =
  'count() AS n, countIf(NOT (abs(value) < 1e290)) AS odd, countIf(abs(value) < 1e290 AND value != trunc(value)) AS broken, ' +
  'maxIf(abs(value), abs(value) < 1e290) AS top';

test('steps of each series', () => {
  expect(gridStatement(request, source)).toBe(
    'SELECT s AS g, s AS one, n AS rows, n AS most, odd, toUInt64(0) AS repeats, broken, top, x AS a0 FROM ' +
      `(SELECT ${place} AS s, n, odd, broken, top, x FROM ` +
      `(SELECT series, ${facts}, timeSeriesRateToGrid${grid}(ts, value) AS x FROM binnacle.samples WHERE ${where} AND ${notStale} ` +
      'GROUP BY series) WHERE s < 4294967295)',
  );
});

test('groups, by their numbers', () => {
  const sql = gridStatement({ ...request, aggregation: 'sum', groupOf: Uint32Array.of(0, 1) }, source);
  expect(sql).toContain(
    "SELECT reinterpret(base64Decode('AAAAAAEAAAA='), 'Array(UInt32)')[s + 1] AS g, min(s) AS one,",
  );
  expect(sql).toMatch(
    /sumKahanForEach\(x\) AS a0, sumForEach\(arrayMap\(v -> abs\(v\), x\)\) AS a1 FROM \(.*\) GROUP BY g$/,
  );
});

test('an instant selector keeps stale markers, as what is smaller than any number', () => {
  const sql = gridStatement({ ...request, function: 'last' }, source);
  expect(sql).toContain(
    `arrayMap(v -> if(v = -inf, NULL, v), timeSeriesLastToGrid${grid}(ts, if(reinterpretAsUInt64(value) = 9218868437227405314, -inf, value))) AS x`,
  );
  expect(sql).not.toContain(`AND ${notStale} GROUP BY`);
});

test('where series are only counted no value is looked at', () => {
  const counted = { ...request, aggregation: 'count' as const, groupOf: Uint32Array.of(0, 0) };
  const sql = gridStatement(counted, source);
  expect(sql).toContain(`timeSeriesRateToGrid${grid}(ts, 1.) AS x`);
  expect(sql).toContain('toUInt64(0) AS odd');
});

test('buckets of the greatest common divisor of step and range', () => {
  const sql = gridStatement({ ...request, method: 'resample', function: 'max_over_time', stepMs: 60_000 }, source);
  expect(sql).toContain('maxOrNullResample(0, 7, 1)(value, intDiv(toUnixTimestamp64Milli(ts) - 6900001, 60000))');
});

test('resets over the whole span', () => {
  const end = time(7_323_000);
  expect(resetsStatement(request, source)).toBe(
    `SELECT countIf(arrayExists(v -> v > 0, r)) AS n FROM (SELECT timeSeriesResetsToGrid(${end}, ${end}, toDecimal64('1', 3), ` +
      `toDecimal64('423', 3))(ts, value) AS r FROM binnacle.samples WHERE ${where} AND ${notStale} GROUP BY series)`,
  );
});
