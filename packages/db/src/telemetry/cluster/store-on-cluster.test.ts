import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { labelsFromObject } from '@binnacle/shared/telemetry/labels.ts';
import { SampleBatch } from '@binnacle/shared/telemetry/sample-batch.ts';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { migrations } from '../schema/migrations.ts';
import { openTelemetryStore, type StoreOptions, type TelemetryStore } from '../store.ts';
import { onCluster } from './cluster-migrations.ts';

const dataDir = mkdtempSync(join(tmpdir(), 'binnacle-cluster-'));
let child: ChildProcess;
let server: string;
const stores: TelemetryStore[] = [];
/** Two gateways on one cluster. */
let a: TelemetryStore;
let b: TelemetryStore;

beforeAll(async () => {
  const script = fileURLToPath(new URL('../testdata/cluster-server.ts', import.meta.url));
  child = spawn(process.execPath, [script, dataDir], { stdio: ['ignore', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout as Readable })[Symbol.asyncIterator]();
  server = `http://127.0.0.1:${(await lines.next()).value as string}`;
  a = await gateway('both', 'one');
  b = await gateway('both', 'one');
  stores.length = 0;
}, 60_000);

afterEach(async () => {
  for (const store of stores.splice(0)) await store.close();
});

afterAll(async () => {
  await a?.close();
  await b?.close();
  const ended = new Promise((resolve) => child.once('close', resolve));
  child.kill('SIGKILL');
  await ended;
  rmSync(dataDir, { recursive: true, force: true });
});

/** A gateway's store; it learns of others only when it is told to. */
async function gateway(database: string, cluster?: string, options: StoreOptions = {}): Promise<TelemetryStore> {
  const place = { url: `${server}/${database}`, ...(cluster === undefined ? {} : { cluster }) };
  const store = await openTelemetryStore(place, { refreshSeconds: 3600, ...options });
  stores.push(store);
  return store;
}

const now = Date.now();
const all = { fromMs: now - 86_400_000, toMs: now + 1000 };

function batchOf(name: string, values: readonly number[], atMs = now): SampleBatch {
  const batch = new SampleBatch();
  const series = batch.addSeries(labelsFromObject({ __name__: name, gpu: '0' }));
  values.forEach((value, i) => {
    batch.append(series, atMs + i, value);
  });
  return batch;
}

async function valuesOf(store: TelemetryStore, name: string): Promise<number[]> {
  const series = await store.select([{ name: '__name__', op: '=', value: name }], all);
  const values: number[] = [];
  for await (const slab of store.scan({ series, ...all, maxSamples: 1000 })) {
    const until = slab.ends.at(-1) ?? 0;
    for (let i = 0; i < until; i++) values.push(slab.values[i] as number);
  }
  return values;
}

async function asked(): Promise<{ sql: string; settings: Record<string, string> }[]> {
  return (await (await fetch(`${server}/asked`)).json()) as { sql: string; settings: Record<string, string> }[];
}

test('every step of the schema has a form for a cluster', () => {
  for (const { statements } of onCluster('one', migrations)) {
    for (const statement of statements('binnacle')) expect(statement).toContain("ON CLUSTER 'one'");
  }
});

test('gateways find series, samples and metadata of each other after a refresh', async () => {
  await a.insert([batchOf('temperature', [1, 2])]);
  expect(await valuesOf(a, 'temperature')).toEqual([1, 2]);
  expect(await valuesOf(b, 'temperature')).toEqual([]);
  const said = batchOf('power', [5]);
  said.metadata.push({ family: 'power', type: 'gauge', help: 'Watts.', unit: '' });
  await a.insert([said]);
  await b.refresh();
  expect(await valuesOf(b, 'temperature')).toEqual([1, 2]);
  expect(await b.metadata('power')).toMatchObject([{ help: 'Watts.' }]);
  expect(await b.labelValues('__name__', [], all)).toEqual(['power', 'temperature']);

  // Both write the same series at once, in buckets that the other one does not know of.
  await Promise.all([a.insert([batchOf('power', [4], now - 20_000_000)]), b.insert([batchOf('power', [6], now + 1)])]);
  await Promise.all([a.refresh(), b.refresh()]);
  expect(await valuesOf(a, 'power')).toEqual([4, 5, 6]);
  expect(await valuesOf(b, 'power')).toEqual([4, 5, 6]);
  expect((await b.stats()).samples).toBe(5);
}, 30_000);

test('a gateway that is started later, and one on its timer, know them too', async () => {
  const timed = await gateway('both', 'one', { refreshSeconds: 0.05 });
  await a.insert([batchOf('late', [1])]);
  await expect.poll(() => valuesOf(timed, 'late')).toEqual([1]);
  expect(await valuesOf(await gateway('both', 'one'), 'late')).toEqual([1]);
}, 30_000);

test('what one deletes is gone for the other, and what the other writes then is found by both', async () => {
  await a.insert([batchOf('deleted', [1, 2])]);
  await b.refresh();
  await a.deleteSamples([[{ name: '__name__', op: '=', value: 'deleted' }]], { fromMs: now, toMs: now });
  expect(await valuesOf(b, 'deleted')).toEqual([2]);
  await a.deleteSamples([[{ name: '__name__', op: '=', value: 'deleted' }]], all);
  expect(await valuesOf(b, 'deleted')).toEqual([]);
  await b.insert([batchOf('deleted', [3])]);
  expect(await valuesOf(a, 'deleted')).toEqual([3]);
  expect(await valuesOf(await gateway('both', 'one'), 'deleted')).toEqual([3]);
}, 30_000);

test('what is oldest is dropped on every server, and later samples of that time are found', async () => {
  await a.insert([batchOf('sized', [1], now - 20_000_000), batchOf('sized', [2])]);
  await b.refresh();
  expect((await a.dropOldest(0)).droppedPartitions).toBeGreaterThan(0);
  expect(await valuesOf(b, 'sized')).toEqual([2]);
  await b.insert([batchOf('sized', [3], now - 20_000_000)]);
  expect(await valuesOf(a, 'sized')).toEqual([3, 2]);
  const drops = (await asked()).filter(({ sql }) => sql.includes('DROP PARTITION'));
  expect(drops[0]?.sql).toMatch(/^ALTER TABLE both\.samples_local ON CLUSTER 'one' DROP PARTITION ID '\d+'$/);
}, 30_000);

test('spans, log records and records go to their shards and come back', async () => {
  await a.putRecords([{ kind: 'mcp_tool', key: 'k', at: now, cluster: '', body: { a: 1 } }]);
  expect(await b.listRecords({ kind: 'mcp_tool', limit: 5 })).toHaveLength(1);
  expect(await b.otel.logs({ fromMs: now - 1000, toMs: now, limit: 5 })).toEqual({ logs: [], more: false });
}, 30_000);

test('every statement carries the settings of a cluster; what makes or changes tables runs on all of its servers', async () => {
  const statements = (await asked()).filter(({ sql }) => /\bboth\b/.test(sql));
  for (const { sql, settings } of statements) {
    if (/^(CREATE|ALTER|DROP)/.test(sql)) expect(sql).toContain("ON CLUSTER 'one'");
    expect(settings).toMatchObject({ distributed_foreground_insert: '1', load_balancing: 'in_order' });
  }
  expect(statements.filter(({ sql }) => sql.startsWith('CREATE TABLE')).length).toBeGreaterThan(20);
}, 30_000);

test('a cluster that the server does not know is refused, and a database of another form', async () => {
  await expect(gateway('none', 'three')).rejects.toMatchObject({
    code: 'bad_config',
    message: expect.stringMatching(/knows no cluster three; it knows .*one, two/),
  });
  await expect(gateway('both')).rejects.toMatchObject({
    code: 'conflict',
    message: expect.stringContaining('CLICKHOUSE_CLUSTER=one'),
  });
  await expect(gateway('both', 'two')).rejects.toMatchObject({
    code: 'conflict',
    message: expect.stringContaining('spread over the cluster one, not over two'),
  });
  await gateway('single');
  await expect(gateway('single', 'one')).rejects.toMatchObject({
    code: 'conflict',
    message: expect.stringContaining('without a cluster'),
  });
}, 30_000);

test('gateways on one server without a cluster learn from each other too', async () => {
  const a = await gateway('alone');
  const b = await gateway('alone');
  await a.insert([batchOf('up', [1])]);
  await b.refresh();
  expect(await valuesOf(b, 'up')).toEqual([1]);
}, 30_000);

test('tables are made and changed within the turn that the caller gives', async () => {
  const order: string[] = [];
  let last: Promise<unknown> = Promise.resolve();
  const exclusively = <T>(work: () => Promise<T>): Promise<T> => {
    const run = last.then(async () => {
      order.push('begin');
      const result = await work();
      order.push('end');
      return result;
    });
    last = run;
    return run;
  };
  await Promise.all([gateway('turns', 'one', { exclusively }), gateway('turns', 'one', { exclusively })]);
  expect(order.slice(0, 4)).toEqual(['begin', 'end', 'begin', 'end']);
  const applied = (await asked()).filter(({ sql }) => sql.startsWith('INSERT INTO turns.schema_migration'));
  expect(applied).toHaveLength(migrations.length);
}, 30_000);
