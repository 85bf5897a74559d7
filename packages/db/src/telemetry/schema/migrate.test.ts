import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openEmbeddedEngine } from '../engine/embedded-engine.ts';
import type { Engine } from '../engine/engine.ts';
import { applyRetention, migrate } from './migrate.ts';
import { type Migration, migrations } from './migrations.ts';

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
    version: 2,
    name: 'notes',
    statements: (database) => [
      `CREATE TABLE IF NOT EXISTS ${database}.note (text String) ENGINE = MergeTree ORDER BY text`,
      statement,
    ],
  });
  await expect(migrate(engine, 'half', [...migrations, next('NONSENSE')])).rejects.toMatchObject({
    code: 'store_unavailable',
  });
  expect(await migrate(engine, 'half', [...migrations, next('SELECT 1')])).toEqual([2]);
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
