import { openTelemetryStore } from '@binnacle/db/telemetry/store.ts';
import { createEngine } from '@binnacle/promql/engine/engine.ts';
import { openAlerts } from '../alerts/open-alerts.ts';
import { version } from '../cli/version.ts';
import { addressPolicy } from '../net/address-policy.ts';
import { createGuardedFetch } from '../net/guarded-fetch.ts';
import { clickhousePlace } from './clickhouse-place.ts';
import type { GatewayParts } from './gateway.ts';
import { registerPrometheusApi } from './prometheus-api/register.ts';
import { measuredEngine } from './query-telemetry.ts';
import { createEvaluate } from './rule-evaluation.ts';

/** Bounds of one query, so that a few at once stay within the memory of a small machine. */
const queryBounds = { maxSamples: 10_000_000, maxSamplesRead: 200_000_000, timeoutMs: 60_000 };

/** Clients such as Grafana read `version` as a version of Prometheus, to know which parameters they may use. */
const buildInfo = {
  version: '3.14.0',
  revision: '',
  branch: `binnacle ${version}`,
  buildUser: '',
  buildDate: '',
  goVersion: `node ${process.version}`,
};

/** The gateway as it runs: chDB or ClickHouse, PromQL, alerts. */
export const realParts: GatewayParts = {
  openStore: (settings, { retentionDays, log }) =>
    openTelemetryStore(clickhousePlace(settings), { retentionDays, log }),
  registerQueries: async (app, { store, alerts, sources, settings, config, log, now }) => {
    const features = settings.promqlFeatures;
    const engine = measuredEngine(createEngine({ reader: store, now, features, ...queryBounds }), 'query');
    const { retentionDays } = config.limits;
    const server = {
      buildInfo,
      startedAtMs: now(),
      retentionDays,
      flags: {
        'enable-feature': [...features].join(','),
        'query.lookback-delta': '5m',
        'query.max-samples': `${queryBounds.maxSamples}`,
        'query.timeout': `${queryBounds.timeoutMs / 1000}s`,
        'storage.tsdb.retention.time': `${retentionDays}d`,
        'web.enable-otlp-receiver': 'true',
        'web.enable-remote-write-receiver': 'true',
        'web.listen-address': `${settings.host}:${settings.port}`,
      },
      config,
      sources,
      ready: () => store.ping(),
    };
    await registerPrometheusApi(app, { engine, reader: store, features, server, alerts, now, log });
  },
  openAlerts: async ({ state, store, settings, log, now }) => {
    const features = settings.promqlFeatures;
    const engine = measuredEngine(createEngine({ reader: store, now, features, ...queryBounds }), 'rule');
    const alerts = openAlerts({
      state,
      evaluate: createEvaluate(engine),
      log: log.child({ part: 'alerts' }),
      fetchGuarded: createGuardedFetch(addressPolicy(settings.allowedPrivateTargets)),
      externalUrl: settings.externalUrl,
      now,
    });
    alerts.start();
    return alerts;
  },
};
