import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { exemplars } from '../exemplars/tables.ts';
import { otelLogs, otelTraces, otelTraceTimes } from '../otel/tables.ts';
import { clusterForm, clusterSettings } from './cluster-form.ts';
import { metricMetadata, records, samplesByBucket, schemaMigration, sealed, series, seriesSpan } from './tables.ts';

const place = { cluster: 'one', database: 'binnacle' };
const samples = { ...samplesByBucket, name: 'samples' };
const all = [
  samples,
  sealed,
  series,
  seriesSpan,
  metricMetadata,
  records,
  schemaMigration,
  exemplars,
  otelTraces,
  otelTraceTimes,
  otelLogs,
];
const dataDir = mkdtempSync(join(tmpdir(), 'binnacle-cluster-'));

/** A cluster of one, in a process of its own; it runs no `ON CLUSTER`, which is taken out. */
let child: ChildProcess;
let answers: AsyncIterator<string>;

async function query(sql: string): Promise<string> {
  child.stdin?.write(`${JSON.stringify(sql)}\n`);
  const { value } = await answers.next();
  const answer = JSON.parse(value as string) as { text?: string; error?: string };
  if (answer.text === undefined) throw new Error(answer.error);
  return answer.text;
}

beforeAll(async () => {
  const script = fileURLToPath(new URL('../testdata/cluster-of-one.ts', import.meta.url));
  child = spawn(process.execPath, [script, dataDir], { stdio: ['pipe', 'pipe', 'inherit'] });
  answers = createInterface({ input: child.stdout as Readable })[Symbol.asyncIterator]();
  await query('CREATE DATABASE binnacle');
  for (const table of all) {
    for (const statement of clusterForm(place, table)) await query(statement.replace(" ON CLUSTER 'one'", ''));
  }
}, 30_000);

afterAll(async () => {
  const ended = new Promise((resolve) => child.once('close', resolve));
  child.kill('SIGKILL');
  await ended;
  rmSync(dataDir, { recursive: true, force: true });
});

// The embedded engine takes no connection: it is the one server that it can ask.
const { prefer_localhost_replica: _, ...settable } = clusterSettings;
const settings = `SETTINGS ${Object.entries(settable)
  .map(([name, value]) => `${name} = ${typeof value === 'string' ? `'${value}'` : value}`)
  .join(', ')}`;
const rows = async (sql: string): Promise<unknown[]> =>
  (await query(`${sql} ${settings}`))
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as unknown);

test('is replicated under a path of its shard, and distributed by series under the name that queries use', () => {
  const [local, distributed] = clusterForm(place, seriesSpan);
  expect(local).toContain("CREATE TABLE IF NOT EXISTS binnacle.series_span_local ON CLUSTER 'one' (");
  expect(local).toContain(
    "ENGINE = ReplicatedAggregatingMergeTree('/clickhouse/tables/{shard}/binnacle/series_span_local', '{replica}')",
  );
  expect(distributed).toBe(
    "CREATE TABLE IF NOT EXISTS binnacle.series_span ON CLUSTER 'one' AS binnacle.series_span_local\n" +
      "ENGINE = Distributed('one', 'binnacle', 'series_span_local', series)",
  );
  expect(clusterForm(place, metricMetadata)[0]).toContain("'{replica}', version)");
});

test('the guide shows the statements that are sent', () => {
  const guide = readFileSync(new URL('../../../../../docs/cluster.md', import.meta.url), 'utf8');
  for (const statement of clusterForm({ cluster: 'telemetry', database: 'binnacle' }, samples)) {
    expect(guide).toContain(statement);
  }
});

test('every statement is one that ClickHouse reads, the cluster in it', async () => {
  for (const table of all) {
    for (const statement of clusterForm(place, table)) {
      expect(await query(`EXPLAIN AST ${statement}`)).toContain('CreateQuery');
      expect(await query(`SELECT formatQuery($$${statement}$$)`)).toContain('ON CLUSTER');
    }
  }
});

test('every table has both of its forms', async () => {
  const engines = (await rows("SELECT name, engine FROM system.tables WHERE database = 'binnacle' ORDER BY name")) as {
    name: string;
    engine: string;
  }[];
  const engineOf = new Map(engines.map(({ name, engine }) => [name, engine]));
  for (const { name, engine } of all) {
    expect(engineOf.get(name)).toBe('Distributed');
    expect(engineOf.get(`${name}_local`)).toBe(`Replicated${engine.name}`);
  }
});

test('what is inserted under the one name is read under it, series by series, and joined on its shard', async () => {
  // The keeper in memory makes replicated tables and takes no rows into them: these are the same without replicas.
  await query('CREATE DATABASE plain');
  for (const table of [samples, series, seriesSpan]) {
    for (const statement of clusterForm({ cluster: 'one', database: 'plain' }, table)) {
      const alone = statement.replace(/Replicated(\w+)\('[^']*', '\{replica\}'/, '$1(');
      await query(alone.replace(" ON CLUSTER 'one'", ''));
    }
  }
  await query(
    `INSERT INTO plain.samples (b, series, ts, value) ${settings} SELECT 5, number % 10, toDateTime64(36000 + number, 3, 'UTC'), number FROM numbers(1000)`,
  );
  await query(`INSERT INTO plain.series_span ${settings} SELECT number, 5, 5 FROM numbers(10)`);
  await query(`INSERT INTO plain.series ${settings} SELECT number, 'up', map('n', toString(number)) FROM numbers(20)`);
  expect(await rows('SELECT count() AS n, sum(value) AS total FROM plain.samples')).toMatchObject([{ total: 499_500 }]);
  expect(await rows('SELECT series, count() AS n FROM plain.samples GROUP BY series ORDER BY series')).toHaveLength(10);
  // As the label index is loaded.
  const living = 'SELECT series FROM plain.series_span GROUP BY series HAVING max(last_b) >= 5';
  expect(await rows(`SELECT id FROM plain.series WHERE id IN (${living})`)).toHaveLength(10);
});

test('a table that nobody said how to distribute is refused', () => {
  expect(() => clusterForm(place, { ...samples, name: 'other' })).toThrow('sharding key');
});
