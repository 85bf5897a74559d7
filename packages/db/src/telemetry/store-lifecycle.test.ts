import { type ChildProcess, spawn } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { labelsFromObject } from '@binnacle/shared/telemetry/labels.ts';
import { SampleBatch } from '@binnacle/shared/telemetry/sample-batch.ts';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openEmbeddedEngine } from './engine/embedded-engine.ts';
import { migrations } from './schema/migrations.ts';
import { openTelemetryStore, type TelemetryStore } from './store.ts';

const start = Math.floor((Date.now() - 86_400_000) / 7_200_000) * 7_200_000;
const always = { fromMs: start - 86_400_000, toMs: start + 86_400_000 };
const byName = (value: string) => [{ name: '__name__', op: '=' as const, value }];
let dataDir: string;

beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'binnacle-store-'));
});

afterEach(() => {
  rmSync(dataDir, { recursive: true, force: true });
});

function oneSample(labels: Record<string, string>, time: number, value: number): SampleBatch {
  const batch = new SampleBatch(1);
  batch.append(batch.addSeries(labelsFromObject(labels)), time, value);
  return batch;
}

async function valuesOf(store: TelemetryStore, name: string): Promise<number[]> {
  const values: number[] = [];
  const series = await store.select(byName(name), always);
  for await (const slab of store.scan({ series, ...always, maxSamples: 1e6 }))
    values.push(...slab.values.subarray(0, slab.ends[slab.count - 1]));
  return values;
}

/** Starts the inserting process; `acknowledged` grows with its output. */
function startInserting(): { child: ChildProcess; acknowledged: number[]; ended: Promise<unknown> } {
  const script = fileURLToPath(new URL('./testdata/insert-until-killed.ts', import.meta.url));
  const child = spawn(process.execPath, [script, dataDir, String(start)], { stdio: ['ignore', 'pipe', 'inherit'] });
  const acknowledged: number[] = [];
  createInterface({ input: child.stdout as NonNullable<typeof child.stdout> }).on('line', (line) =>
    acknowledged.push(Number(line)),
  );
  return { child, acknowledged, ended: new Promise((resolve) => child.once('close', resolve)) };
}

test('a restart keeps samples, series ids, metadata and records, and applies no migration again', async () => {
  const opened: object[] = [];
  const log = { info: (fields: object) => void opened.push(fields), warn: () => {} };
  const first = await openTelemetryStore({ dataDir }, { log });
  const batch = oneSample({ __name__: 'kept', text: 'Kiel ⚓' }, start, 42);
  batch.metadata.push({ family: 'kept', type: 'counter', help: 'h', unit: 'u' });
  await first.insert([batch, oneSample({ __name__: 'kept', text: 'b' }, start + 3 * 7_200_000, 43)]);
  await first.putRecords([{ kind: 'mcp_tool', key: 'k', at: start, cluster: 'demo', body: { a: 1 } }]);
  const before = await first.select(byName('kept'), always);
  await first.close();

  const second = await openTelemetryStore({ dataDir }, { log });
  const after = await second.select(byName('kept'), always);
  const plain = (entries: typeof after) => entries.map(({ id, labels }) => [id, labels.toObject()]).sort();
  expect(plain(after)).toEqual(plain(before));
  expect((await valuesOf(second, 'kept')).sort()).toEqual([42, 43]);
  expect(await second.select(byName('kept'), { fromMs: start, toMs: start })).toHaveLength(1);
  expect(await second.metadata('kept')).toEqual([{ family: 'kept', type: 'counter', help: 'h', unit: 'u' }]);
  expect(await second.listRecords({ kind: 'mcp_tool', limit: 1 })).toMatchObject([{ key: 'k', body: { a: 1 } }]);
  // The batch's label sets know their place in the store that is closed; the new one does not believe them.
  await second.insert([batch]);
  expect(await second.select(byName('kept'), always)).toHaveLength(2);
  await second.close();
  expect(opened).toMatchObject([
    { migrations: migrations.map(({ version }) => version) },
    { migrations: [], series: 2 },
  ]);
});

test('the retention can change between starts, and samples past it lose their series', async () => {
  const longAgo = Date.now() - 10 * 86_400_000;
  const range = { fromMs: longAgo, toMs: longAgo };
  for (const [retentionDays, found] of [
    [30, 1],
    [7, 0],
    [null, 1],
  ] as const) {
    const store = await openTelemetryStore({ dataDir }, { retentionDays });
    if (retentionDays === 30) await store.insert([oneSample({ __name__: 'aging' }, longAgo, 1)]);
    expect(await store.select(byName('aging'), range)).toHaveLength(found);
    await store.close();
  }
});

test('a closed store says so', async () => {
  const store = await openTelemetryStore({ dataDir });
  await store.close();
  await store.close();
  await expect(store.ping()).rejects.toMatchObject({ code: 'store_unavailable' });
  await expect(store.insert([oneSample({ __name__: 'up' }, start, 1)])).rejects.toMatchObject({
    code: 'store_unavailable',
  });
});

test('what was acknowledged before kill -9 is there, and every sample has its series', async () => {
  const { child, acknowledged, ended } = startInserting();
  await expect.poll(() => acknowledged.length, { timeout: 30_000 }).toBeGreaterThan(20);
  child.kill('SIGKILL');
  await ended;
  const store = await openTelemetryStore({ dataDir });
  try {
    const values = new Set(await valuesOf(store, 'acknowledged'));
    expect(acknowledged.filter((value) => !values.has(value))).toEqual([]);
    const { samples } = await store.stats();
    expect((await valuesOf(store, 'acknowledged')).length + (await valuesOf(store, 'new_series')).length).toBe(samples);
  } finally {
    await store.close();
  }
});

test('a second process on the same data is refused in one sentence', async () => {
  const { child, acknowledged, ended } = startInserting();
  try {
    await expect.poll(() => acknowledged.length, { timeout: 30_000 }).toBeGreaterThan(0);
    await expect(openTelemetryStore({ dataDir })).rejects.toMatchObject({
      code: 'conflict',
      message: `The data directory ${dataDir} is in use by process ${child.pid}.`,
    });
  } finally {
    child.kill('SIGKILL');
    await ended;
  }
});

test('a directory that cannot be made is refused in one sentence', async () => {
  const file = join(dataDir, 'file');
  writeFileSync(file, '');
  await expect(openTelemetryStore({ dataDir: join(file, 'store') })).rejects.toMatchObject({
    code: 'bad_config',
    message: `The data directory ${join(file, 'store')} cannot be made or written.`,
  });
});

test('nobody else on the machine can enter the data directory', async () => {
  chmodSync(dataDir, 0o755);
  const store = await openTelemetryStore({ dataDir });
  await store.close();
  expect((statSync(dataDir).mode & 0o777).toString(8)).toBe('700');
});

test('what a dead process left in the inbox is removed', async () => {
  mkdirSync(join(dataDir, 'inbox'), { recursive: true });
  writeFileSync(join(dataDir, 'inbox', 'insert.native'), 'half a block');
  const store = await openTelemetryStore({ dataDir });
  await store.insert([oneSample({ __name__: 'up' }, start, 1)]);
  expect(await valuesOf(store, 'up')).toEqual([1]);
  await store.close();
});

test('data of a newer version is refused', async () => {
  await (await openTelemetryStore({ dataDir })).close();
  const engine = await openEmbeddedEngine(dataDir, 1, { maxExecutionSeconds: 10, maxMemoryBytes: 1e9 });
  await engine.command("INSERT INTO binnacle.schema_migration (version, name) VALUES (999, 'from the future')");
  await engine.close();
  await expect(openTelemetryStore({ dataDir })).rejects.toMatchObject({
    code: 'conflict',
    message: expect.stringContaining('schema version 999'),
  });
});
