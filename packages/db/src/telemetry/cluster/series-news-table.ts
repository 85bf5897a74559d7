import { type Engine, quote } from '../engine/engine.ts';
import { clusterForm, localName } from '../schema/cluster-form.ts';
import { setTtl } from '../schema/migrate.ts';
import { createTable, type TableDefinition } from '../schema/tables.ts';

/** How long news is kept; who was away for longer reads all spans anew. */
export const newsKeptMs = 6 * 3_600_000;

/** What was written to `series_span`, by the time at which it was: gateways learn from it what others have written. */
export const seriesNews: TableDefinition = {
  name: 'series_news',
  columns: [
    "at DateTime64(3, 'UTC') CODEC(Delta(8), ZSTD(1))",
    'series UInt64 CODEC(ZSTD(1))',
    'first_b UInt32 CODEC(ZSTD(1))',
    'last_b UInt32 CODEC(ZSTD(1))',
  ],
  engine: { name: 'MergeTree' },
  orderBy: 'at',
  partitionBy: 'toStartOfHour(at)',
  settings: 'ttl_only_drop_parts = 1',
};

/**
 * Statements that make the table, and the view that fills it with every insert of spans: nobody can store a span and
 * keep it to himself. On a cluster each shard has the news of its own series.
 */
export function seriesNewsStatements(database: string, cluster: string | undefined): string[] {
  const name = (table: string) => `${database}.${cluster === undefined ? table : localName(table)}`;
  const on = cluster === undefined ? '' : ` ON CLUSTER ${quote(cluster)}`;
  return [
    ...(cluster === undefined ? [createTable(database, seriesNews)] : clusterForm({ cluster, database }, seriesNews)),
    `CREATE MATERIALIZED VIEW IF NOT EXISTS ${database}.series_news_mv${on} TO ${name(seriesNews.name)}\n` +
      `AS SELECT now64(3, 'UTC') AS at, series, first_b, last_b FROM ${name('series_span')}`,
  ];
}

/** Makes what a store needs that several processes write to. Doing it again does nothing. */
export async function makeSeriesNews(engine: Engine, database: string): Promise<void> {
  for (const statement of seriesNewsStatements(database, engine.cluster)) await engine.command(statement);
  await setTtl(engine, database, seriesNews.name, `toDateTime(at) + toIntervalSecond(${newsKeptMs / 1000})`);
}
