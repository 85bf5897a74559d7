import { open, readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { BinnacleError } from '../errors.ts';
import { processStartedAt } from './process-identity.ts';

/**
 * Takes a data directory for this process, by a file that names it. Throws `conflict` while the process that took it
 * lives; the file of one that ended without giving back is taken over. Returns the function that gives it back.
 */
export async function ownDataDir(dataDir: string): Promise<() => Promise<void>> {
  const file = path.join(dataDir, 'owner.json');
  const mine = JSON.stringify({ pid: process.pid, startedAt: await processStartedAt(process.pid) });
  for (let attempt = 0; attempt < 3; attempt++) {
    try {
      const handle = await open(file, 'wx', 0o600);
      await handle.writeFile(mine);
      await handle.close();
      return () => rm(file, { force: true });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    const owner = await readOwner(file);
    if (owner !== null && (await processStartedAt(owner.pid)) === owner.startedAt) {
      throw new BinnacleError(
        'conflict',
        `${dataDir} is in use by process ${owner.pid}: stop it, or set BINNACLE_DATA_DIR to another folder.`,
      );
    }
    await rm(file, { force: true });
  }
  throw new BinnacleError('conflict', `${dataDir} was taken by another process just now.`);
}

async function readOwner(file: string): Promise<{ pid: number; startedAt: string | null } | null> {
  try {
    const owner: unknown = JSON.parse(await readFile(file, 'utf8'));
    if (typeof owner !== 'object' || owner === null || !('pid' in owner) || typeof owner.pid !== 'number') return null;
    return { pid: owner.pid, startedAt: 'startedAt' in owner ? (owner.startedAt as string | null) : null };
  } catch {
    // torn by a crash, or just removed
    return null;
  }
}
