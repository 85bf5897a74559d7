import { mkdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { BinnacleError } from '@binnacle/shared/errors.ts';
import { openEmbeddedEngine } from '../engine/embedded-engine.ts';
import { quote } from '../engine/engine.ts';
import { migrations } from '../schema/migrations.ts';

/** A table of a backup. */
export interface TableToRestore {
  readonly name: string;
  readonly create: string;
  /** Writes the folders of its parts into a folder that exists. */
  readonly writeParts: (folder: string) => Promise<void>;
}

const database = 'binnacle';

/** Throws `conflict` for files of a schema that this Binnacle does not know. */
export function checkSchemaVersion(schemaVersion: number): void {
  const newest = migrations.at(-1)?.version ?? 0;
  if (schemaVersion <= newest) return;
  throw new BinnacleError(
    'conflict',
    `The backup has telemetry of schema version ${schemaVersion}, this Binnacle knows ${newest}: restore it with a newer one.`,
  );
}

/** Makes an embedded store in a folder that has none, from the parts of a backup; the next open migrates it. */
export async function restoreTables(dataDir: string, tables: readonly TableToRestore[]): Promise<void> {
  const engine = await openEmbeddedEngine(dataDir, 1, { maxExecutionSeconds: 600, maxMemoryBytes: 2 ** 30 });
  try {
    await engine.command(`CREATE DATABASE ${database}`);
    // The codec of values is one of those; the backup was checked, and it was made by such an engine.
    await engine.command('SET allow_experimental_codecs = 1');
    for (const { name, create, writeParts } of tables) {
      await engine.command(create);
      const [table] = await engine.rows<{ folder: string; view: number }>(
        `SELECT data_paths[1] AS folder, engine = 'MaterializedView' AS view FROM system.tables WHERE database = ${quote(database)} AND name = ${quote(name)}`,
      );
      if (table === undefined) throw new BinnacleError('bad_request', `The backup's table ${name} is not one of ours.`);
      if (table.view === 1) continue;
      const detached = path.join(table.folder, 'detached');
      await mkdir(detached, { recursive: true });
      await writeParts(detached);
      await engine.command(`ALTER TABLE ${database}.${name} ATTACH PARTITION ALL`);
    }
  } finally {
    await engine.close();
  }
  await rm(path.join(dataDir, 'inbox'), { recursive: true, force: true });
}
