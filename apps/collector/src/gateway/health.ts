import type { FastifyInstance } from 'fastify';
import { metricsContentType, type OwnMetrics } from '../telemetry/metrics.ts';
import { doorGroup } from './server.ts';

export interface HealthOptions {
  readonly store: { ping(): Promise<void> };
  readonly metrics: OwnMetrics;
  readonly stateProblem: () => Promise<string | undefined>;
  readonly alertsProblem: () => string | undefined;
  /** Why nothing is taken in, while that is so; reads go on. */
  readonly diskProblem?: () => string | undefined;
}

/**
 * `/healthz`: the process answers, open to everyone. `/readyz`: a real query of the telemetry store; 503 when it fails.
 * Postgres, alerts and a full disk are reported there and do not make it unready, since queries go on without them.
 */
export async function registerHealth(app: FastifyInstance, options: HealthOptions): Promise<void> {
  await doorGroup(app, 'telemetry:read', (group) => {
    group.get('/healthz', { config: { action: 'open' } }, async () => ({ status: 'ok' }));
    group.get('/readyz', async (_request, reply) => {
      const [store, state] = await Promise.all([
        options.store.ping().then(
          () => undefined,
          () => 'the telemetry store does not answer',
        ),
        options.stateProblem(),
      ]);
      const told = (problem: string | undefined) => (problem === undefined ? { ok: true } : { ok: false, problem });
      return reply.status(store === undefined ? 200 : 503).send({
        ready: store === undefined,
        telemetry: told(store),
        state: told(state),
        alerts: told(options.alertsProblem()),
        disk: told(options.diskProblem?.()),
      });
    });
    group.get('/metrics', async (_request, reply) =>
      reply.type(metricsContentType).send(await options.metrics.render()),
    );
  });
}
