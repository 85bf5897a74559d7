import { mkdir, readdir, rename, rm, rmdir } from 'node:fs/promises';
import path from 'node:path';
import { startEmbeddedPostgres } from '@binnacle/db/state/embedded-postgres.ts';
import { checkMigrations, loadState } from '@binnacle/db/state/load-state.ts';
import { checkSchemaVersion, restoreTables } from '@binnacle/db/telemetry/lifecycle/restore-tables.ts';
import { BinnacleError } from '@binnacle/shared/errors.ts';
import type { Logger } from 'pino';
import { checkedFile, copyChecked } from './backup-files.ts';
import { type BackupFile, type Manifest, readManifest } from './backup-manifest.ts';

export interface RestorePlace {
  /** The data directory that is made; it must be empty or not there. */
  readonly dataDir: string;
  /** Postgres of the user's instead of an embedded one; it must have no tables of Binnacle. */
  readonly databaseUrl: string | undefined;
  readonly log: Logger;
}

/**
 * Makes a data directory from a backup. Everything is checked against the manifest as it is read, and the directory gets
 * its name when it is whole: a restore that fails leaves nothing behind. Errors: `bad_request` for a backup that is torn or
 * changed, `conflict` for one of a newer Binnacle and for a place that is not empty.
 */
export async function restoreBackup(folder: string, place: RestorePlace): Promise<Manifest> {
  const manifest = await readManifest(folder);
  const { telemetry, state } = manifest;
  if (telemetry !== undefined) checkSchemaVersion(telemetry.schemaVersion);
  if (state !== undefined) await checkMigrations(state);
  if ((await readdir(place.dataDir).catch(() => [])).length > 0) {
    throw new BinnacleError(
      'conflict',
      `${place.dataDir} is not empty: restore into a folder that is empty or not there (--data-dir)`,
    );
  }
  const draft = `${path.resolve(place.dataDir)}.restoring`;
  await rm(draft, { recursive: true, force: true });
  await mkdir(draft, { recursive: true, mode: 0o711 });
  try {
    if (telemetry !== undefined) {
      const tables = telemetry.tables.map(({ name, create }) => ({
        name,
        create,
        writeParts: (parts: string) => copyParts(folder, manifest.files, `telemetry/${name}/`, parts),
      }));
      await restoreTables(path.join(draft, 'telemetry'), tables);
    }
    if (state !== undefined) await restoreState(folder, manifest, draft, place);
    // An empty folder in its place is nobody's.
    await rmdir(place.dataDir).catch(() => undefined);
    await rename(draft, place.dataDir);
  } catch (error) {
    await rm(draft, { recursive: true, force: true });
    throw error;
  }
  return manifest;
}

async function copyParts(folder: string, files: readonly BackupFile[], prefix: string, place: string): Promise<void> {
  for (const entry of files) {
    if (entry.path.startsWith(prefix)) {
      await copyChecked(folder, entry, path.join(place, entry.path.slice(prefix.length)));
    }
  }
}

async function restoreState(folder: string, manifest: Manifest, draft: string, place: RestorePlace): Promise<void> {
  const dump = manifest.state as NonNullable<Manifest['state']>;
  const read = (name: string) => {
    const entry = manifest.files.find((file) => file.path === `state/${name}.copy`);
    if (entry === undefined) throw new BinnacleError('bad_request', `the backup has no file for the table ${name}`);
    return checkedFile(folder, entry);
  };
  if (place.databaseUrl !== undefined) return loadState(place.databaseUrl, dump, read);
  const postgres = await startEmbeddedPostgres({ dataDir: path.join(draft, 'postgres'), log: place.log });
  try {
    await loadState(postgres.databaseUrl, dump, read);
  } finally {
    await postgres.stop();
  }
}
