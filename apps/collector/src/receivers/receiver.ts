import type { RecordKind, RecordSink, TelemetryRecord } from '@binnacle/shared/telemetry/records.ts';
import type { LogBatch, SpanBatch } from '@binnacle/shared/telemetry/rows/otel-rows.ts';
import type { MetricMetadata, SampleBatch } from '@binnacle/shared/telemetry/sample-batch.ts';
import type { FastifyInstance } from 'fastify';
import type { Logger } from 'pino';
import type { ZodType } from 'zod';
import type { Limits } from '../pipeline/limits.ts';

/** What became of a batch: samples are accepted one by one, and each refusal has a reason from a short, fixed list. */
export interface WriteResult {
  readonly accepted: number;
  readonly refused: readonly { readonly reason: RefusalReason; readonly count: number; readonly example: string }[];
  /** Which samples were refused, as rows of the batch in rising order; absent where none was. */
  readonly refusedRows?: readonly number[];
  /** Exemplars that are kept; absent where none was sent, or where none are kept. */
  readonly acceptedExemplars?: number;
}

export type RefusalReason =
  | 'no_metric_name'
  | 'bad_label_name'
  | 'bad_label_value'
  | 'bad_label_ref'
  | 'duplicate_label'
  | 'too_many_labels'
  | 'label_too_long'
  | 'too_many_series'
  | 'too_far_in_future'
  | 'too_old'
  | 'unsupported_type'
  /** A point without a value or a time, or a negative step of a counter. */
  | 'bad_point'
  /** A delta that comes after a later one of its series. */
  | 'out_of_order'
  /** A delta whose time another one covers in part. */
  | 'overlapping'
  | 'bad_histogram'
  | 'bad_exemplar'
  /** Of spans and log records. */
  | 'bad_id'
  | 'bad_time'
  | 'too_many_attributes'
  | 'attribute_too_long'
  | 'too_many_events'
  | 'body_too_long';

/**
 * Where receivers hand samples over. Resolves only after the samples are in the store (gateway) or in the bounded
 * buffer (agent); rejects with a retryable `BinnacleError` (`over_capacity`, `store_unavailable`) otherwise.
 */
export interface SampleSink {
  write(batch: SampleBatch, origin: SampleOrigin): Promise<WriteResult>;
  /** Counts what was refused before it became part of a batch, such as samples of a kind that cannot be stored. */
  noteRefused?(refused: WriteResult['refused'], origin: SampleOrigin): void;
}

export interface SampleOrigin {
  /** The receiver's name: folder, config key and label value. */
  readonly receiver: string;
  /** Which of the receiver's sources: a job, a file, a probe, a sender. Bounded by configuration, never by input. */
  readonly source: string;
  /** Who pushed it into a door, see `senderOf`. Of input, so what is kept of senders is bounded. */
  readonly sender?: string;
}

/** Spans and log records go separate ways: each has its own table, its own commits and its own bytes in flight. */
export type RowSignal = 'spans' | 'logs';

/** The request that rows came in. */
export interface RowRequest {
  /** As protobuf. */
  readonly body: Uint8Array;
  /** The same bytes again are the same rows: each says its time itself. */
  readonly repeatable: boolean;
}

/** What became of rows, for the pages and metrics of freshness. */
export interface RowFreshness {
  count(
    origin: SampleOrigin,
    rows: {
      readonly accepted: number;
      readonly refused: WriteResult['refused'];
      readonly newestAt: number | null;
      readonly aheadAt: number | null;
    },
  ): void;
  refuseRequest(origin: SampleOrigin, code: string, message: string, rows: number): void;
}

/** Where receivers hand spans and log records over. */
export interface RowSink {
  readonly limits: Limits;
  /** Told what came, from whom, and what of it was refused. */
  readonly freshness: RowFreshness;
  /**
   * Resolves after the rows are in the store; rejects with the retryable `over_capacity` or `store_unavailable`. A request
   * that is repeated is not stored again.
   */
  writeSpans(batch: SpanBatch, request: RowRequest): Promise<void>;
  writeLogs(batch: LogBatch, request: RowRequest): Promise<void>;
}

/** State of one source, for the Sources page and `GET /api/binnacle/sources`. */
export interface SourceStatus {
  readonly receiver: string;
  readonly source: string;
  readonly cluster: string;
  /** waiting: not asked yet, or nothing has come; never shown as healthy. */
  readonly state: 'up' | 'down' | 'waiting' | 'consent';
  /** ms since 1970, of the newest sample taken in */
  readonly lastSampleAt: number | null;
  /** A sentence a user can act on. */
  readonly lastError: string | null;
  /** Where it reads from: URL, path or door. No secrets. */
  readonly address: string;
  readonly intervalSeconds: number | null;
}

/** A target as `GET /api/v1/targets` tells of it. */
export interface PolledTarget {
  /** The job that it belongs to. */
  readonly pool: string;
  /** Labels before relabelling. */
  readonly discoveredLabels: Readonly<Record<string, string>>;
  readonly labels: Readonly<Record<string, string>>;
  readonly url: string;
  readonly health: 'up' | 'down' | 'unknown';
  /** A sentence a user can act on. */
  readonly lastError: string | null;
  /** ms since 1970 */
  readonly lastScrapeAt: number | null;
  readonly lastScrapeSeconds: number | null;
  readonly intervalSeconds: number;
  readonly timeoutSeconds: number;
}

/** The targets of a receiver that finds them: those it reads, and those that relabelling dropped. */
export interface PolledTargets {
  readonly pools: readonly string[];
  readonly active: readonly PolledTarget[];
  readonly dropped: readonly { readonly pool: string; readonly discoveredLabels: Readonly<Record<string, string>> }[];
  /** Of each pool, also those that `dropped` has no room for. */
  readonly droppedCounts: Readonly<Record<string, number>>;
}

/** Which records a receiver wants back: of one cluster (the empty one included), by their key or by how it begins. */
export type RecallQuery = { readonly cluster: string } & ({ readonly key: string } | { readonly keyPrefix: string });

/**
 * Gives back records that were put before, by this process or an earlier one: all that match, the newest first. Their
 * bodies are as they were stored, possibly by another version: parse them. Rejects with a `BinnacleError` whose message
 * a user can act on when the store is away, refuses, or has more than it gives at once; nothing may be forgotten then.
 */
export type Recall = (kind: RecordKind, query: RecallQuery, signal: AbortSignal) => Promise<TelemetryRecord[]>;

export interface ReceiverContext {
  readonly sink: SampleSink;
  readonly records: RecordSink;
  /** Absent where nothing outlives the process; then there is nothing to remember. */
  readonly recall?: Recall;
  /** Takes spans and log records; absent where this process has no store for them. */
  readonly rows?: RowSink;
  readonly log: Logger;
  /** ms since 1970; tests hand in their own. */
  readonly now: () => number;
}

/** One unary method of the gRPC door, from bytes to bytes: no object is made of a message on the way. */
export interface GrpcMethod {
  /** `/package.Service/Method` */
  readonly path: string;
  /**
   * Resolves after everything is stored, with the encoded answer; rejects with `BinnacleError`s as HTTP doors do. `sender`:
   * see `senderOf`.
   */
  handle(message: Buffer, sender: string): Promise<Buffer>;
}

export interface Receiver {
  /** Registers HTTP routes. Body limits, authentication and error answers are the server's; see `receivers/README.md`. */
  routes?(app: FastifyInstance): void;
  /** Methods of the gRPC door, for the senders that `routes` serves over HTTP. */
  grpcMethods?(): readonly GrpcMethod[];
  /** Begins to read. Must not throw for a source that is away: that is a state, not a failure. */
  start?(): void;
  /** Ends every timer, request, file handle and child; resolves when nothing is left. */
  stop(): Promise<void>;
  sources(): SourceStatus[];
  /** More of its targets than `sources` says; those are then left out where targets are listed. */
  targets?(): PolledTargets;
}

/** The card of a receiver: what stands in the registry, in the generated reference and in `--help`. */
export interface ReceiverDefinition<Config> {
  /** Folder name = key under `receivers:` in the config file. */
  readonly name: string;
  readonly summary: string;
  /** Strict schema: type, validation and documentation of the options (`.describe`) in one. */
  readonly config: ZodType<Config>;
  /** Metric families it makes up itself; those it passes through are the source's own. */
  readonly emits: readonly MetricMetadata[];
  create(config: Config, context: ReceiverContext): Receiver;
}
