import { createSealer } from '@binnacle/db/state/sealing.ts';
import { openTelemetryStore } from '@binnacle/db/telemetry/store.ts';
import { createEngine } from '@binnacle/promql/engine/engine.ts';
import type { EngineOptions } from '@binnacle/promql/engine/settings.ts';
import type { SampleReader } from '@binnacle/shared/telemetry/reader.ts';
import { gatewaySecretKey, protectChannels } from '../alerts/channel-secrets.ts';
import { openAlerts } from '../alerts/open-alerts.ts';
import { version } from '../cli/version.ts';
import type { QueryLimits } from '../config/query-limits.ts';
import type { GatewaySettings } from '../config/settings.ts';
import { addressPolicy } from '../net/address-policy.ts';
import { createGuardedFetch } from '../net/guarded-fetch.ts';
import { clickhousePlace } from './clickhouse-place.ts';
import type { GatewayParts } from './gateway.ts';
import { inTurn, sharedStoreLock } from './one-at-a-time.ts';
import { registerPrometheusApi } from './prometheus-api/register.ts';
import { measuredEngine } from './query-telemetry.ts';
import { createEvaluate } from './rule-evaluation.ts';

/** Clients such as Grafana read `version` as a version of Prometheus, to know which parameters they may use. */
const buildInfo = {
  version: '3.14.0',
  revision: '',
  branch: `binnacle ${version}`,
  buildUser: '',
  buildDate: '',
  goVersion: `node ${process.version}`,
};

function engineOptions(settings: GatewaySettings, reader: SampleReader, now: () => number): EngineOptions {
  const { timeoutSeconds, maxPoints, maxSeries, maxSamplesRead, maxSamples, maxSamplesTogether } = settings.queries;
  const limits = {
    timeoutMs: timeoutSeconds * 1000,
    maxPoints,
    maxSeries,
    maxSamplesRead,
    maxSamples,
    maxSamplesTogether,
  };
  return { reader, now, features: settings.promqlFeatures, ...limits };
}

/** The limits as flags: under the names of Prometheus where it has them. */
function queryFlags(queries: QueryLimits): Record<string, string> {
  return {
    'query.max-samples': `${queries.maxSamples}`,
    'query.timeout': `${queries.timeoutSeconds}s`,
    'binnacle.query.max-points': `${queries.maxPoints}`,
    'binnacle.query.max-samples-read': `${queries.maxSamplesRead}`,
    'binnacle.query.max-samples-together': `${queries.maxSamplesTogether}`,
    'binnacle.query.max-series': `${queries.maxSeries}`,
    'binnacle.query.store-memory-bytes': `${queries.storeMemoryBytes}`,
  };
}

/** The gateway as it runs: chDB or ClickHouse, PromQL, alerts. */
export const realParts: GatewayParts = {
  openStore: (settings, { limits, log }) => {
    const lock = sharedStoreLock(settings, 'tables');
    return openTelemetryStore(clickhousePlace(settings), {
      ...(lock === undefined ? {} : { exclusively: (work) => inTurn(lock, log, work) }),
      retentionDays: limits.retentionDays,
      spanRetentionDays: limits.spanRetentionDays,
      logRetentionDays: limits.logRetentionDays,
      log,
      maxQuerySeconds: settings.queries.timeoutSeconds,
      maxQueryMemoryBytes: settings.queries.storeMemoryBytes,
      sealAfterSeconds: settings.sealAfterSeconds,
      spool: { maxBytes: limits.spoolBytes },
    });
  },
  registerQueries: async (app, { store, alerts, sources, targets, settled, settings, config, log, now }) => {
    const features = settings.promqlFeatures;
    const engine = measuredEngine(createEngine(engineOptions(settings, store, now)), 'query');
    const { retentionDays } = config.limits;
    const server = {
      buildInfo,
      startedAtMs: now(),
      retentionDays,
      flags: {
        'enable-feature': [...features].join(','),
        'query.lookback-delta': '5m',
        ...queryFlags(settings.queries),
        ...(settings.storage.retentionBytes === undefined
          ? {}
          : { 'storage.tsdb.retention.size': `${settings.storage.retentionBytes}B` }),
        'storage.tsdb.retention.time': `${retentionDays}d`,
        'web.enable-admin-api': `${settings.adminApi}`,
        'web.enable-otlp-receiver': 'true',
        'web.enable-remote-write-receiver': 'true',
        'web.listen-address': `${settings.host}:${settings.port}`,
      },
      config,
      sources,
      targets,
      ready: () => store.ping(),
    };
    const admin = {
      enabled: settings.adminApi,
      settled,
      deleteSamples: store.deleteSamples,
      cleanDeleted: store.cleanDeleted,
    };
    await registerPrometheusApi(app, { engine, reader: store, features, server, alerts, now, log, admin });
  },
  openAlerts: async ({ state, store, settings, log, now }) => {
    const engine = measuredEngine(createEngine(engineOptions(settings, store, now)), 'rule');
    const sealer = createSealer(await gatewaySecretKey(settings.secretKey, settings.dataDir));
    await protectChannels(state, sealer, log);
    const alerts = openAlerts({
      state,
      evaluate: createEvaluate(engine),
      log: log.child({ part: 'alerts' }),
      fetchGuarded: createGuardedFetch(addressPolicy(settings.allowedPrivateTargets)),
      externalUrl: settings.externalUrl,
      unseal: sealer.open,
      now,
    });
    alerts.start();
    return alerts;
  },
};
