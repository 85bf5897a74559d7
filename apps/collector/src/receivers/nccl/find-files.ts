import { glob, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { BinnacleError } from '@binnacle/shared/errors.ts';

const maxFiles = 4096;

export interface FoundFiles {
  readonly paths: readonly string[];
  /** Whether the path names one file, rather than a folder or a pattern. */
  readonly single: boolean;
}

/**
 * Files that a configured path means: itself, those of a folder with one of the endings, or those that match a glob.
 * Throws `not_found` where the path is no glob and does not exist: a job that has not begun has an empty folder.
 */
export async function findFiles(path: string, endings: readonly string[]): Promise<FoundFiles> {
  if (/[*?[{]/.test(path)) {
    const paths: string[] = [];
    for await (const match of glob(path)) if (paths.push(match) >= maxFiles) break;
    return { paths: paths.sort(), single: false };
  }
  try {
    if ((await stat(path)).isFile()) return { paths: [path], single: true };
    const names = (await readdir(path)).filter((name) => endings.some((ending) => name.endsWith(ending))).sort();
    return { paths: names.slice(0, maxFiles).map((name) => join(path, name)), single: false };
  } catch (error) {
    throw new BinnacleError('not_found', `${path} cannot be read; does it exist, and may this process read it?`, {
      cause: error,
    });
  }
}
