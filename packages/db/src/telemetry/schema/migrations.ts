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
];
