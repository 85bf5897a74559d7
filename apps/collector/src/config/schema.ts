import { featureTable } from '@binnacle/promql/language/features.ts';
import { z } from 'zod';
import { limitsSchema } from '../pipeline/limits.ts';
import type { ReceiverDefinition } from '../receivers/receiver.ts';
import { logLevels } from '../telemetry/log.ts';
import { queryLimitsSchema } from './query-limits.ts';
import { storageLimitsSchema } from './storage-limits.ts';

const port = z.int().min(1).max(65_535);

const gateway = z.strictObject({
  host: z
    .string()
    .min(1)
    .optional()
    .describe('Address to listen on; BINNACLE_HOST. Any but loopback wants API keys. Default 127.0.0.1.'),
  port: port.optional().describe('Port to listen on; BINNACLE_GATEWAY_PORT. Default 4318.'),
  grpcPort: z
    .union([port, z.literal('off')])
    .optional()
    .describe('Port of the door for OTLP over gRPC, or `off` for none; BINNACLE_GRPC_PORT. Default 4317.'),
  apiKey: z
    .string()
    .min(16)
    .optional()
    .describe('A key that may read and write, besides those made with `binnacle key create`; BINNACLE_API_KEY.'),
  databaseUrl: z
    .string()
    .min(1)
    .optional()
    .describe('Postgres; DATABASE_URL. Default: an embedded one in the data directory.'),
  clickhouseUrl: z
    .string()
    .min(1)
    .optional()
    .describe('ClickHouse; CLICKHOUSE_URL. Default: an embedded one in the data directory.'),
  clickhouseCluster: z
    .string()
    .regex(/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}$/)
    .optional()
    .describe(
      'Name of a cluster of that ClickHouse: tables are replicated and spread over it; CLICKHOUSE_CLUSTER. See [Past one machine](../cluster.md).',
    ),
  externalUrl: z.url().optional().describe('Where people open the web app; links in notifications begin with it.'),
  adminApi: z
    .boolean()
    .default(false)
    .describe(
      'Opens the doors that delete samples; BINNACLE_ADMIN_API. See [Operations](../operations.md#deleting-samples).',
    ),
  promqlFeatures: z
    .array(z.enum([...featureTable.keys()]))
    .default([])
    .describe('Experimental parts of PromQL that queries and rules may use; see [PromQL](promql.md).'),
  queries: queryLimitsSchema.prefault({}),
  sealAfterSeconds: z
    .int()
    .min(1)
    .max(604_800)
    .default(600)
    .describe(
      'Two hours of samples are stored in a form that is read faster when they have been over, and not written to, for so long.',
    ),
  storage: storageLimitsSchema.prefault({}),
});

const agent = z.strictObject({
  gateway: z
    .url({ protocol: /^https?$/ })
    .optional()
    .describe('Gateway to forward to; BINNACLE_GATEWAY_URL. Default http://127.0.0.1:4318.'),
  apiKey: z
    .string()
    .min(1)
    .optional()
    .describe('Key with the scope write, and read as well for receivers that remember (mcp, drift); BINNACLE_API_KEY.'),
  host: z.string().min(1).optional().describe('Address of its own /metrics and /healthz. Default 127.0.0.1.'),
  port: port.optional().describe('Port of its own /metrics and /healthz; BINNACLE_AGENT_PORT. Default 4319.'),
  grpcPort: z
    .union([port, z.literal('off')])
    .optional()
    .describe(
      'Port of its door for OTLP over gRPC, for the receivers otlp and otlp-records; BINNACLE_AGENT_GRPC_PORT. Default `off`.',
    ),
  bufferBytes: z
    .int()
    .min(1_048_576)
    .max(17_179_869_184)
    .optional()
    .describe('Encoded requests kept in memory where there is no spool on disk. Default 33554432 (32 MiB).'),
  spool: z
    .strictObject({
      onDisk: z
        .boolean()
        .default(true)
        .describe('Keep what waits for the gateway on disk; false keeps it in memory, where a crash loses it.'),
      directory: z
        .string()
        .min(1)
        .optional()
        .describe('Folder of this agent alone. Default: agent/ in the data directory (--data-dir, BINNACLE_DATA_DIR).'),
      bytes: z
        .int()
        .min(16_777_216)
        .max(17_592_186_044_416)
        .default(536_870_912)
        .describe('Bytes on disk; what would go over is refused. Default 536870912 (512 MiB).'),
      syncMilliseconds: z
        .int()
        .min(0)
        .max(10_000)
        .default(0)
        .describe('At least so long between two syncs to disk; what comes meanwhile waits for its acknowledgement.'),
      maxAgeSeconds: z
        .int()
        .min(60)
        .max(31_536_000)
        .default(604_800)
        .describe('What waited longer is let go and counted. Default 604800 (7 days).'),
    })
    .prefault({}),
  shutdownSeconds: z
    .int()
    .min(0)
    .max(600)
    .optional()
    .describe('How long to go on forwarding after a stop signal. Default 10.'),
});

const log = z.strictObject({ level: z.enum(logLevels).optional().describe('BINNACLE_LOG_LEVEL. Default info.') });

/** Stands for the options of a receiver that the file does not name. */
export const neverAsked = z.unknown();

/** The schema of the whole file, with the strict schemas of the receivers that it may name. */
export function configSchema(receivers: readonly ReceiverDefinition<unknown>[]) {
  const shape = Object.fromEntries(
    receivers.map((receiver) => [receiver.name, receiver.config.optional().describe(receiver.summary)]),
  );
  return z.strictObject({
    receivers: z.strictObject(shape).prefault({}).describe('Sources of telemetry; the key is the receiver.'),
    limits: limitsSchema.prefault({}),
    gateway: gateway.prefault({}),
    agent: agent.prefault({}),
    log: log.prefault({}),
  });
}

/** The parsed file. `receivers` holds the options of each one named, with its defaults filled in. */
export type Config = Omit<z.output<ReturnType<typeof configSchema>>, 'receivers'> & {
  readonly receivers: Readonly<Record<string, unknown>>;
};
