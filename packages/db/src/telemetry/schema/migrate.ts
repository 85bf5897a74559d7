import { BinnacleError } from '@binnacle/shared/errors.ts';
import { checkCluster } from '../cluster/check-cluster.ts';
import { onCluster } from '../cluster/cluster-migrations.ts';
import { altered, storedName } from '../cluster/placement.ts';
import { type Engine, quote } from '../engine/engine.ts';
import { clusterForm } from './cluster-form.ts';
import { type Migration, migrations as released } from './migrations.ts';
import { bucketMs, createTable, schemaMigration } from './tables.ts';

/**
 * Brings the database to the newest schema and returns the versions that were applied now. Doing it again does nothing.
 * On a cluster each statement runs on all of its servers. Errors: `conflict` where the database was written by a newer Binnacle,
 * and those of `checkCluster`.
 */
export async function migrate(
  engine: Engine,
  database: string,
  steps: readonly Migration[] = released,
): Promise<number[]> {
  await checkCluster(engine, database);
  const { cluster } = engine;
  const migrations = cluster === undefined ? steps : onCluster(cluster, steps);
  const on = cluster === undefined ? '' : ` ON CLUSTER ${quote(cluster)}`;
  await engine.command(`CREATE DATABASE IF NOT EXISTS ${database}${on}`);
  const first =
    cluster === undefined
      ? [createTable(database, schemaMigration)]
      : clusterForm({ cluster, database }, schemaMigration);
  for (const statement of first) await engine.command(statement);
  const rows = await engine.rows<{ version: number }>(`SELECT DISTINCT version FROM ${database}.schema_migration`);
  const applied = new Set(rows.map((row) => row.version));
  const newest = migrations.at(-1)?.version ?? 0;
  const newer = [...applied].find((version) => version > newest);
  if (newer !== undefined) {
    throw new BinnacleError(
      'conflict',
      `The telemetry store has schema version ${newer}, this Binnacle knows ${newest}: start a newer one.`,
    );
  }
  const now: number[] = [];
  for (const migration of migrations) {
    if (applied.has(migration.version)) continue;
    for (const statement of migration.statements(database)) await engine.command(statement);
    await engine.command(
      `INSERT INTO ${database}.schema_migration (version, name) VALUES (${migration.version}, ${quote(migration.name)})`,
    );
    now.push(migration.version);
  }
  return now;
}

/**
 * Sets how long samples are kept. Whole days are dropped when their last sample is that old; nothing is rewritten.
 * `null` keeps samples for ever. Returns whether that is news to the database.
 */
export async function applyRetention(engine: Engine, database: string, days: number | null): Promise<boolean> {
  const samples = await setTtl(
    engine,
    database,
    'samples',
    days === null ? null : `toDateTime(ts) + toIntervalDay(${days})`,
  );
  const bucketEnd = `toDateTime((b + 1) * ${bucketMs / 1000})`;
  const sealed = await setTtl(
    engine,
    database,
    'sealed',
    days === null ? null : `${bucketEnd} + toIntervalDay(${days})`,
  );
  // A span outlives its samples by a day: dropping parts is not punctual.
  const spanEnd = `toDateTime((last_b + 1) * ${bucketMs / 1000})`;
  const spans = await setTtl(
    engine,
    database,
    'series_span',
    days === null ? null : `${spanEnd} + toIntervalDay(${days + 1})`,
  );
  return samples || sealed || spans;
}

/** Sets the TTL of a table, `null` for none; rows that are there follow as their parts are merged. Returns whether it changed. */
export async function setTtl(engine: Engine, database: string, table: string, ttl: string | null): Promise<boolean> {
  const [row] = await engine.rows<{ create: string }>(
    `SELECT create_table_query AS create FROM system.tables WHERE database = ${quote(database)} AND name = ${quote(storedName(engine, table))}`,
  );
  const current = / TTL (.+?)(?: SETTINGS |$)/.exec((row?.create ?? '').replaceAll('\n', ' '))?.[1] ?? null;
  if (current === ttl) return false;
  if (ttl === null) await engine.command(`ALTER TABLE ${altered(engine, database, table)} REMOVE TTL`);
  else
    await engine.command(
      `ALTER TABLE ${altered(engine, database, table)} MODIFY TTL ${ttl} SETTINGS materialize_ttl_after_modify = 0`,
    );
  return true;
}
