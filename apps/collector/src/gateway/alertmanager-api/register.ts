import { BinnacleError } from '@binnacle/shared/errors.ts';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { Instance } from '../../alerts/instances.ts';
import { compileSilenceMatchers, parseMatchers, type Silence, silenceMatcher } from '../../alerts/silences/silence.ts';
import type { Silences } from '../../alerts/silences/silence-store.ts';
import { addToCounter } from '../../telemetry/instruments.ts';
import { toBinnacleError } from '../error-answer.ts';
import { doorGroup } from '../server.ts';

/** What the doors of Alertmanager's API ask. */
export interface AlertmanagerSource {
  readonly silences: Silences;
  /** Alerts that fire now. Throws `state_unavailable` while no rule is known. */
  firing(): Promise<readonly Instance[]>;
}

const time = z.iso.datetime({ offset: true }).transform((text) => Date.parse(text));

const silenceBody = z.strictObject({
  id: z.string().max(36).optional(),
  matchers: z.array(silenceMatcher).min(1).max(50),
  startsAt: time,
  endsAt: time,
  createdBy: z.string().min(1).max(200),
  comment: z.string().max(4_000),
});

/**
 * Silences and alerts in the shape of Alertmanager's API v2 (`api/v2/openapi.yaml` of its repository), so that amtool and
 * dashboards that speak it work. Errors are a JSON string, as there.
 */
export async function registerAlertmanagerApi(
  app: FastifyInstance,
  { source, version, now }: { source: () => AlertmanagerSource | undefined; version: string; now: () => number },
): Promise<void> {
  const startedAt = new Date(now()).toISOString();
  const known = (): AlertmanagerSource => {
    const found = source();
    if (found !== undefined) return found;
    throw new BinnacleError('state_unavailable', 'Alerts wait for Postgres.', { retryAfterSeconds: 5 });
  };
  const edit = { config: { action: 'alerts:edit' } } as const;
  await doorGroup(app, 'alerts:read', (group) => {
    group.setErrorHandler((error, request, reply) => {
      const { status, code, message } = toBinnacleError(error);
      addToCounter('binnacle_http_refused_total', 1, { door: request.routeOptions.url ?? 'none', code });
      return reply.status(status).type('application/json').send(JSON.stringify(message));
    });
    group.get('/api/v2/status', async () => ({
      cluster: { status: 'disabled', peers: [] },
      config: { original: '' },
      uptime: startedAt,
      versionInfo: { version, branch: '', buildDate: '', buildUser: '', goVersion: '', revision: '' },
    }));
    group.get('/api/v2/silences', async (request) => {
      const matches = filterOf(request);
      const silences = await known().silences.list();
      return silences
        .filter(({ matchers }) => matches(Object.fromEntries(matchers.map(({ name, value }) => [name, value]))))
        .map((silence) => shownSilence(silence, now()));
    });
    group.post('/api/v2/silences', edit, async (request) => {
      const { startsAt, endsAt, id, ...rest } = silenceBody.parse(request.body);
      const draft = { ...rest, startsAtMs: startsAt, endsAtMs: endsAt };
      return { silenceID: await known().silences.put(id ? { ...draft, id } : draft) };
    });
    group.get('/api/v2/silence/:id', async (request) => shownSilence(await known().silences.get(idOf(request)), now()));
    group.delete('/api/v2/silence/:id', edit, async (request, reply) => {
      await known().silences.expire(idOf(request));
      return reply.status(200).send();
    });
    group.get('/api/v2/alerts', async (request) => {
      const matches = filterOf(request);
      const wants = (name: string) => (request.query as Record<string, unknown>)[name] !== 'false';
      const [active, silenced] = [wants('active'), wants('silenced')];
      const { silences, firing } = known();
      const standing = (await silences.list()).filter(
        ({ startsAtMs, endsAtMs }) => startsAtMs <= now() && endsAtMs > now(),
      );
      const tests = standing.map(({ id, matchers }) => ({ id, test: compileSilenceMatchers(matchers) }));
      return (await firing())
        .filter(({ labels }) => matches(labels))
        .map((instance) => {
          const by = tests.filter(({ test }) => test(instance.labels)).map(({ id }) => id);
          return shownAlert(instance, by, now());
        })
        .filter(({ status }) => (status.state === 'active' ? active : silenced));
    });
  });
}

function idOf(request: FastifyRequest): string {
  const { id } = request.params as { id: string };
  if (/^[0-9a-f-]{36}$/i.test(id)) return id.toLowerCase();
  throw new BinnacleError('bad_request', 'A silence has a UUID for its id.');
}

/** `filter`, once or several times: labels must pass all of them. */
function filterOf(request: FastifyRequest): (labels: Readonly<Record<string, string>>) => boolean {
  const { filter = [] } = request.query as { filter?: string | string[] };
  const texts = Array.isArray(filter) ? filter : [filter];
  return compileSilenceMatchers(texts.flatMap(parseMatchers));
}

const iso = (ms: number) => new Date(ms).toISOString();

function shownSilence(silence: Silence, nowMs: number) {
  const { id, matchers, startsAtMs, endsAtMs, createdBy, comment, updatedAtMs } = silence;
  const state = endsAtMs <= nowMs ? 'expired' : startsAtMs > nowMs ? 'pending' : 'active';
  return {
    id,
    status: { state },
    matchers,
    startsAt: iso(startsAtMs),
    endsAt: iso(endsAtMs),
    updatedAt: iso(updatedAtMs),
    createdBy,
    comment,
  };
}

/** An alert that fires has no end yet: Alertmanager's clients are given one that moves ahead of them. */
const endsAheadMs = 240_000;

function shownAlert(
  { fingerprint, labels, annotations, firedAtMs, activeAtMs }: Instance,
  by: string[],
  nowMs: number,
) {
  return {
    fingerprint,
    labels,
    annotations,
    startsAt: iso(firedAtMs ?? activeAtMs),
    endsAt: iso(nowMs + endsAheadMs),
    updatedAt: iso(nowMs),
    receivers: [],
    status: { state: by.length > 0 ? 'suppressed' : 'active', silencedBy: by, inhibitedBy: [], mutedBy: [] },
  };
}
