import type { Engine } from '@binnacle/promql/engine/engine.ts';
import { BinnacleError } from '@binnacle/shared/errors.ts';
import type { SampleReader } from '@binnacle/shared/telemetry/reader.ts';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Logger } from 'pino';
import { version } from '../../cli/version.ts';
import { addToCounter } from '../../telemetry/instruments.ts';
import { toBinnacleError } from '../error-answer.ts';
import { sendData, sendError } from './answers.ts';
import { registerCatalogueRoutes } from './catalogue-routes.ts';
import { compressAnswers } from './compression.ts';
import { Parameters } from './parameters.ts';
import { registerQueryRoutes } from './query-routes.ts';
import type { RuleAnswers } from './rule-answers.ts';

/** What `status/buildinfo` says; Grafana reads `version` to see what the server can do. */
export interface BuildInfo {
  readonly version: string;
  readonly revision: string;
  readonly branch: string;
  readonly buildUser: string;
  readonly buildDate: string;
  readonly goVersion: string;
}

const ownBuildInfo: BuildInfo = {
  version,
  revision: '',
  branch: '',
  buildUser: '',
  buildDate: '',
  goVersion: '',
};

export interface PrometheusApiOptions {
  readonly engine: Engine;
  readonly reader: SampleReader;
  readonly buildInfo?: BuildInfo;
  /** Whoever knows the rules, asked at every request; undefined while nobody does, which is `state_unavailable`. */
  readonly alerts?: () => RuleAnswers | undefined;
  /** ms since 1970 */
  readonly now: () => number;
  readonly log?: Logger;
}

/**
 * Registers the Prometheus HTTP API under `/api/v1/`, with its own error shape and form bodies; both stay inside this
 * group of routes. Grafana, promtool and vmalert are its clients.
 */
export async function registerPrometheusApi(app: FastifyInstance, options: PrometheusApiOptions): Promise<void> {
  await app.register(async (group) => {
    group.addContentTypeParser('application/x-www-form-urlencoded', { parseAs: 'string' }, (_request, body, done) => {
      done(null, new URLSearchParams(body.toString()));
    });
    group.setErrorHandler((error, request, reply) => {
      const known = toBinnacleError(error);
      const door = request.routeOptions.url ?? 'none';
      addToCounter('binnacle_http_refused_total', 1, { door, code: known.code });
      if (known.status >= 500) {
        options.log?.warn({ requestId: request.id, door, code: known.code, err: known.cause ?? known }, known.message);
      }
      return sendError(reply, known);
    });
    compressAnswers(group);
    registerQueryRoutes(group, options.engine, options.now);
    registerCatalogueRoutes(group, options.reader);
    registerStatusRoutes(group, options);
  });
}

function registerStatusRoutes(app: FastifyInstance, options: PrometheusApiOptions): void {
  const { buildInfo = ownBuildInfo } = options;
  const known = (): RuleAnswers => {
    const answers = options.alerts?.();
    if (answers === undefined) throw new BinnacleError('state_unavailable', 'the alert rules are not known yet');
    return answers;
  };
  app.get('/api/v1/status/buildinfo', async (_request, reply) => sendData(reply, buildInfo));
  app.get('/api/v1/alerts', async (_request, reply) => sendData(reply, await known().alertsAnswer()));
  app.get('/api/v1/rules', async (request, reply) => {
    const wanted = ruleFilter(request);
    const answer = await known().rulesAnswer();
    const groups = answer.groups
      .filter((group) => wanted.group(group.name) && wanted.file(group.file))
      .map((group) => ({
        ...group,
        rules: group.rules.filter((rule) => wanted.type(rule.type) && wanted.name(rule.name)),
      }))
      .filter((group) => group.rules.length > 0);
    return sendData(reply, { groups });
  });
}

/** The filters of `/rules`: type, names, groups and files; an absent one lets everything through. */
function ruleFilter(request: FastifyRequest): Record<'type' | 'name' | 'group' | 'file', (value: string) => boolean> {
  const parameters = new Parameters(request);
  const type = parameters.text('type')?.toLowerCase();
  if (type !== undefined && type !== 'alert' && type !== 'record') {
    throw new BinnacleError('query_invalid', `invalid parameter "type": not supported value ${JSON.stringify(type)}`);
  }
  const oneOf = (name: string): ((value: string) => boolean) => {
    const wanted = new Set(parameters.all(name));
    return (value) => wanted.size === 0 || wanted.has(value);
  };
  return {
    type: (value) => type === undefined || value === (type === 'alert' ? 'alerting' : 'recording'),
    name: oneOf('rule_name[]'),
    group: oneOf('rule_group[]'),
    file: oneOf('file[]'),
  };
}
