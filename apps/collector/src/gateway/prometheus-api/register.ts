import type { Engine } from '@binnacle/promql/engine/engine.ts';
import { type Features, noFeatures } from '@binnacle/promql/language/features.ts';
import { BinnacleError } from '@binnacle/shared/errors.ts';
import type { SampleReader } from '@binnacle/shared/telemetry/reader.ts';
import type { FastifyInstance } from 'fastify';
import type { Logger } from 'pino';
import { addToCounter } from '../../telemetry/instruments.ts';
import { toBinnacleError } from '../error-answer.ts';
import { type AdminActions, registerAdminRoutes } from './admin-routes.ts';
import { sendError } from './answers.ts';
import { registerCatalogueRoutes } from './catalogue-routes.ts';
import { compressAnswers } from './compression.ts';
import { registerExplainRoutes } from './explain-routes.ts';
import { registerQueryRoutes } from './query-routes.ts';
import type { RuleAnswers } from './rule-answers.ts';
import { registerRuleRoutes } from './rule-routes.ts';
import type { ServerFacts } from './server-facts.ts';
import { registerStatusRoutes } from './status-routes.ts';
import { registerTargetRoutes } from './target-routes.ts';
import { registerTextRoutes } from './text-routes.ts';

export interface PrometheusApiOptions {
  readonly engine: Engine;
  readonly reader: SampleReader;
  readonly server: ServerFacts;
  /** Experimental parts of the language that the engine has on. */
  readonly features?: Features;
  /** Whoever knows the rules, asked at every request; undefined while nobody does, which is `state_unavailable`. */
  readonly alerts?: () => RuleAnswers | undefined;
  /** Deletion; without it its doors refuse. */
  readonly admin?: AdminActions;
  /** ms since 1970 */
  readonly now: () => number;
  readonly log?: Logger;
}

/**
 * Registers the Prometheus HTTP API under `/api/v1/`, with its own error shape, form bodies and compression; all three
 * stay inside this group of routes. Grafana, promtool and vmalert are its clients.
 */
export async function registerPrometheusApi(app: FastifyInstance, options: PrometheusApiOptions): Promise<void> {
  const { engine, reader, server, features = noFeatures, alerts = () => undefined, now, log, admin } = options;
  await app.register(async (group) => {
    // As in Prometheus a body that is no form is not looked at: vmalert sends an empty one and calls it JSON.
    group.removeAllContentTypeParsers();
    group.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, _body, done) => done(null, undefined));
    group.addContentTypeParser('application/x-www-form-urlencoded', { parseAs: 'string' }, (request, body, done) => {
      const encoding = request.headers['content-encoding'] ?? 'identity';
      if (encoding === 'identity') done(null, new URLSearchParams(body.toString()));
      else done(new BinnacleError('unsupported_media_type', 'forms are taken as they are, not compressed'));
    });
    group.setErrorHandler((error, request, reply) => {
      const known = toBinnacleError(error);
      const door = request.routeOptions.url ?? 'none';
      addToCounter('binnacle_http_refused_total', 1, { door, code: known.code });
      if (known.status >= 500) {
        log?.warn({ requestId: request.id, door, code: known.code, err: known.cause ?? known }, known.message);
      }
      return sendError(reply, known);
    });
    compressAnswers(group);
    registerQueryRoutes(group, engine, reader, features, now);
    registerTextRoutes(group, features);
    registerExplainRoutes(group, engine, now);
    registerCatalogueRoutes(group, reader);
    registerRuleRoutes(group, alerts);
    registerTargetRoutes(group, server, reader, now);
    registerAdminRoutes(group, admin, log);
    registerStatusRoutes(group, { reader, features, server, now });
  });
}
