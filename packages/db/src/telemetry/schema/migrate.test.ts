import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openEmbeddedEngine } from '../engine/embedded-engine.ts';
import type { Engine } from '../engine/engine.ts';
import { applyRetention, migrate } from './migrate.ts';
import { type Migration, migrations } from './migrations.ts';
import { chooseValueCodec } from './value-codec.ts';

const dataDir = mkdtempSync(join(tmpdir(), 'binnacle-migrate-'));
let engine: Engine;

beforeAll(async () => {
  engine = await openEmbeddedEngine(dataDir, 1, { maxExecutionSeconds: 10, maxMemoryBytes: 1e9 });
});

afterAll(async () => {
  await engine.close();
  rmSync(dataDir, { recursive: true, force: true });
});

test('applies what is new, once', async () => {
  expect(await migrate(engine, 'once')).toEqual(migrations.map(({ version }) => version));
  expect(await migrate(engine, 'once')).toEqual([]);
});

test('a migration that failed half way is done again', async () => {
  const next = (statement: string): Migration => ({
    version: 1000,
    name: 'notes',
    statements: (database) => [
      `CREATE TABLE IF NOT EXISTS ${database}.note (text String) ENGINE = MergeTree ORDER BY text`,
      statement,
    ],
  });
  await expect(migrate(engine, 'half', [...migrations, next('NONSENSE')])).rejects.toMatchObject({
    code: 'store_unavailable',
  });
  expect(await migrate(engine, 'half', [...migrations, next('SELECT 1')])).toEqual([1000]);
});

test('steps have ascending versions', () => {
  const versions = migrations.map(({ version }) => version);
  expect(versions).toEqual([...versions].sort((a, b) => a - b));
  expect(new Set(versions).size).toBe(versions.length);
});

test('the retention is set when it changes, and only then', async () => {
  await migrate(engine, 'kept');
  const news: boolean[] = [];
  for (const days of [null, 30, 30, 7, null, null]) news.push(await applyRetention(engine, 'kept', days));
  expect(news).toEqual([false, true, false, true, true, false]);
});

test('what the first version stored is there after all later ones, with every bit', async () => {
  const bits = ['9218868437227405314', '9221120237041090561', '9223372036854775808', '4607182418800017408'];
  await migrate(engine, 'old', migrations.slice(0, 1));
  const rows = bits.map((one, i) => `(1, 2, ${i}, reinterpretAsFloat64(toUInt64(${one})))`);
  await engine.command(`INSERT INTO old.samples (b, series, ts, value) VALUES ${rows.join(', ')}`);
  await migrate(engine, 'old');
  expect(await chooseValueCodec(engine, 'old')).toBe(true);
  expect(await chooseValueCodec(engine, 'old')).toBe(false);
  const read = () =>
    engine.rows('SELECT toString(reinterpretAsUInt64(value)) AS bits FROM old.samples ORDER BY b, series, ts');
  expect(await read()).toEqual(bits.map((one) => ({ bits: one })));
  // Written anew, by the new codecs.
  await engine.command('OPTIMIZE TABLE old.samples FINAL');
  expect(await read()).toEqual(bits.map((one) => ({ bits: one })));
  const columns = await engine.rows<{ codec: string }>(
    "SELECT compression_codec AS codec FROM system.columns WHERE database = 'old' AND table = 'samples'",
  );
  expect(columns.map(({ codec }) => codec)).toEqual([
    'CODEC(ZSTD(1))',
    'CODEC(ZSTD(1))',
    'CODEC(Delta(8), ZSTD(1))',
    'CODEC(ALP, ZSTD(1))',
  ]);
});
