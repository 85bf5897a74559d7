import { constants } from 'node:fs';
import { access, mkdir } from 'node:fs/promises';
import path from 'node:path';
import { BinnacleError } from '@binnacle/shared/errors.ts';
import { ownDataDir } from '@binnacle/shared/process/data-dir-owner.ts';

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
