import type { TimeRange } from '@binnacle/shared/telemetry/reader.ts';
import { altered } from '../cluster/placement.ts';
import type { Engine } from '../engine/engine.ts';
import { bucketMs } from '../schema/tables.ts';
import { runMutation } from './mutation.ts';
import type { SeriesChoice } from './series-choice.ts';

/** First and last bucket in which a series has samples. */
export interface SeriesBounds {
  readonly first: number;
  readonly last: number;
}

/** A table that holds samples, as deletion sees it; every table that queries read samples from has one. */
export interface DeletableSamples {
  /** Samples of the series in the range; those written twice and not merged yet count twice. */
  count(choice: SeriesChoice, range: TimeRange): Promise<number>;
  /** Deletes them. Resolves when no query sees them, also after a restart; they may still take room until `clean`. */
  delete(choice: SeriesChoice, range: TimeRange): Promise<void>;
  /** Where the series still have samples; without those that have none. */
  bounds(choice: SeriesChoice): Promise<Map<bigint, SeriesBounds>>;
  /** Takes what was deleted off the disk. */
  clean(): Promise<void>;
}

/** ClickHouse's DateTime64 of a TTL ends in 2106, and no sample lies beyond. */
const endOfTimeMs = 0xffffffff * 1000;

/** The condition of a range on rows of one sample each. */
function inRange({ fromMs, toMs }: TimeRange): string {
  const from = Math.max(0, Math.ceil(fromMs));
  const to = Math.min(endOfTimeMs, Math.floor(toMs));
  const conditions: string[] = [];
  if (from > 0) {
    conditions.push(`b >= ${Math.floor(from / bucketMs)}`, `ts >= fromUnixTimestamp64Milli(${from}, 'UTC')`);
  }
  if (to < endOfTimeMs) {
    conditions.push(`b <= ${Math.floor(to / bucketMs)}`, `ts <= fromUnixTimestamp64Milli(${to}, 'UTC')`);
  }
  return conditions.map((condition) => ` AND ${condition}`).join('');
}

/** `samples`: one row a sample. Deleting marks rows (a lightweight delete), and `clean` or a merge removes them. */
export function rowsOfSamples(engine: Engine, database: string, table = 'samples'): DeletableSamples {
  const name = `${database}.${table}`;
  const where = (choice: SeriesChoice, range: TimeRange) => `${choice.sql('series')}${inRange(range)}`;
  return {
    async count(choice, range) {
      const [row] = await engine.rows<{ n: string }>(
        `SELECT toString(count()) AS n FROM ${name} WHERE ${where(choice, range)}`,
      );
      return Number(row?.n ?? 0);
    },
    delete: (choice, range) =>
      runMutation(
        engine,
        database,
        table,
        `DELETE FROM ${altered(engine, database, table)} WHERE ${where(choice, range)} SETTINGS lightweight_deletes_sync = 0`,
      ),
    async bounds(choice) {
      const rows = await engine.rows<{ id: string; first: number; last: number }>(
        `SELECT toString(series) AS id, toUInt32(min(b)) AS first, toUInt32(max(b)) AS last FROM ${name} WHERE ${choice.sql('series')} GROUP BY series`,
      );
      return new Map(rows.map(({ id, first, last }) => [BigInt(id), { first, last }]));
    },
    clean: () =>
      runMutation(
        engine,
        database,
        table,
        `ALTER TABLE ${altered(engine, database, table)} APPLY DELETED MASK SETTINGS mutations_sync = 0, alter_sync = 0`,
      ),
  };
}
