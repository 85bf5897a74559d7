import { otelTableStatements } from '../otel/tables.ts';
import { createTable, metricMetadata, records, samples, series, seriesSpan } from './tables.ts';

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
    version: 4,
    name: 'spans and log records of OpenTelemetry',
    statements: otelTableStatements,
  },
];
