/**
 * The telemetry tables as data. `createTable` renders the form for one server (embedded or by URL); the replicated and
 * distributed forms of a cluster derive from the same definitions.
 */
export interface TableDefinition {
  readonly name: string;
  readonly columns: readonly string[];
  readonly engine: {
    readonly name: 'MergeTree' | 'ReplacingMergeTree' | 'AggregatingMergeTree';
    readonly version?: string;
  };
  readonly orderBy: string;
  readonly partitionBy?: string;
  readonly settings?: string;
}

/** Width of the bucket `b` that leads the key of `samples`. */
export const bucketMs = 7_200_000;

/**
 * Samples. The bucket of two hours comes first in the key so that a short window of old data reads few granules; series
 * ids begin with the metric's hash, so that the series of one metric lie together. Times are UTC whatever the machine's zone.
 */
export const samples: TableDefinition = {
  name: 'samples',
  columns: [
    'b UInt32 CODEC(ZSTD(1))',
    'series UInt64 CODEC(ZSTD(1))',
    "ts DateTime64(3, 'UTC') CODEC(DoubleDelta, ZSTD(1))",
    'value Float64 CODEC(ZSTD(1))',
  ],
  engine: { name: 'MergeTree' },
  orderBy: '(b, series, ts)',
  partitionBy: 'toDate(ts)',
  settings: 'ttl_only_drop_parts = 1',
};

/** `samples` since version 3: a bucket is a partition, which is dropped when its samples are sealed. */
export const samplesByBucket: TableDefinition = {
  ...samples,
  name: 'samples_by_bucket',
  columns: [
    'b UInt32 CODEC(ZSTD(1))',
    'series UInt64 CODEC(ZSTD(1))',
    "ts DateTime64(3, 'UTC') CODEC(Delta(8), ZSTD(1))",
    'value Float64 CODEC(ZSTD(1))',
  ],
  partitionBy: 'b',
};

/**
 * Samples of buckets that are over: one row a series and bucket, its times in ms since the bucket's begin, ascending, and
 * whether any value is a NaN, as stale markers are. A series has a second row where samples came late. Of one day, so that years are few partitions.
 */
export const sealed: TableDefinition = {
  name: 'sealed',
  columns: [
    'b UInt32 CODEC(ZSTD(1))',
    'series UInt64 CODEC(ZSTD(1))',
    'times Array(UInt32) CODEC(Delta(4), ZSTD(1))',
    'vals Array(Float64) CODEC(ZSTD(1))',
    'has_nan Bool CODEC(ZSTD(1))',
  ],
  engine: { name: 'MergeTree' },
  orderBy: '(b, series)',
  partitionBy: `toDate(toDateTime(b * ${bucketMs / 1000}, 'UTC'))`,
  // A row holds hundreds of samples.
  settings: 'index_granularity = 64, ttl_only_drop_parts = 1',
};

/** Where the rows of a bucket are gathered, before all of them move to `sealed` at once. */
export const sealing: TableDefinition = { ...sealed, name: 'sealing' };

/** Labels of every series, `__name__` among them. */
export const series: TableDefinition = {
  name: 'series',
  columns: ['id UInt64', 'metric LowCardinality(String)', 'labels Map(LowCardinality(String), String) CODEC(ZSTD(1))'],
  engine: { name: 'ReplacingMergeTree' },
  orderBy: '(metric, id)',
};

/**
 * First and last bucket in which a series has samples. Apart from `series`, because it grows every two hours for every
 * living series and would carry the labels along each time.
 */
export const seriesSpan: TableDefinition = {
  name: 'series_span',
  columns: [
    'series UInt64 CODEC(ZSTD(1))',
    'first_b SimpleAggregateFunction(min, UInt32) CODEC(ZSTD(1))',
    'last_b SimpleAggregateFunction(max, UInt32) CODEC(ZSTD(1))',
  ],
  engine: { name: 'AggregatingMergeTree' },
  orderBy: 'series',
};

export const metricMetadata: TableDefinition = {
  name: 'metric_metadata',
  columns: [
    'family String',
    'type LowCardinality(String)',
    'help String',
    'unit LowCardinality(String)',
    'version UInt64',
  ],
  engine: { name: 'ReplacingMergeTree', version: 'version' },
  orderBy: 'family',
};

/** Records by kind, cluster and key: the one with the highest version stands. The body is JSON. */
export const records: TableDefinition = {
  name: 'records',
  columns: [
    'kind LowCardinality(String)',
    'key String',
    "at DateTime64(3, 'UTC')",
    'cluster LowCardinality(String)',
    'body String CODEC(ZSTD(3))',
    'version UInt64',
  ],
  engine: { name: 'ReplacingMergeTree', version: 'version' },
  orderBy: '(kind, cluster, key)',
};

export const schemaMigration: TableDefinition = {
  name: 'schema_migration',
  columns: ['version UInt32', 'name String', "applied_at DateTime64(3, 'UTC') DEFAULT now64(3)"],
  engine: { name: 'ReplacingMergeTree' },
  orderBy: 'version',
};

/** `CREATE TABLE IF NOT EXISTS` for one server. */
export function createTable(database: string, table: TableDefinition): string {
  return [
    `CREATE TABLE IF NOT EXISTS ${database}.${table.name} (${table.columns.join(', ')})`,
    `ENGINE = ${table.engine.name}(${table.engine.version ?? ''})`,
    table.partitionBy === undefined ? '' : `PARTITION BY ${table.partitionBy}`,
    `ORDER BY ${table.orderBy}`,
    table.settings === undefined ? '' : `SETTINGS ${table.settings}`,
  ]
    .filter((line) => line !== '')
    .join('\n');
}
