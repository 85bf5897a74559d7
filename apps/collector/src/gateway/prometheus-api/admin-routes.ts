import { BinnacleError } from '@binnacle/shared/errors.ts';
import type { Matcher, TimeRange } from '@binnacle/shared/telemetry/reader.ts';
import type { FastifyInstance } from 'fastify';
import type { Logger } from 'pino';
import { addToCounter } from '../../telemetry/instruments.ts';
import { sendData } from './answers.ts';
import { Parameters } from './parameters.ts';

/** What the administrator's doors do; the telemetry store has both. */
export interface AdminActions {
  /** Says whether the doors are open (`gateway.adminApi`). */
  readonly enabled: boolean;
  /** Resolves when all samples that wait now are in the store, or were refused. */
  settled(): Promise<void>;
  deleteSamples(
    matcherSets: readonly (readonly Matcher[])[],
    range: TimeRange,
    options: { readonly dryRun: boolean },
  ): Promise<{ readonly series: number; readonly samples: number }>;
  cleanDeleted(): Promise<void>;
}

/**
 * `admin/tsdb/delete_series` and `admin/tsdb/clean_tombstones`, as Prometheus has them: 204, and refused unless they are
 * switched on. `dry_run=true`, which Prometheus does not know, answers how much would be deleted.
 */
export function registerAdminRoutes(app: FastifyInstance, admin: AdminActions | undefined, log?: Logger): void {
  const config = { action: 'data:delete' } as const;
  const opened = (): AdminActions => {
    if (admin?.enabled === true) return admin;
    throw new BinnacleError(
      'forbidden',
      'admin APIs disabled: set gateway.adminApi to true, or BINNACLE_ADMIN_API to 1, and start the gateway again',
    );
  };
  app.route({
    method: ['POST', 'PUT'],
    url: '/api/v1/admin/tsdb/delete_series',
    config,
    handler: async (request, reply) => {
      const { settled, deleteSamples } = opened();
      const parameters = new Parameters(request);
      const matcherSets = parameters.matcherSets();
      if (matcherSets.length === 0) throw new BinnacleError('query_invalid', 'no match[] parameter provided');
      const range = parameters.range();
      if (range.toMs < range.fromMs)
        throw new BinnacleError('query_invalid', 'end timestamp must not be before start time');
      const dryRun = parameters.flag('dry_run');
      if (!dryRun) await settled();
      const found = await deleteSamples(matcherSets, range, { dryRun });
      if (dryRun) return sendData(reply, found);
      addToCounter('binnacle_deleted_samples_total', found.samples);
      // Whoever asks later where samples went finds it here.
      log?.warn(
        { requestId: request.id, match: parameters.all('match[]'), ...range, ...found },
        'samples were deleted',
      );
      return reply.status(204).send();
    },
  });
  app.route({
    method: ['POST', 'PUT'],
    url: '/api/v1/admin/tsdb/clean_tombstones',
    config,
    handler: async (request, reply) => {
      await opened().cleanDeleted();
      log?.info({ requestId: request.id }, 'deleted samples were taken off the disk');
      return reply.status(204).send();
    },
  });
}
