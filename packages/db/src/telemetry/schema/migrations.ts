import { exemplars } from '../exemplars/tables.ts';
import { otelTableStatements } from '../otel/tables.ts';
import {
  createTable,
  metricMetadata,
  records,
  samples,
  samplesByBucket,
  sealed,
  sealing,
  series,
  seriesSpan,
} from './tables.ts';

/**
 * One step of the schema. Each statement may run again without harm: a process may die between a statement and its
 * entry in `schema_migration`. A step that has been released is never changed; the next one mends it.
 */
export interface Migration {
  readonly version: number;
  readonly name: string;
  statements(database: string): string[];
}

export const migrations: readonly Migration[] = [
  {
    version: 1,
    name: 'samples, series, metadata, records',
    statements: (database) =>
      [samples, series, seriesSpan, metricMetadata, records].map((table) => createTable(database, table)),
  },
  {
    version: 2,
    // Read by three quarters less work than DoubleDelta, and smaller: neighbours of a series are mostly equally far apart.
    name: 'times of samples by Delta',
    statements: (database) => [
      `ALTER TABLE ${database}.samples MODIFY COLUMN ts DateTime64(3, 'UTC') CODEC(Delta(8), ZSTD(1))`,
    ],
  },
  {
    version: 3,
    name: 'samples by bucket, and sealed',
    statements: (database) => [
      createTable(database, sealed),
      createTable(database, sealing),
      // There where a process died behind the renaming: its samples are in the new table.
      `DROP TABLE IF EXISTS ${database}.samples_by_day SYNC`,
      createTable(database, samplesByBucket),
      `TRUNCATE TABLE ${database}.samples_by_bucket`,
      `INSERT INTO ${database}.samples_by_bucket SELECT b, series, ts, value FROM ${database}.samples SETTINGS max_partitions_per_insert_block = 0`,
      `RENAME TABLE ${database}.samples TO ${database}.samples_by_day, ${database}.samples_by_bucket TO ${database}.samples`,
      `DROP TABLE ${database}.samples_by_day SYNC`,
    ],
  },
  {
    version: 4,
    name: 'spans and log records of OpenTelemetry',
    statements: otelTableStatements,
  },
  {
    version: 5,
    name: 'exemplars',
    statements: (database) => [createTable(database, exemplars)],
  },
];
