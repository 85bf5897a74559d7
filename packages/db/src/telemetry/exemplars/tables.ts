import type { TableDefinition } from '../schema/tables.ts';

/** Exemplars by metric and time. Labels are JSON lists of names and values in turn: the same labels are the same text. */
export const exemplars: TableDefinition = {
  name: 'exemplars',
  columns: [
    'metric LowCardinality(String)',
    "ts DateTime64(3, 'UTC') CODEC(Delta(8), ZSTD(1))",
    'series String CODEC(ZSTD(1))',
    'labels String CODEC(ZSTD(1))',
    'value Float64 CODEC(ZSTD(1))',
  ],
  // One that is sent twice stands once.
  engine: { name: 'ReplacingMergeTree' },
  orderBy: '(metric, ts, series, labels)',
  partitionBy: 'toDate(ts)',
  settings: 'ttl_only_drop_parts = 1',
};
