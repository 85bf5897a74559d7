import { compileMatcher } from '@binnacle/promql/matching/matcher.ts';
import type { Matcher, SampleReader } from '@binnacle/shared/telemetry/reader.ts';
import type { FastifyInstance } from 'fastify';
import type { PolledTarget, PolledTargets, SourceStatus } from '../../receivers/receiver.ts';
import { durationText } from '../../receivers/scrape/prometheus-config/quantities.ts';
import { sendData } from './answers.ts';
import { Parameters, parseSelector } from './parameters.ts';
import type { ServerFacts } from './server-facts.ts';

/** Prometheus writes this time for "never". */
const never = '0001-01-01T00:00:00Z';

/**
 * `targets`, `targets/metadata`, `scrape_pools` and `alertmanagers`. A target is a source that the gateway asks by itself, a pool its job or,
 * outside `scrape`, its receiver. Sources that push are none, nor are those that wait for a person's consent. Receivers that
 * find their targets tell more: labels before relabelling, and what relabelling dropped.
 */
export function registerTargetRoutes(
  app: FastifyInstance,
  server: Pick<ServerFacts, 'sources' | 'targets'>,
  reader: SampleReader,
  now: () => number,
): void {
  const found = (): ReadonlyMap<string, PolledTargets> => server.targets?.() ?? new Map();
  const asked = (known: ReadonlyMap<string, PolledTargets>) =>
    server
      .sources()
      .filter(({ intervalSeconds, state }) => intervalSeconds !== null && state !== 'consent')
      .filter(({ receiver }) => !known.has(receiver));
  const targets = (known = found()) => [
    ...asked(known).map(targetOf),
    ...[...known.values()].flatMap(({ active }) => active.map(polledTarget)),
  ];
  const config = { action: 'sources:read' } as const;
  app.get('/api/v1/targets', { config }, async (request, reply) => {
    const parameters = new Parameters(request);
    const state = parameters.text('state')?.toLowerCase() ?? 'any';
    const pool = parameters.text('scrapePool');
    const known = found();
    const wanted = (scrapePool: string) => pool === undefined || scrapePool === pool;
    const active = state === 'any' || state === 'active' ? targets(known) : [];
    const dropped = state === 'any' || state === 'dropped' ? [...known.values()].flatMap((one) => one.dropped) : [];
    const counts = [...known.values()].flatMap(({ droppedCounts }) => Object.entries(droppedCounts));
    return sendData(reply, {
      activeTargets: active
        .filter(({ scrapePool }) => wanted(scrapePool))
        .sort((a, b) => (a.scrapePool < b.scrapePool ? -1 : a.scrapePool > b.scrapePool ? 1 : 0)),
      droppedTargets: dropped
        .filter((one) => wanted(one.pool))
        .map(({ pool: scrapePool, discoveredLabels }) => ({ discoveredLabels, scrapePool })),
      droppedTargetCounts: Object.fromEntries(counts.filter(([name]) => wanted(name)).sort()),
    });
  });
  app.get('/api/v1/targets/metadata', { config }, async (request, reply) => {
    const parameters = new Parameters(request);
    const limit = parameters.signedLimit('limit');
    const wanted = parameters.text('match_target');
    const tests = wanted === undefined ? [] : parseSelector(wanted, 'match_target').map(testOf);
    const families = await reader.metadata(parameters.text('metric'));
    const range = { fromMs: now() - metadataMs, toMs: now() };
    const told: object[] = [];
    for (const { labels } of targets()) {
      if (told.length >= limit) break;
      if (!tests.every((passes) => passes(labels))) continue;
      const matchers = Object.entries(labels).map(([name, value]) => ({ name, op: '=' as const, value }));
      const names = new Set(await reader.labelValues('__name__', matchers, range));
      for (const { family, type, help, unit } of families) {
        if (!suffixes.some((suffix) => names.has(family + suffix)) || told.length >= limit) continue;
        told.push({ target: labels, metric: family, type, help, unit });
      }
    }
    return sendData(reply, told);
  });
  app.get('/api/v1/scrape_pools', { config }, async (_request, reply) => {
    const known = found();
    const pools = [...asked(known).map(poolOf), ...[...known.values()].flatMap((one) => one.pools)];
    return sendData(reply, { scrapePools: [...new Set(pools)].sort() });
  });
  app.get('/api/v1/alertmanagers', { config }, async (_request, reply) =>
    // Alerts go to channels, not to an Alertmanager.
    sendData(reply, { activeAlertmanagers: [], droppedAlertmanagers: [] }),
  );
}

/** A family belongs to a target that had a series of it within so many ms. */
const metadataMs = 3_600_000;

/** Of a family's series: counters, summaries and histograms, `_info`. */
const suffixes = ['', '_total', '_count', '_sum', '_bucket', '_info', '_created'];

function testOf(matcher: Matcher): (labels: Readonly<Record<string, string>>) => boolean {
  const passes = compileMatcher(matcher);
  return (labels) => passes(labels[matcher.name] ?? '');
}

const poolOf = ({ receiver, source }: SourceStatus): string =>
  receiver === 'scrape' && source.includes('/') ? source.slice(0, source.lastIndexOf('/')) : receiver;

const healths = { up: 'up', down: 'down', waiting: 'unknown', consent: 'unknown' } as const;

/** What is not known of a target, how long its last read took above all, is left out rather than 0. */
function targetOf(status: SourceStatus) {
  const { source, cluster, address, lastSampleAt, lastError } = status;
  const scrapePool = poolOf(status);
  const instance = scrapePool === status.receiver ? source : source.slice(scrapePool.length + 1);
  const labels: Record<string, string> = { ...(cluster === '' ? {} : { cluster }), instance, job: scrapePool };
  const interval = `${status.intervalSeconds}s`;
  return {
    discoveredLabels: { ...addressLabels(address), __scrape_interval__: interval, job: scrapePool },
    labels,
    scrapePool,
    scrapeUrl: address,
    globalUrl: address,
    lastError: lastError ?? '',
    lastScrape: lastSampleAt === null ? never : new Date(lastSampleAt).toISOString(),
    health: healths[status.state],
    scrapeInterval: interval,
  };
}

function polledTarget(target: PolledTarget) {
  const { pool, url, lastError, lastScrapeAt, lastScrapeSeconds, intervalSeconds, timeoutSeconds } = target;
  return {
    discoveredLabels: target.discoveredLabels,
    labels: target.labels,
    scrapePool: pool,
    scrapeUrl: url,
    globalUrl: url,
    lastError: lastError ?? '',
    lastScrape: lastScrapeAt === null ? never : new Date(lastScrapeAt).toISOString(),
    ...(lastScrapeSeconds === null ? {} : { lastScrapeDuration: lastScrapeSeconds }),
    health: target.health,
    scrapeInterval: durationText(intervalSeconds),
    scrapeTimeout: durationText(timeoutSeconds),
  };
}

function addressLabels(address: string): Record<string, string> {
  if (!/^https?:/.test(address) || !URL.canParse(address)) return { __address__: address };
  const { host, protocol, pathname } = new URL(address);
  return { __address__: host, __scheme__: protocol.slice(0, -1), __metrics_path__: pathname };
}
