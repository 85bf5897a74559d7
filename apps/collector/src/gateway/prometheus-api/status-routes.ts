import { availableParallelism, hostname } from 'node:os';
import type { Features } from '@binnacle/promql/language/features.ts';
import { BinnacleError } from '@binnacle/shared/errors.ts';
import type { SampleReader } from '@binnacle/shared/telemetry/reader.ts';
import type { FastifyInstance } from 'fastify';
import { sendData } from './answers.ts';
import { featureAnswer } from './feature-answer.ts';
import { allTime, Parameters } from './parameters.ts';
import { seriesCounts } from './series-counts.ts';
import type { ServerFacts } from './server-facts.ts';
import { shownConfig } from './shown-config.ts';

export interface StatusOptions {
  readonly reader: SampleReader;
  readonly features: Features;
  readonly server: ServerFacts;
  readonly now: () => number;
}

/**
 * `status/…`, `features`, `/-/healthy` and `/-/ready`. Fields of Prometheus that have no meaning here (goroutines, chunks,
 * Go's garbage collector) are left out.
 */
export function registerStatusRoutes(app: FastifyInstance, options: StatusOptions): void {
  const { reader, features, server, now } = options;
  const yaml = shownConfig(server.config);
  app.get('/api/v1/status/buildinfo', async (_request, reply) => sendData(reply, server.buildInfo));
  app.get('/api/v1/status/flags', async (_request, reply) => sendData(reply, server.flags));
  app.get('/api/v1/status/config', { config: { action: 'sources:read' } }, async (_request, reply) =>
    sendData(reply, { yaml }),
  );
  app.get('/api/v1/status/runtimeinfo', async (_request, reply) => {
    const startTime = new Date(server.startedAtMs).toISOString();
    return sendData(reply, {
      startTime,
      CWD: process.cwd(),
      hostname: hostname(),
      serverTime: new Date(now()).toISOString(),
      // The config is read once, and the gateway does not start without a good one.
      reloadConfigSuccess: true,
      lastConfigTime: startTime,
      GOMAXPROCS: availableParallelism(),
      storageRetention: `${server.retentionDays}d`,
    });
  });
  app.get('/api/v1/status/tsdb', async (request, reply) => {
    const limit = new Parameters(request).limit() || 10;
    if (limit > 10_000) throw new BinnacleError('query_invalid', 'limit must not exceed 10000');
    return sendData(reply, await seriesCounts(await reader.select([], allTime), limit));
  });
  // Nothing is replayed at the start; this is what Prometheus says then.
  app.get('/api/v1/status/walreplay', async (_request, reply) => sendData(reply, { min: 0, max: 0, current: 0 }));
  app.get('/api/v1/features', async (_request, reply) => sendData(reply, featureAnswer(features)));
  app.get('/-/healthy', async (_request, reply) =>
    reply.type('text/plain; charset=utf-8').send('Binnacle is healthy.\n'),
  );
  app.get('/-/ready', async (_request, reply) => {
    await server.ready();
    return reply.type('text/plain; charset=utf-8').send('Binnacle is ready.\n');
  });
}
