import { constants } from 'node:fs';
import { access, mkdir } from 'node:fs/promises';
import { createServer } from 'node:net';
import path from 'node:path';
import { ownDataDir } from '@binnacle/db/state/data-dir-owner.ts';
import { BinnacleError } from '@binnacle/shared/errors.ts';

/** Makes a folder for this process alone. Throws one sentence when it cannot be written or another process has it. */
export async function takeDataDirectory(directory: string): Promise<() => Promise<void>> {
  await makeWritable(directory);
  return ownDataDir(path.resolve(directory));
}

export async function makeWritable(directory: string): Promise<void> {
  const place = path.resolve(directory);
  try {
    await mkdir(place, { recursive: true, mode: 0o711 });
    await access(place, constants.W_OK | constants.X_OK);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const why =
      code === 'EEXIST' || code === 'ENOTDIR'
        ? 'is not a folder'
        : code === 'ENOSPC'
          ? 'is on a full disk'
          : 'cannot be written';
    throw new BinnacleError(
      'conflict',
      `the data directory ${place} ${why}: set BINNACLE_DATA_DIR (or --data-dir) to a folder that this user may write`,
      { cause: error },
    );
  }
}

/** Throws `conflict` with one sentence when the port cannot be listened on. `setting` is what changes it. */
export async function ensurePortFree(host: string, port: number, setting: string): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const server = createServer();
    server.once('error', (error) => reject(portFault(error, host, port, setting)));
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve()));
  });
}

/** A failed listen as one sentence that names the port and the setting. */
export function portFault(error: unknown, host: string, port: number, setting: string): unknown {
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'EADDRINUSE')
    return new BinnacleError(
      'conflict',
      `port ${port} on ${host} is taken: stop the program that uses it, or set ${setting} to another port`,
      { cause: error },
    );
  if (code === 'EACCES')
    return new BinnacleError(
      'conflict',
      `port ${port} may not be opened by this user: set ${setting} to a port of 1024 or above`,
      { cause: error },
    );
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND')
    return new BinnacleError(
      'conflict',
      `${host} is not an address of this machine: set BINNACLE_HOST to one that is`,
      { cause: error },
    );
  return error;
}
