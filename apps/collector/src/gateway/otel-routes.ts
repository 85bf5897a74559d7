import type { OtelStore } from '@binnacle/db/telemetry/otel/otel-store.ts';
import { type LogsAnswer, logsParameters, type TraceAnswer, traceIdParameter } from '@binnacle/shared/api/otel.ts';
import { BinnacleError } from '@binnacle/shared/errors.ts';
import type { FastifyInstance } from 'fastify';
import { doorGroup } from './server.ts';

const hourMs = 3_600_000;

/** The doors that show stored spans and log records; their shapes are in `packages/shared/src/api/otel.ts`. */
export async function registerOtelRoutes(
  app: FastifyInstance,
  store: Pick<OtelStore, 'trace' | 'logs'>,
  now: () => number,
): Promise<void> {
  await doorGroup(app, 'telemetry:read', (group) => {
    group.get('/api/binnacle/traces/:traceId', async (request): Promise<TraceAnswer> => {
      const { traceId } = request.params as { traceId: string };
      return store.trace(traceIdParameter.parse(traceId));
    });
    group.get('/api/binnacle/logs', async (request): Promise<LogsAnswer> => {
      const { from, to, service, severity, traceId, limit } = logsParameters.parse(request.query);
      const toMs = to ?? now();
      const fromMs = from ?? toMs - hourMs;
      if (fromMs > toMs) throw new BinnacleError('bad_request', 'from is later than to');
      return store.logs({
        fromMs,
        toMs,
        limit,
        ...(service === undefined ? {} : { service }),
        ...(severity === undefined ? {} : { minSeverity: severity }),
        ...(traceId === undefined ? {} : { traceId }),
      });
    });
  });
}
