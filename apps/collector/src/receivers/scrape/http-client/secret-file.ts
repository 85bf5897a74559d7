import { readFile } from 'node:fs/promises';
import { BinnacleError } from '@binnacle/shared/errors.ts';

/** The text of a file with a secret, without blanks around it. Throws `upstream_failed`, which names the file only. */
export async function readSecret(path: string): Promise<string> {
  try {
    return (await readFile(path, 'utf8')).trim();
  } catch (error) {
    throw new BinnacleError('upstream_failed', `was not asked: the file ${path} cannot be read`, { cause: error });
  }
}
