import { createServer } from 'node:net';
import { BinnacleError } from '@binnacle/shared/errors.ts';

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
