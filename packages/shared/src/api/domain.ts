import { z } from 'zod';
import { recordKinds } from '../telemetry/records.ts';

/**
 * Answers of the gateway's own doors under `/api/binnacle/`, shared by the gateway that gives them and the web app that
 * reads them. Times are ms since 1970.
 */

/** GET /api/binnacle/sources */
export const sourceStatus = z.object({
  receiver: z.string(),
  source: z.string(),
  cluster: z.string(),
  state: z.enum(['up', 'down', 'waiting', 'consent']),
  lastSampleAt: z.number().nullable(),
  lastError: z.string().nullable(),
  address: z.string(),
  intervalSeconds: z.number().nullable(),
});
export const sourcesAnswer = z.object({
  sources: z.array(sourceStatus),
  doors: z.array(
    z.object({
      receiver: z.string(),
      path: z.string(),
      accepted: z.number(),
      refused: z.record(z.string(), z.number()),
    }),
  ),
});
export type SourcesAnswer = z.infer<typeof sourcesAnswer>;

/** GET /api/binnacle/clusters: which values of the label `cluster` have data, and whether each is the demo. */
export const clustersAnswer = z.object({
  clusters: z.array(z.object({ name: z.string(), demo: z.boolean(), series: z.number() })),
});
export type ClustersAnswer = z.infer<typeof clustersAnswer>;

/** GET /api/binnacle/records?kind=…&cluster=…&key=…&keyPrefix=…&from=…&to=…&limit=… (from, to: ms) */
export const recordsAnswer = z.object({
  records: z.array(
    z.object({ kind: z.string(), key: z.string(), at: z.number(), cluster: z.string(), body: z.unknown() }),
  ),
});
export type RecordsAnswer = z.infer<typeof recordsAnswer>;

const maxRecordKey = 1024;
const record = z.strictObject({
  kind: z.enum(recordKinds),
  key: z.string().min(1).max(maxRecordKey),
  at: z.number().int().min(0).max(8.64e15),
  cluster: z.string().max(maxRecordKey),
  body: z.unknown().refine((body) => body !== undefined, 'a record has a body'),
});

/** POST /api/binnacle/records: what agents hand over. Answer: `{ accepted }`. */
export const recordsBody = z.strictObject({ records: z.array(record).max(10_000) });

const wholeNumber = z
  .string()
  .regex(/^\d{1,16}$/, 'a whole number is expected')
  .transform(Number);

/** The most records that one answer holds. */
export const maxListedRecords = 10_000;

/** Parameters of GET /api/binnacle/records; `limit` 1 to 10,000, default 100. */
export const recordsParameters = z.strictObject({
  kind: z.enum(recordKinds),
  cluster: z.string().max(maxRecordKey).optional(),
  key: z.string().max(maxRecordKey).optional(),
  keyPrefix: z.string().max(maxRecordKey).optional(),
  from: wholeNumber.optional(),
  to: wholeNumber.optional(),
  limit: wholeNumber.pipe(z.number().min(1).max(maxListedRecords)).default(100),
});

/** Body of a `pipeline_run` record, whatever the orchestrator: the common model of pipelines. */
export const pipelineTask = z.object({
  id: z.string(),
  name: z.string(),
  state: z.enum(['pending', 'running', 'succeeded', 'skipped', 'failed', 'canceled', 'cached', 'not_run', 'unknown']),
  startedAt: z.number().nullable(),
  finishedAt: z.number().nullable(),
  dependsOn: z.array(z.string()),
  error: z.string().nullable(),
});
export const pipelineRun = z.object({
  id: z.string(),
  name: z.string(),
  pipeline: z.string(),
  namespace: z.string(),
  state: z.enum(['pending', 'running', 'succeeded', 'skipped', 'failed', 'canceling', 'canceled', 'paused', 'unknown']),
  createdAt: z.number().nullable(),
  startedAt: z.number().nullable(),
  finishedAt: z.number().nullable(),
  error: z.string().nullable(),
  tasks: z.array(pipelineTask),
});
export type PipelineRun = z.infer<typeof pipelineRun>;

/** Body of an `mcp_tool` record: the newest definition and, after a change, the one before. */
export const mcpTool = z.object({
  server: z.string(),
  tool: z.string(),
  tokens: z.number(),
  digest: z.string(),
  definition: z.object({
    name: z.string(),
    title: z.string().optional(),
    description: z.string().optional(),
    inputSchema: z.unknown(),
    outputSchema: z.unknown().optional(),
    annotations: z.unknown().optional(),
  }),
  firstSeenAt: z.number(),
  changedAt: z.number().nullable(),
  changedFields: z.array(z.string()),
  previous: z.unknown().nullable(),
  removed: z.boolean(),
  /** Digest of the definition first seen: what counts as unchanged where no pin is configured. */
  firstDigest: z.string().optional(),
  /** Changes counted so far, by kind, so that the counters go on where they were after a restart. */
  changes: z.record(z.string(), z.number().int().min(0)).optional(),
});
export type McpTool = z.infer<typeof mcpTool>;

/** Body of a `drift_probe` record: one round of one probe, newest under key `probe/mode`. Outputs are cut at 2,000 characters. */
export const driftRound = z.object({
  probe: z.string(),
  endpoint: z.string(),
  model: z.string(),
  mode: z.enum(['serial', 'concurrent']),
  prompt: z.string(),
  reference: z.string(),
  fingerprint: z.string().nullable(),
  outputs: z.array(z.object({ text: z.string(), count: z.number(), divergesAt: z.number().nullable() })),
  runs: z.number(),
  failures: z.number(),
  /**
   * Where the reference was learned from the first round: the whole text and the SHA-256 of the request that it answers,
   * so that it outlives a restart. null: configured, or too long to be kept.
   */
  learned: z.object({ requestDigest: z.string(), reference: z.string() }).nullable().optional(),
});
export type DriftRound = z.infer<typeof driftRound>;

/** Body of a `pod_group` record: a workload that waits, with the reason that the scheduler gave. */
export const podGroup = z.object({
  name: z.string(),
  namespace: z.string(),
  queue: z.string(),
  requestedGpus: z.number(),
  state: z.enum(['pending', 'running']),
  reason: z.string().nullable(),
  message: z.string().nullable(),
  createdAt: z.number(),
});
export type PodGroup = z.infer<typeof podGroup>;

/**
 * Body of an `nccl_test` record: one output of nccl-tests. Bandwidths in bytes per second, but for the averages, which
 * are compared with the GB/s (1e9) that the program prints. `null`: the output does not say.
 */
export const ncclTest = z.object({
  test: z.string(),
  collective: z.string().nullable(),
  version: z.string().nullable(),
  ranks: z.number().nullable(),
  nodes: z.number().nullable(),
  rows: z.array(
    z.object({
      sizeBytes: z.number(),
      dtype: z.string(),
      redop: z.string().nullable(),
      placement: z.enum(['out_of_place', 'in_place']),
      seconds: z.number(),
      algorithmBandwidthBytesPerSecond: z.number(),
      busBandwidthBytesPerSecond: z.number(),
      wrong: z.number().nullable(),
    }),
  ),
  outOfBounds: z.number().nullable(),
  printedAverageGigabytesPerSecond: z.number().nullable(),
  /** Recomputed over all rows: equals the printed average of a whole output. */
  meanGigabytesPerSecond: z.number().nullable(),
  averageOk: z.boolean().nullable(),
  /** false while the test runs, or when the output was cut. */
  complete: z.boolean(),
});
export type NcclTest = z.infer<typeof ncclTest>;
