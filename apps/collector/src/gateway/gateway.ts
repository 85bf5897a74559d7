import path from 'node:path';
import type { State } from '@binnacle/db/state/open-state.ts';
import type { TelemetryStore } from '@binnacle/db/telemetry/store.ts';
import { BinnacleError } from '@binnacle/shared/errors.ts';
import type { FastifyInstance } from 'fastify';
import type { Logger } from 'pino';
import { secretKeyBytes } from '../alerts/channel-secrets.ts';
import { version } from '../cli/version.ts';
import type { LoadedConfig } from '../config/config-file.ts';
import { ensurePortFree, portFault } from '../config/listen-port.ts';
import { type GatewaySettings, grpcPortVariable } from '../config/settings.ts';
import { addressPolicy } from '../net/address-policy.ts';
import type { Limits } from '../pipeline/limits.ts';
import { Pipeline } from '../pipeline/pipeline.ts';
import { ReceiverSet } from '../pipeline/receiver-set.ts';
import { RowPipeline } from '../pipeline/row-pipeline.ts';
import type { PolledTargets, SourceStatus } from '../receivers/receiver.ts';
import { loadReceiver, receiverNames } from '../receivers/registry.ts';
import type { OwnMetrics } from '../telemetry/metrics.ts';
import { type AlertmanagerSource, registerAlertmanagerApi } from './alertmanager-api/register.ts';
import { createAuthorize } from './authentication.ts';
import { consentSources } from './consent-sources.ts';
import { takeDataDirectory } from './data-directory.ts';
import { registerDomainApi } from './domain-api.ts';
import { openFreshness } from './freshness/open-freshness.ts';
import { registerHealth } from './health.ts';
import { BackupJob } from './lifecycle/backup-job.ts';
import { registerBackupRoutes } from './lifecycle/backup-routes.ts';
import { DiskWatch } from './lifecycle/disk-watch.ts';
import { startSizeRetention } from './lifecycle/size-retention.ts';
import { isLoopbackHost } from './loopback.ts';
import { sharedStoreLock } from './one-at-a-time.ts';
import { registerOtelRoutes } from './otel-routes.ts';
import type { RuleAnswers } from './prometheus-api/rule-answers.ts';
import { recallFromStore } from './recall-from-store.ts';
import { startSelfWrites } from './self-writes.ts';
import { createServer, doorGroup } from './server.ts';
import { observeSpool } from './spool-metrics.ts';
import { StateLink } from './state-link.ts';

/** Rules and channels, while Postgres has been reached at least once. */
export interface RunningAlerts extends RuleAnswers {
  readonly alertmanager: AlertmanagerSource;
  stop(): Promise<void>;
  /** A sentence when rules are not evaluated or notifications not delivered; undefined when all is well. */
  problem(): string | undefined;
  testChannel(id: string): Promise<unknown>;
}

/** What the gateway is put together from; tests hand in doubles of what they do not test. */
export interface GatewayParts {
  openStore(settings: GatewaySettings, options: { limits: Limits; log: Logger }): Promise<TelemetryStore>;
  /** Registers the Prometheus HTTP API; `alerts` is asked at every request, since it comes and goes with Postgres. */
  registerQueries(
    app: FastifyInstance,
    context: {
      store: TelemetryStore;
      alerts: () => RunningAlerts | undefined;
      sources: () => SourceStatus[];
      /** Of receivers that find their targets, by the receiver's name. */
      targets: () => ReadonlyMap<string, PolledTargets>;
      /** Resolves when all samples that wait now are in the store, or were refused. */
      settled: () => Promise<void>;
      settings: GatewaySettings;
      config: LoadedConfig['config'];
      log: Logger;
      now: () => number;
    },
  ): Promise<void>;
  openAlerts(context: {
    state: State;
    store: TelemetryStore;
    settings: GatewaySettings;
    log: Logger;
    now: () => number;
  }): Promise<RunningAlerts>;
}

export interface GatewayOptions {
  readonly settings: GatewaySettings;
  readonly loaded: LoadedConfig;
  readonly parts: GatewayParts;
  readonly log: Logger;
  readonly metrics: OwnMetrics;
  readonly now?: () => number;
}

export interface RunningGateway {
  readonly url: string;
  readonly app: FastifyInstance;
  stop(): Promise<void>;
}

const portSetting = 'BINNACLE_GATEWAY_PORT (or --port)';
const grpcPortSetting = grpcPortVariable;
/** Push doors that are open without being named in the config. */
const doorsByDefault = ['remote-write', 'otlp', 'otlp-records'];

/** Ends things in the opposite order of their beginning; one that fails does not keep the others. */
class Undo {
  readonly #steps: { what: string; step: () => Promise<unknown> }[] = [];
  add(what: string, step: () => Promise<unknown>): void {
    this.#steps.push({ what, step });
  }
  async run(log: Logger): Promise<void> {
    for (const { what, step } of this.#steps.splice(0).reverse()) {
      await step().catch((error: unknown) => log.error({ err: error }, `${what} did not stop cleanly`));
    }
  }
}

/**
 * Opens both stores, starts the receivers and listens. Throws one sentence for a taken port, a data directory in use or
 * not writable, for an address that others reach without API keys, and for ranges of private targets that are none.
 * Postgres being away is a state, not a failure.
 */
export async function startGateway(options: GatewayOptions): Promise<RunningGateway> {
  const undo = new Undo();
  try {
    return await begin(options, undo);
  } catch (error) {
    await undo.run(options.log);
    throw error;
  }
}

async function begin(options: GatewayOptions, undo: Undo): Promise<RunningGateway> {
  const { settings, parts, log, metrics, now = Date.now } = options;
  const { limits } = options.loaded.config;
  // Before anything is opened: these are the refusals that a second start runs into.
  addressPolicy(settings.allowedPrivateTargets);
  if (settings.secretKey !== undefined) secretKeyBytes(settings.secretKey);
  await ensurePortFree(settings.host, settings.port, portSetting);
  if (settings.grpcPort !== null) await ensurePortFree(settings.host, settings.grpcPort, grpcPortSetting);
  undo.add('the data directory', await takeDataDirectory(path.join(settings.dataDir, 'gateway')));

  const disk = await DiskWatch.start({
    folder: settings.dataDir,
    minFreeBytes: settings.storage.minFreeBytes,
    log: log.child({ part: 'disk' }),
  });
  undo.add('the disk watch', async () => disk.stop());
  const store = await parts.openStore(settings, { limits, log });
  undo.add('the telemetry store', () => store.close());
  const putRecords = disk.guard((records: Parameters<TelemetryStore['putRecords']>[0]) => store.putRecords(records));

  let alerts: RunningAlerts | undefined;
  const link = new StateLink({
    databaseUrl: settings.databaseUrl,
    dataDir: settings.dataDir,
    log,
    onOpen: async (state) => {
      alerts = await parts.openAlerts({ state, store, settings, log, now });
    },
  });
  undo.add('Postgres', () => link.stop());
  // Alerts use Postgres and the store: they must end before both.
  undo.add('alerts', async () => {
    const ending = alerts;
    alerts = undefined;
    await ending?.stop();
  });
  const connecting = link.start();
  if (!isLoopbackHost(settings.host)) {
    await connecting;
    await refuseOpenDoors(settings, link, log);
  }

  const pipeline = new Pipeline({
    limits,
    insert: disk.guard((batches, acknowledge) => store.insert(batches, acknowledge)),
    now,
  });
  undo.add('the pipeline', () => pipeline.close());
  const settled = async () => {
    await pipeline.settled();
    await store.flush();
  };
  const rows = new RowPipeline({
    limits,
    freshness: pipeline.freshness,
    insertSpans: disk.guard((batches) => store.otel.insertSpans(batches)),
    insertLogs: disk.guard((batches) => store.otel.insertLogs(batches)),
    now,
  });
  undo.add('the pipeline of spans and log records', () => rows.close());
  const receivers = await makeReceivers(options, { pipeline, rows }, { ...store, putRecords }, now);
  undo.add('the receivers', () => receivers.stop());

  const authorize = createAuthorize({
    host: settings.host,
    apiKey: settings.apiKey,
    verifyKey: (key) => link.verifyKey(key),
  });
  const app = createServer({
    authorize,
    limits,
    log,
  });
  undo.add('the server', () => app.close());
  await doorGroup(app, 'telemetry:write', (group) => {
    // Before the body is read: refusing costs nothing then.
    group.addHook('onRequest', async () => disk.ensureRoom());
    return receivers.routes(group);
  });
  await doorGroup(app, 'telemetry:read', (group) =>
    parts.registerQueries(group, {
      store,
      alerts: () => alerts,
      sources: () => receivers.sources(),
      targets: () => receivers.targets(),
      settled,
      settings,
      config: options.loaded.config,
      log,
      now,
    }),
  );
  await registerDomainApi(app, {
    store: { ...store, putRecords },
    receivers,
    consentSources: () => consentSources(link.state),
    testChannel: async (id) => {
      link.required();
      if (alerts === undefined)
        throw new BinnacleError('state_unavailable', 'notifications wait for Postgres', { retryAfterSeconds: 5 });
      return alerts.testChannel(id);
    },
  });
  await registerOtelRoutes(app, store.otel, now);
  const instance = `${settings.host}:${settings.port}`;
  const endFreshness = await openFreshness(app, { store, pipeline, receivers, limits, instance, log, now });
  undo.add('freshness', async () => endFreshness());
  const endSpool = observeSpool(store);
  undo.add('metrics of the spool', async () => endSpool());
  const sizes = startSizeRetention({
    store,
    retentionBytes: settings.storage.retentionBytes,
    lock: sharedStoreLock(settings, 'retention'),
    log: log.child({ part: 'retention' }),
  });
  undo.add('retention by size', () => sizes.stop());
  await registerAlertmanagerApi(app, { source: () => alerts?.alertmanager, version, now });
  const backups = new BackupJob(log.child({ part: 'backup' }));
  undo.add('the backup', () => backups.stop());
  await registerBackupRoutes(app, {
    job: backups,
    store,
    databaseUrl: () => link.required().databaseUrl,
    version,
    settled,
  });
  await registerHealth(app, {
    store,
    metrics,
    stateProblem: () => link.problem(),
    diskProblem: () => disk.problem(),
    alertsProblem: () => (alerts === undefined ? 'rules wait for Postgres' : alerts.problem()),
  });
  await app.listen({ host: settings.host, port: settings.port }).catch((error: unknown) => {
    throw portFault(error, settings.host, settings.port, portSetting);
  });
  if (settings.grpcPort !== null) {
    const { openGrpcDoor } = await import('./grpc/door.ts');
    const door = await openGrpcDoor({
      host: settings.host,
      port: settings.grpcPort,
      portSetting: grpcPortSetting,
      authorize,
      ensureRoom: () => disk.ensureRoom(),
      methods: receivers.grpcMethods(),
      limits,
      log: log.child({ part: 'grpc' }),
    });
    undo.add('the gRPC door', () => door.stop());
  }
  receivers.start();
  const self = startSelfWrites({ pipeline, metrics, instance, log, now });
  undo.add('own metrics', async () => self());
  return { url: app.listeningOrigin, app, stop: () => undo.run(log) };
}

/** Anywhere but on loopback, somebody must hold a key before the doors open. */
async function refuseOpenDoors(settings: GatewaySettings, link: StateLink, log: Logger): Promise<void> {
  if (settings.apiKey !== undefined) return;
  const hasKeys = await link.hasKeys();
  if (hasKeys === true) return;
  if (hasKeys === undefined && settings.databaseUrl !== undefined) {
    log.warn('Postgres is away, so no API key can be checked: every door but /healthz is shut until it is back');
    return;
  }
  throw new BinnacleError(
    'bad_config',
    `refusing to listen on ${settings.host} without API keys: make one with "binnacle key create <name>", or set BINNACLE_API_KEY, or listen on 127.0.0.1`,
  );
}

async function makeReceivers(
  options: GatewayOptions,
  { pipeline, rows }: { readonly pipeline: Pipeline; readonly rows: RowPipeline },
  records: TelemetryStore,
  now: () => number,
): Promise<ReceiverSet> {
  const named = options.loaded.definitions;
  const missing = doorsByDefault.filter(
    (name) => receiverNames.includes(name) && !named.some((definition) => definition.name === name),
  );
  const doors = await Promise.all(missing.map(loadReceiver));
  const config: Record<string, unknown> = { ...options.loaded.config.receivers };
  for (const door of doors) config[door.name] = door.config.parse({});
  return new ReceiverSet([...doors, ...named], config, {
    pipeline,
    records,
    rows,
    recall: recallFromStore(records),
    log: options.log,
    now,
  });
}
