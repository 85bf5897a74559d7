import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, readdir, statfs } from 'node:fs/promises';
import path from 'node:path';
import { Readable } from 'node:stream';
import { dumpState } from '@binnacle/db/state/dump-state.ts';
import type { TelemetryStore } from '@binnacle/db/telemetry/store.ts';
import { BinnacleError } from '@binnacle/shared/errors.ts';
import { filesBelow, sizeOf, writeFileOf } from './backup-files.ts';
import { type BackupFile, digestFile, type Manifest, manifestFile } from './backup-manifest.ts';

export interface BackupSources {
  /** Undefined leaves telemetry out. */
  readonly store: Pick<TelemetryStore, 'freeze'> | undefined;
  /** Undefined leaves rules, channels, keys and people out. */
  readonly databaseUrl: string | undefined;
  /** Of this Binnacle. */
  readonly version: string;
  /** Told of each file. */
  readonly onFile?: (file: BackupFile) => void;
}

/**
 * Writes a backup into a folder that is empty or not there: the telemetry as of the call, then the state store as of a
 * moment after. The manifest comes last: what has none is no backup. Errors: `conflict` for a folder with anything in it
 * or without the room, `bad_request` for one that cannot be made.
 */
export async function writeBackup(folder: string, sources: BackupSources): Promise<Manifest> {
  await makeEmpty(folder);
  const startedAt = new Date().toISOString();
  const files: BackupFile[] = [];
  const write = async (name: string, content: Readable) => {
    const file = await writeFileOf(folder, name, content);
    files.push(file);
    sources.onFile?.(file);
  };
  const telemetry = sources.store === undefined ? undefined : await writeTelemetry(folder, sources.store, write);
  const state =
    sources.databaseUrl === undefined
      ? undefined
      : await dumpState(sources.databaseUrl, (name, rows) => write(`state/${name}.copy`, rows));
  const manifest = {
    format: 1 as const,
    version: sources.version,
    startedAt,
    ...(telemetry === undefined ? {} : { telemetry }),
    ...(state === undefined ? {} : { state: structuredClone(state) as Manifest['state'] }),
    files,
  };
  const text = `${JSON.stringify(manifest, null, 1)}\n`;
  await writeFileOf(folder, manifestFile, Readable.from([text]));
  const digest = createHash('sha256').update(text).digest('hex');
  await writeFileOf(folder, digestFile, Readable.from([`${digest}  ${manifestFile}\n`]));
  await syncFolder(folder);
  return manifest;
}

async function writeTelemetry(
  folder: string,
  store: Pick<TelemetryStore, 'freeze'>,
  write: (name: string, content: Readable) => Promise<void>,
): Promise<NonNullable<Manifest['telemetry']>> {
  const frozen = await store.freeze();
  try {
    const { bavail, bsize } = await statfs(folder);
    let needed = 0;
    for (const table of frozen.tables) if (table.folder !== undefined) needed += await sizeOf(table.folder);
    if (needed > bavail * bsize) {
      throw new BinnacleError('conflict', `${folder} has ${bavail * bsize} bytes free, the backup needs ${needed}`);
    }
    for (const table of frozen.tables) {
      if (table.folder === undefined) continue;
      for (const name of await filesBelow(table.folder)) {
        await write(`telemetry/${table.name}/${name}`, createReadStream(path.join(table.folder, name)));
      }
    }
    const { engineVersion, schemaVersion } = frozen;
    return { engineVersion, schemaVersion, tables: frozen.tables.map(({ name, create }) => ({ name, create })) };
  } finally {
    await frozen.release();
  }
}

async function makeEmpty(folder: string): Promise<void> {
  let there: string[];
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    there = await readdir(folder);
  } catch (cause) {
    throw new BinnacleError('bad_request', `the folder ${folder} cannot be made or read`, { cause });
  }
  if (there.length > 0)
    throw new BinnacleError('conflict', `${folder} is not empty: give a folder that is empty or not there`);
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  await handle.sync().finally(() => handle.close());
}
