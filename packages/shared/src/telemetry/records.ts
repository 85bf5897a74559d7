/**
 * Bulky things that are not samples: a pipeline run with its steps, a probe's completion, a tool's definition.
 * `(kind, cluster, key)` names one; putting it again replaces it. `at` is the time that lists are ordered and cut by.
 */
export interface TelemetryRecord {
  readonly kind: RecordKind;
  readonly key: string;
  /** ms since 1970 */
  readonly at: number;
  /** Cluster the record belongs to, as the label `cluster` of samples. */
  readonly cluster: string;
  readonly body: unknown;
}

export const recordKinds = ['pipeline_run', 'drift_probe', 'mcp_tool', 'nccl_test', 'pod_group'] as const;
export type RecordKind = (typeof recordKinds)[number];

export interface RecordQuery {
  readonly kind: RecordKind;
  readonly cluster?: string;
  readonly key?: string;
  /** Only keys that begin with it. */
  readonly keyPrefix?: string;
  readonly fromMs?: number;
  readonly toMs?: number;
  /** Newest first; at most this many. */
  readonly limit: number;
}

export interface RecordSink {
  putRecords(records: readonly TelemetryRecord[]): Promise<void>;
}

export interface RecordReader {
  listRecords(query: RecordQuery): Promise<TelemetryRecord[]>;
}
