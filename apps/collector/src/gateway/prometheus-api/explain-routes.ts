import type { Engine } from '@binnacle/promql/engine/engine.ts';
import type { PlanChoice } from '@binnacle/promql/plan/cost.ts';
import type { FastifyInstance } from 'fastify';
import { goneSignal } from './gone-signal.ts';
import { invalid, Parameters } from './parameters.ts';
import { queryOf, stepsOf } from './query-parameters.ts';
import { namingQuery } from './query-text.ts';

const plans: readonly PlanChoice[] = ['auto', 'stream', 'push-down', 'resample'];

/**
 * `/api/binnacle/promql/explain`, by GET and POST: how a query would be answered, without asking it. Parameters are those
 * of `query_range` where there is a `step`, else of `query`; `analyze=true` runs the query too and counts, `plan` says
 * which plan to explain instead of the engine's own choice. The answer is an `Explanation` (`shared/api/explanation.ts`);
 * errors have the shape of the Prometheus API.
 */
export function registerExplainRoutes(app: FastifyInstance, engine: Engine, now: () => number): void {
  app.route({
    method: ['GET', 'POST'],
    url: '/api/binnacle/promql/explain',
    handler: async (request, reply) => {
      const parameters = new Parameters(request);
      const plan = planOf(parameters);
      const times =
        parameters.text('step') === undefined ? { timeMs: parameters.timeMs('time') ?? now() } : stepsOf(parameters);
      const answer = await engine
        .explain({
          ...queryOf(parameters),
          ...times,
          ...(plan === undefined ? {} : { plan }),
          analyze: parameters.flag('analyze'),
          signal: goneSignal(request, reply),
        })
        .catch(namingQuery);
      return reply.type('application/json; charset=utf-8').send(JSON.stringify(answer));
    },
  });
}

function planOf(parameters: Parameters): PlanChoice | undefined {
  const text = parameters.text('plan');
  if (text === undefined) return undefined;
  const plan = plans.find((known) => known === text);
  if (plan === undefined) throw invalid('plan', `it must be one of ${plans.join(', ')}`);
  return plan;
}
