import { hostname } from 'node:os';
import { BinnacleError } from '@binnacle/shared/errors.ts';
import type { RecordSink, TelemetryRecord } from '@binnacle/shared/telemetry/records.ts';
import { SampleBatch } from '@binnacle/shared/telemetry/sample-batch.ts';
import type { Logger } from 'pino';
import type { LoadedConfig } from '../config/config-file.ts';
import { ensurePortFree, portFault } from '../config/listen-port.ts';
import { type Authorize, createAuthorize } from '../gateway/authentication.ts';
import type { GrpcDoor } from '../gateway/grpc/door.ts';
import { createServer, doorGroup } from '../gateway/server.ts';
import { Pipeline } from '../pipeline/pipeline.ts';
import { ReceiverSet } from '../pipeline/receiver-set.ts';
import type { GrpcMethod } from '../receivers/receiver.ts';
import { addToCounter, observeGauge } from '../telemetry/instruments.ts';
import { metricsContentType, type OwnMetrics } from '../telemetry/metrics.ts';
import { SelfSamples } from '../telemetry/self-samples.ts';
import { encodeWriteRequest, writeRequestHeaders } from '../wire/remote-write-encode.ts';
import { ForwardedRows } from './forward-rows.ts';
import { Forwarder, type LeftOver } from './forwarder.ts';
import { createGatewayClient } from './gateway-client.ts';
import type { Parcel } from './parcel-queue.ts';
import { recallFromGateway } from './recall-from-gateway.ts';
import { openQueues, type SpoolSettings } from './spool/open-spool.ts';

export interface AgentOptions {
  readonly loaded: LoadedConfig;
  readonly gatewayUrl: string;
  readonly apiKey: string | undefined;
  readonly host: string;
  readonly port: number;
  /** Of its door for OTLP over gRPC; null for none. */
  readonly grpcPort: number | null;
  /** Bytes of samples kept in memory, where there is no spool on disk. */
  readonly bufferBytes: number;
  readonly spool: SpoolSettings;
  readonly shutdownSeconds: number;
  readonly log: Logger;
  readonly metrics: OwnMetrics;
  readonly now?: () => number;
  readonly backoffSeconds?: (attempt: number) => number;
}

export interface RunningAgent {
  /** Where its own `/metrics` is. */
  readonly url: string;
  stop(): Promise<void>;
}

const selfIntervalMs = 15_000;
const grpcPortSetting = 'agent.grpcPort (BINNACLE_AGENT_GRPC_PORT)';
const maxSamplesPerRequest = 20_000;

/**
 * Receivers beside a workload, without a store: what they read is encoded at once, kept in a bounded spool on disk and
 * forwarded to a gateway by remote write 1.0. Receivers are acknowledged when their samples are on disk; a full spool
 * refuses. Where there is no folder to write, what waits is kept in memory.
 */
export async function startAgent(options: AgentOptions): Promise<RunningAgent> {
  const { log, now = Date.now, loaded } = options;
  await ensurePortFree(options.host, options.port, 'agent.port (BINNACLE_AGENT_PORT)');
  if (options.grpcPort !== null) await ensurePortFree(options.host, options.grpcPort, grpcPortSetting);
  const queues = await openQueues({ settings: options.spool, memoryBytes: options.bufferBytes, now, log });
  const client = createGatewayClient(options.gatewayUrl, options.apiKey);
  const common = {
    log,
    onRetry: (why: string) => addToCounter('binnacle_agent_forward_retries_total', 1, { why }),
    ...(options.backoffSeconds === undefined ? {} : { backoffSeconds: options.backoffSeconds }),
  };
  const samples = new Forwarder({
    ...common,
    what: 'samples',
    queue: queues.samples,
    post: (body, signal) => client.post('/api/v1/write', writeRequestHeaders, body, signal),
    onForwarded: (count) => addToCounter('binnacle_agent_forwarded_samples_total', count),
    onRefused: (count, status) =>
      addToCounter('binnacle_agent_refused_samples_total', count, { status: String(status) }),
  });
  const records = new Forwarder({
    ...common,
    what: 'records',
    queue: queues.records,
    post: (body, signal) => client.post('/api/binnacle/records', { 'content-type': 'application/json' }, body, signal),
    onForwarded: (count) => addToCounter('binnacle_agent_forwarded_records_total', count),
    onRefused: (count, status) =>
      addToCounter('binnacle_agent_refused_records_total', count, { status: String(status) }),
  });
  const unobserve = [
    observeGauge('binnacle_agent_buffer_bytes', (set) => {
      set(queues.samples.bytes, { kind: 'samples' });
      set(queues.records.bytes, { kind: 'records' });
    }),
    observeGauge('binnacle_agent_oldest_buffered_seconds', (set) => {
      const { samples: ofSamples, records: ofRecords } = queues;
      if (ofSamples.oldestMs !== undefined) set((now() - ofSamples.oldestMs) / 1000, { kind: 'samples' });
      if (ofRecords.oldestMs !== undefined) set((now() - ofRecords.oldestMs) / 1000, { kind: 'records' });
    }),
  ];
  const pipeline = new Pipeline({
    limits: loaded.config.limits,
    now,
    insert: (batches) => samples.add(batches.flatMap((batch) => parcelsOf(batch, now()))),
  });
  const recordSink: RecordSink = {
    putRecords: (list) => records.add(list.length === 0 ? [] : [recordParcel(list, now())]),
  };
  const rows = new ForwardedRows(loaded.config.limits, pipeline.freshness, client);
  const receivers = new ReceiverSet(loaded.definitions, loaded.config.receivers, {
    pipeline,
    records: recordSink,
    rows,
    recall: recallFromGateway(options.gatewayUrl, options.apiKey),
    log,
    now,
  });

  const authorize = createAuthorize({ host: options.host, apiKey: options.apiKey, verifyKey: async () => undefined });
  const app = createServer({ authorize, limits: loaded.config.limits, log });
  await doorGroup(app, 'telemetry:write', (group) => receivers.routes(group));
  await doorGroup(app, 'sources:read', (group) => {
    group.get('/metrics', async (_request, reply) =>
      reply.type(metricsContentType).send(await options.metrics.render()),
    );
    group.get('/healthz', { config: { action: 'open' } }, async () => ({ status: 'ok' }));
  });
  await app.listen({ host: options.host, port: options.port }).catch((error: unknown) => {
    throw portFault(error, options.host, options.port, 'agent.port (BINNACLE_AGENT_PORT)');
  });
  const url = app.listeningOrigin;
  const grpc = await openGrpc(options, receivers.grpcMethods(), authorize);
  samples.start();
  records.start();
  receivers.start();

  const self = new SelfSamples({ job: 'binnacle-agent', instance: hostname() });
  const writeSelf = async () => {
    const batch = self.batch(await options.metrics.collect(), now());
    await pipeline
      .write(batch, { receiver: 'self', source: 'agent' })
      .catch((error: unknown) => log.debug({ err: error }, 'own metrics were not taken'));
  };
  const selfTimer = setInterval(() => void writeSelf(), selfIntervalMs);

  return {
    url,
    async stop() {
      clearInterval(selfTimer);
      await receivers.stop();
      await Promise.all([app.close(), grpc?.stop()]);
      rows.close();
      await pipeline.close();
      const limitMs = options.shutdownSeconds * 1000;
      const left = await Promise.all([samples.close(limitMs), records.close(limitMs)]);
      client.close();
      for (const end of unobserve) end();
      await queues.release();
      tellLeftOver(left, queues.onDisk, log);
    },
  };
}

/** The gRPC door, where one is wanted; the library is loaded only then. */
async function openGrpc(
  { host, grpcPort, loaded, log }: AgentOptions,
  methods: readonly GrpcMethod[],
  authorize: Authorize,
): Promise<GrpcDoor | undefined> {
  if (grpcPort === null) return undefined;
  if (methods.length === 0)
    throw new BinnacleError(
      'bad_config',
      `${grpcPortSetting} is set, but no receiver has a gRPC door: name otlp or otlp-records`,
    );
  const { openGrpcDoor } = await import('../gateway/grpc/door.ts');
  const { limits } = loaded.config;
  return openGrpcDoor({ host, port: grpcPort, portSetting: grpcPortSetting, authorize, methods, limits, log });
}

function tellLeftOver([samples, records]: readonly LeftOver[], onDisk: boolean, log: Logger): void {
  const bytes = (samples?.bytes ?? 0) + (records?.bytes ?? 0);
  if (bytes === 0) return;
  const left = { samples: samples?.items, records: records?.items, bytes };
  if (onDisk) log.info(left, 'stopped with telemetry in the spool; the next start sends it');
  else log.error(left, 'stopped with telemetry that the gateway has not taken; it is lost');
}

/** Requests of at most 20,000 samples, so that a gateway's body limit never stands in the way. */
function parcelsOf(batch: SampleBatch, nowMs: number): Parcel[] {
  const parcels: Parcel[] = [];
  for (let from = 0; from === 0 || from < batch.length; from += maxSamplesPerRequest) {
    const part =
      batch.length <= maxSamplesPerRequest
        ? batch
        : sliceOf(batch, from, Math.min(batch.length, from + maxSamplesPerRequest));
    parcels.push({ body: encodeWriteRequest(part), items: part.length, bufferedAtMs: nowMs });
  }
  return parcels;
}

function sliceOf(batch: SampleBatch, from: number, to: number): SampleBatch {
  const part = new SampleBatch(1);
  // One by one: as arguments of a call, some hundred thousand do not fit on the stack.
  for (const labels of batch.series) part.series.push(labels);
  if (from === 0) for (const entry of batch.metadata) part.metadata.push(entry);
  part.seriesOf = batch.seriesOf.subarray(from, to);
  part.timestamps = batch.timestamps.subarray(from, to);
  part.values = batch.values.subarray(from, to);
  part.valueWords = batch.valueWords.subarray(2 * from, 2 * to);
  part.length = to - from;
  return part;
}

function recordParcel(list: readonly TelemetryRecord[], nowMs: number): Parcel {
  return { body: Buffer.from(JSON.stringify({ records: list })), items: list.length, bufferedAtMs: nowMs };
}
