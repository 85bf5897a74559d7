import { quote } from '../engine/engine.ts';
import type { TableDefinition } from './tables.ts';

/** A cluster of ClickHouse servers, as their configuration names it. */
export interface ClusterPlace {
  readonly cluster: string;
  readonly database: string;
}

/**
 * What each table is distributed by: an expression over its columns. Samples, labels and spans of a series lie on one shard, so
 * that a query groups and joins them there; the same holds for the spans of a trace.
 */
const shardedBy: Readonly<Record<string, string>> = {
  samples: 'series',
  samples_by_bucket: 'series',
  sealed: 'series',
  sealing: 'series',
  series_news: 'series',
  series: 'id',
  series_span: 'series',
  metric_metadata: 'cityHash64(family)',
  records: 'cityHash64(kind, cluster, key)',
  exemplars: 'cityHash64(metric)',
  otel_traces: 'cityHash64(TraceId)',
  otel_traces_trace_id_ts: 'cityHash64(TraceId)',
  otel_logs: 'rand()',
  schema_migration: '0',
};

/** The replicated table behind the distributed one that reads and writes name. */
export const localName = (table: string): string => `${table}_local`;

/**
 * The two tables that stand for one on a cluster: the replicated one that keeps a shard's rows, and under the name that every
 * query uses the distributed one over it. Parts of a path and of a server's name are macros that each server has.
 * Throws for a table of which nobody said how it is distributed.
 */
export function clusterForm({ cluster, database }: ClusterPlace, table: TableDefinition): string[] {
  const key = shardedBy[table.name];
  if (key === undefined) throw new Error(`the table ${table.name} has no sharding key`);
  const local = localName(table.name);
  const on = `ON CLUSTER ${quote(cluster)}`;
  const path = quote(`/clickhouse/tables/{shard}/${database}/${local}`);
  const version = table.engine.version === undefined ? '' : `, ${table.engine.version}`;
  const lines = [
    `CREATE TABLE IF NOT EXISTS ${database}.${local} ${on} (${table.columns.join(', ')})`,
    `ENGINE = Replicated${table.engine.name}(${path}, '{replica}'${version})`,
    table.partitionBy === undefined ? '' : `PARTITION BY ${table.partitionBy}`,
    `ORDER BY ${table.orderBy}`,
    table.settings === undefined ? '' : `SETTINGS ${table.settings}`,
  ];
  return [
    lines.filter((line) => line !== '').join('\n'),
    `CREATE TABLE IF NOT EXISTS ${database}.${table.name} ${on} AS ${database}.${local}\n` +
      `ENGINE = Distributed(${quote(cluster)}, ${quote(database)}, ${quote(local)}, ${key})`,
  ];
}

/**
 * Settings of every statement on a cluster. An insert is answered when each shard has its rows, and DDL when every server has done
 * it; groups by series are finished on their shard; a subquery in `IN` looks at the shard's own rows, which is all of them for one
 * series. Reads and writes go to the first replica that answers, so that what was written is read back at once. How many
 * replicas must have an insert is left to the profile of the login (`insert_quorum`).
 */
export const clusterSettings = {
  distributed_foreground_insert: 1,
  distributed_ddl_output_mode: 'throw',
  optimize_skip_unused_shards: 1,
  optimize_distributed_group_by_sharding_key: 1,
  distributed_product_mode: 'local',
  load_balancing: 'in_order',
  prefer_localhost_replica: 0,
} as const;
