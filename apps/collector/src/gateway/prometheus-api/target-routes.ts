import type { FastifyInstance } from 'fastify';
import type { SourceStatus } from '../../receivers/receiver.ts';
import { sendData } from './answers.ts';
import { Parameters } from './parameters.ts';

/** Prometheus writes this time for "never". */
const never = '0001-01-01T00:00:00Z';

/**
 * `targets`, `scrape_pools` and `alertmanagers`. A target is a source that the gateway asks by itself, a pool its job or,
 * outside `scrape`, its receiver. Sources that push are none, nor are those that wait for a person's consent.
 */
export function registerTargetRoutes(app: FastifyInstance, sources: () => readonly SourceStatus[]): void {
  const targets = () =>
    sources().filter(({ intervalSeconds, state }) => intervalSeconds !== null && state !== 'consent');
  const config = { action: 'sources:read' } as const;
  app.get('/api/v1/targets', { config }, async (request, reply) => {
    const parameters = new Parameters(request);
    const state = parameters.text('state')?.toLowerCase() ?? 'any';
    const pool = parameters.text('scrapePool');
    const active = state === 'any' || state === 'active' ? targets().map(targetOf) : [];
    return sendData(reply, {
      activeTargets: active
        .filter(({ scrapePool }) => pool === undefined || scrapePool === pool)
        .sort((a, b) => (a.scrapePool < b.scrapePool ? -1 : a.scrapePool > b.scrapePool ? 1 : 0)),
      // Nothing is found and then dropped by relabelling.
      droppedTargets: [],
      droppedTargetCounts: {},
    });
  });
  app.get('/api/v1/scrape_pools', { config }, async (_request, reply) => {
    return sendData(reply, { scrapePools: [...new Set(targets().map(poolOf))].sort() });
  });
  app.get('/api/v1/alertmanagers', { config }, async (_request, reply) =>
    // Alerts go to channels, not to an Alertmanager.
    sendData(reply, { activeAlertmanagers: [], droppedAlertmanagers: [] }),
  );
}

const poolOf = ({ receiver, source }: SourceStatus): string =>
  receiver === 'scrape' && source.includes('/') ? source.slice(0, source.lastIndexOf('/')) : receiver;

const healths = { up: 'up', down: 'down', waiting: 'unknown', consent: 'unknown' } as const;

/** What is not known of a target, how long its last read took above all, is left out rather than 0. */
function targetOf(status: SourceStatus) {
  const { source, cluster, address, lastSampleAt, lastError } = status;
  const scrapePool = poolOf(status);
  const instance = scrapePool === status.receiver ? source : source.slice(scrapePool.length + 1);
  const labels = { ...(cluster === '' ? {} : { cluster }), instance, job: scrapePool };
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

function addressLabels(address: string): Record<string, string> {
  if (!/^https?:/.test(address) || !URL.canParse(address)) return { __address__: address };
  const { host, protocol, pathname } = new URL(address);
  return { __address__: host, __scheme__: protocol.slice(0, -1), __metrics_path__: pathname };
}
