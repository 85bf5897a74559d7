import { createTable, type TableDefinition } from '../schema/tables.ts';

/**
 * Spans and log records in the tables of the OpenTelemetry Collector's ClickHouse exporter, so that what reads those tables
 * (Grafana's ClickHouse data source, SQL of one's own) reads these: the same names, columns, types, orders and indexes.
 * Times are said to be UTC, so that days do not depend on the machine's zone; how long rows are kept is set apart.
 * Source: opentelemetry-collector-contrib, exporter/clickhouseexporter, its README and table templates.
 */
const attributes = (name: string) => `${name} Map(LowCardinality(String), String) CODEC(ZSTD(1))`;
const time = "DateTime64(9, 'UTC')";
const filter = (name: string, of: string, rate = '0.01') =>
  `INDEX ${name} ${of} TYPE bloom_filter(${rate}) GRANULARITY 1`;
const settings = 'index_granularity = 8192, ttl_only_drop_parts = 1';

/** One row per span; events and links are arrays that run in parallel. `Duration` is in nanoseconds. */
export const otelTraces: TableDefinition = {
  name: 'otel_traces',
  columns: [
    `Timestamp ${time} CODEC(Delta(8), ZSTD(1))`,
    'TraceId String CODEC(ZSTD(1))',
    'SpanId String CODEC(ZSTD(1))',
    'ParentSpanId String CODEC(ZSTD(1))',
    'TraceState String CODEC(ZSTD(1))',
    'SpanName LowCardinality(String) CODEC(ZSTD(1))',
    'SpanKind LowCardinality(String) CODEC(ZSTD(1))',
    'ServiceName LowCardinality(String) CODEC(ZSTD(1))',
    attributes('ResourceAttributes'),
    'ScopeName String CODEC(ZSTD(1))',
    'ScopeVersion String CODEC(ZSTD(1))',
    attributes('SpanAttributes'),
    'Duration UInt64 CODEC(T64, ZSTD(1))',
    'StatusCode LowCardinality(String) CODEC(ZSTD(1))',
    'StatusMessage String CODEC(ZSTD(1))',
    `Events Nested (Timestamp ${time}, Name LowCardinality(String), Attributes Map(LowCardinality(String), String)) CODEC(ZSTD(1))`,
    'Links Nested (TraceId String, SpanId String, TraceState String, Attributes Map(LowCardinality(String), String)) CODEC(ZSTD(1))',
    filter('idx_trace_id', 'TraceId', '0.001'),
    filter('idx_res_attr_key', 'mapKeys(ResourceAttributes)'),
    filter('idx_res_attr_value', 'mapValues(ResourceAttributes)'),
    filter('idx_span_attr_key', 'mapKeys(SpanAttributes)'),
    filter('idx_span_attr_value', 'mapValues(SpanAttributes)'),
    'INDEX idx_duration Duration TYPE minmax GRANULARITY 1',
    'INDEX idx_lower_span_name lower(SpanName) TYPE tokenbf_v1(32768, 3, 0) GRANULARITY 8',
  ],
  engine: { name: 'MergeTree' },
  partitionBy: 'toDate(Timestamp)',
  orderBy: '(ServiceName, SpanName, toDateTime(Timestamp), Timestamp)',
  settings,
};

/** When each trace began and ended, to the second: a trace is looked up by its id here, then by time in `otel_traces`. */
export const otelTraceTimes: TableDefinition = {
  name: 'otel_traces_trace_id_ts',
  columns: [
    'TraceId String CODEC(ZSTD(1))',
    "Start SimpleAggregateFunction(min, DateTime('UTC')) CODEC(ZSTD(1))",
    "End SimpleAggregateFunction(max, DateTime('UTC')) CODEC(ZSTD(1))",
  ],
  engine: { name: 'AggregatingMergeTree' },
  partitionBy: 'toStartOfWeek(Start)',
  orderBy: 'TraceId',
  settings,
};

/** One row per log record. Buckets of five minutes come first in the key: logs are read by time. */
export const otelLogs: TableDefinition = {
  name: 'otel_logs',
  columns: [
    `Timestamp ${time} CODEC(Delta(8), ZSTD(1))`,
    'TraceId String CODEC(ZSTD(1))',
    'SpanId String CODEC(ZSTD(1))',
    'TraceFlags UInt8',
    'SeverityText LowCardinality(String) CODEC(ZSTD(1))',
    'SeverityNumber UInt8',
    'ServiceName LowCardinality(String) CODEC(ZSTD(1))',
    'Body String CODEC(ZSTD(1))',
    'ResourceSchemaUrl LowCardinality(String) CODEC(ZSTD(1))',
    attributes('ResourceAttributes'),
    'ScopeSchemaUrl LowCardinality(String) CODEC(ZSTD(1))',
    'ScopeName String CODEC(ZSTD(1))',
    'ScopeVersion LowCardinality(String) CODEC(ZSTD(1))',
    attributes('ScopeAttributes'),
    attributes('LogAttributes'),
    'EventName LowCardinality(String) CODEC(ZSTD(1))',
    filter('idx_trace_id', 'TraceId', '0.001'),
    filter('idx_res_attr_key', 'mapKeys(ResourceAttributes)'),
    filter('idx_res_attr_value', 'mapValues(ResourceAttributes)'),
    filter('idx_scope_attr_key', 'mapKeys(ScopeAttributes)'),
    filter('idx_scope_attr_value', 'mapValues(ScopeAttributes)'),
    filter('idx_log_attr_key', 'mapKeys(LogAttributes)'),
    filter('idx_log_attr_value', 'mapValues(LogAttributes)'),
    'INDEX idx_lower_body lower(Body) TYPE tokenbf_v1(32768, 3, 0) GRANULARITY 8',
  ],
  engine: { name: 'MergeTree' },
  partitionBy: 'toDate(Timestamp)',
  orderBy: '(toStartOfFiveMinutes(Timestamp), ServiceName, Timestamp)',
  settings,
};

/** Statements that make the tables, and the view that fills the table of trace times. */
export function otelTableStatements(database: string): string[] {
  return [
    createTable(database, otelTraces),
    createTable(database, otelTraceTimes),
    `CREATE MATERIALIZED VIEW IF NOT EXISTS ${database}.otel_traces_trace_id_ts_mv TO ${database}.${otelTraceTimes.name}
AS SELECT TraceId, min(Timestamp) AS Start, max(Timestamp) AS End
FROM ${database}.${otelTraces.name} WHERE TraceId != '' GROUP BY TraceId`,
    createTable(database, otelLogs),
  ];
}
