import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { Readable } from 'node:stream';
import { BinnacleError } from '@binnacle/shared/errors.ts';
import type { BackupFile } from './backup-manifest.ts';

/** Writes a file of a backup, syncs it, and says what it holds. Errors: `conflict` where the disk is full. */
export async function writeFileOf(folder: string, name: string, content: Readable): Promise<BackupFile> {
  const place = path.join(folder, name);
  await mkdir(path.dirname(place), { recursive: true, mode: 0o700 });
  const hash = createHash('sha256');
  let bytes = 0;
  const file = await open(place, 'wx', 0o600);
  try {
    for await (const chunk of content as AsyncIterable<Buffer | string>) {
      const data = typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
      hash.update(data);
      bytes += data.length;
      await file.writeFile(data);
    }
    await file.sync();
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'ENOSPC') throw cause;
    throw new BinnacleError('conflict', `the disk of ${folder} is full; what was written is not a backup`, { cause });
  } finally {
    await file.close();
  }
  return { path: name, bytes, sha256: hash.digest('hex') };
}

/** Copies a file of a backup while it checks it. Throws `bad_request` for one that is missing, cut or changed. */
export async function copyChecked(folder: string, entry: BackupFile, place: string): Promise<void> {
  await mkdir(path.dirname(place), { recursive: true });
  const file = await open(place, 'wx', 0o640);
  try {
    for await (const chunk of checkedContent(folder, entry)) await file.writeFile(chunk);
  } finally {
    await file.close();
  }
}

/** The content of a file of a backup; fails at its end where it is not what the manifest says. */
export function checkedFile(folder: string, entry: BackupFile): Readable {
  return Readable.from(checkedContent(folder, entry), { objectMode: false });
}

async function* checkedContent(folder: string, entry: BackupFile): AsyncGenerator<Buffer> {
  const hash = createHash('sha256');
  let bytes = 0;
  try {
    for await (const chunk of createReadStream(path.join(folder, entry.path)) as AsyncIterable<Buffer>) {
      hash.update(chunk);
      bytes += chunk.length;
      yield chunk;
    }
  } catch (cause) {
    if (cause instanceof BinnacleError) throw cause;
    throw new BinnacleError('bad_request', `the backup's file ${entry.path} cannot be read`, { cause });
  }
  if (bytes === entry.bytes && hash.digest('hex') === entry.sha256) return;
  throw new BinnacleError('bad_request', `the backup's file ${entry.path} was cut or changed: it is not restored`);
}

/** Files below a folder, as paths from there, in order. */
export async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)).split(path.sep).join('/'))
    .sort();
}

export async function sizeOf(folder: string): Promise<number> {
  let bytes = 0;
  for (const name of await filesBelow(folder)) bytes += (await stat(path.join(folder, name))).size;
  return bytes;
}
