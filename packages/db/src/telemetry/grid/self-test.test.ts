import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { GridFunction } from '@binnacle/shared/telemetry/grid.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openEmbeddedEngine } from '../engine/embedded-engine.ts';
import type { Engine } from '../engine/engine.ts';
import { gridAggregations, gridFunctions, resampledFunctions } from './allowed.ts';
import { SelfTest } from './self-test.ts';

const dataDir = mkdtempSync(join(tmpdir(), 'binnacle-grid-test-'));
let engine: Engine;

beforeAll(async () => {
  engine = await openEmbeddedEngine(dataDir, 1, { maxExecutionSeconds: 30, maxMemoryBytes: 1e9 });
});
afterAll(async () => {
  await engine.close();
  rmSync(dataDir, { recursive: true, force: true });
});

/** The engine with the text of its statements changed. */
const altered = (change: (sql: string) => string): Engine => ({
  limits: engine.limits,
  command: (sql) => engine.command(sql),
  rows: (sql, parameters) => engine.rows(sql, parameters),
  read: (sql, options) => engine.read(change(sql), options),
  insertNative: (table, columns, pieces) => engine.insertNative(table, columns, pieces),
  ping: (sql) => engine.ping(sql),
  close: () => engine.close(),
});

test('passes every part with the engine that the package brings', async () => {
  const failed: string[] = [];
  const all = new SelfTest(engine, (part) => failed.push(part));
  await all.all();
  expect(failed).toEqual([]);
  for (const fn of Object.keys(gridFunctions) as GridFunction[]) {
    for (const aggregation of [undefined, ...gridAggregations]) {
      const signed = aggregation === 'quantile' && (fn === 'delta' || fn === 'idelta');
      expect(all.offers('grid', fn, aggregation), `${fn} ${aggregation}`).toBe(!signed);
    }
  }
  for (const fn of resampledFunctions) expect(all.offers('resample', fn, undefined)).toBe(true);
});

test.each([
  ['values of another scale', (sql: string) => sql.replace('(ts, value) AS x', '(ts, value / 1000) AS x')],
  [
    'a window that is closed on the left',
    (sql: string) => sql.replace(/toDecimal64\('60', 3\)\)/, "toDecimal64('60.001', 3))"),
  ],
  ['a function that is not there', (sql: string) => sql.replaceAll('ToGrid(', 'ToNothing(')],
])('does not offer what comes out wrong: %s', async (_what, change) => {
  const failed: string[] = [];
  const test = new SelfTest(altered(change), (part) => failed.push(part));
  expect(test.offers('grid', 'rate', undefined)).toBe(true);
  expect(await test.passes('grid', 'rate', undefined)).toBe(false);
  expect(test.offers('grid', 'rate', undefined)).toBe(false);
  expect(test.offers('grid', 'rate', 'sum')).toBe(false);
  expect(failed).toEqual(['grid:rate']);
});

test('an aggregation that comes out wrong is offered with no function', async () => {
  const test = new SelfTest(
    altered((sql) => sql.replace('quantileExactInclusiveForEach', 'quantileExactExclusiveForEach')),
    () => {},
  );
  expect(await test.passes('grid', 'rate', 'quantile')).toBe(false);
  expect(test.offers('grid', 'last', 'quantile')).toBe(false);
  expect(await test.passes('grid', 'rate', 'max')).toBe(true);
});

test('an engine that is away says nothing about its functions', async () => {
  let away = true;
  const test = new SelfTest(
    altered((sql) => {
      if (away) throw new Error('away');
      return sql;
    }),
    () => {},
  );
  await expect(test.passes('grid', 'irate', undefined)).rejects.toThrow();
  away = false;
  expect(await test.passes('grid', 'irate', undefined)).toBe(true);
});
