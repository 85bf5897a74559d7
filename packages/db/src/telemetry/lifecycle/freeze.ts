import { readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { BinnacleError } from '@binnacle/shared/errors.ts';
import { type Engine, quote } from '../engine/engine.ts';

/** A table as it stood at one moment. */
export interface FrozenTable {
  readonly name: string;
  /** The statement that made it, with the database's name. */
  readonly create: string;
  /** Holds a folder for each part; undefined where the table is empty, and for a view. Nobody changes its files. */
  readonly folder: string | undefined;
}

/** The store at one moment, as files that stay until `release`. */
export interface FrozenStore {
  /** Version of ClickHouse that wrote the files. */
  readonly engineVersion: string;
  /** Of the newest migration. */
  readonly schemaVersion: number;
  readonly tables: readonly FrozenTable[];
  release(): Promise<void>;
}

/** Name of the folder under ClickHouse's `shadow`; there is one at a time. */
const name = 'binnacle';

/**
 * Keeps every table of an embedded store as it is now, by hard links, which takes milliseconds and no room; parts that are
 * merged away meanwhile stay until `release`. Nothing must be inserted or moved between tables while it runs.
 */
export async function freezeTables(engine: Engine, database: string): Promise<FrozenStore> {
  const shadow = await shadowFolder(engine);
  await rm(shadow, { recursive: true, force: true });
  // Views come last: what they write to and read from must be there when they are made.
  const tables = await engine.rows<{ name: string; create: string; uuid: string; view: number }>(
    `SELECT name, create_table_query AS create, toString(uuid) AS uuid, engine = 'MaterializedView' AS view FROM system.tables WHERE database = ${quote(database)} AND (engine LIKE '%MergeTree' OR view) ORDER BY view, name`,
  );
  const [facts] = await engine.rows<{ engine: string; schema: number }>(
    `SELECT version() AS engine, max(version) AS schema FROM ${database}.schema_migration`,
  );
  if (facts === undefined)
    throw new BinnacleError('store_unavailable', 'The telemetry store does not say its version.');
  const release = () => rm(shadow, { recursive: true, force: true });
  try {
    const frozen: FrozenTable[] = [];
    for (const table of tables) {
      if (table.view === 1) {
        frozen.push({ name: table.name, create: table.create, folder: undefined });
        continue;
      }
      await engine.command(`ALTER TABLE ${database}.${table.name} FREEZE WITH NAME ${quote(name)}`);
      const folder = path.join(shadow, 'store', table.uuid.slice(0, 3), table.uuid);
      const parts = await readdir(folder).catch(() => []);
      frozen.push({ name: table.name, create: table.create, folder: parts.length > 0 ? folder : undefined });
    }
    return { engineVersion: facts.engine, schemaVersion: facts.schema, tables: frozen, release };
  } catch (error) {
    await release();
    throw error;
  }
}

/** Removes what a process left behind that died between freezing and releasing. */
export async function forgetFrozen(engine: Engine): Promise<void> {
  await rm(await shadowFolder(engine), { recursive: true, force: true });
}

async function shadowFolder(engine: Engine): Promise<string> {
  const [disk] = await engine.rows<{ path: string }>("SELECT path FROM system.disks WHERE name = 'default'");
  if (disk === undefined) throw new BinnacleError('store_unavailable', 'The telemetry store does not say where it is.');
  return path.join(disk.path, 'shadow', name);
}
