import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { doorGroup } from '../server.ts';
import type { BackupJob, BackupStatus } from './backup-job.ts';
import type { BackupSources } from './write-backup.ts';

const backupBody = z.strictObject({
  /** A folder on the gateway's machine, from the root; empty or not there. */
  directory: z.string().min(1).max(4096),
  /** What is backed up; all of it where not said. */
  only: z.enum(['telemetry', 'state']).optional(),
});

export interface BackupRoutesOptions {
  readonly job: BackupJob;
  readonly store: NonNullable<BackupSources['store']>;
  /** Throws `state_unavailable` while Postgres was never reached. */
  readonly databaseUrl: () => string;
  readonly version: string;
  /** Resolves when all samples that wait now are in the store, or were refused. */
  readonly settled: () => Promise<void>;
}

/** `POST /api/binnacle/backup` begins a backup on the gateway's machine, `GET` tells how it stands. */
export async function registerBackupRoutes(app: FastifyInstance, options: BackupRoutesOptions): Promise<void> {
  await doorGroup(app, 'data:backup', (group) => {
    group.get('/api/binnacle/backup', async (): Promise<BackupStatus> => options.job.status);
    group.post('/api/binnacle/backup', async (request, reply): Promise<BackupStatus> => {
      const { directory, only } = backupBody.parse(request.body);
      await options.settled();
      options.job.start(directory, {
        store: only === 'state' ? undefined : options.store,
        databaseUrl: only === 'telemetry' ? undefined : options.databaseUrl(),
        version: options.version,
      });
      reply.status(202);
      return options.job.status;
    });
  });
}
