import type { TimeRange } from '@binnacle/shared/telemetry/reader.ts';
import { altered } from '../cluster/placement.ts';
import type { Engine } from '../engine/engine.ts';
import { runMutation } from '../lifecycle/mutation.ts';
import type { DeletableSamples } from '../lifecycle/sample-tables.ts';
import type { SeriesChoice } from '../lifecycle/series-choice.ts';
import { bucketMs } from '../schema/tables.ts';

/** Later than any bucket that ClickHouse's times can hold. */
const endOfTimeMs = 0xffffffff * 1000;

/**
 * `sealed`, as deletion sees it: rows of whole buckets are deleted, of rows that keep some samples the arrays are cut. Both are
 * mutations that rewrite what they touch, so nothing is left to clean.
 */
export function rowsOfSealed(engine: Engine, database: string): DeletableSamples {
  const table = `${database}.sealed`;
  const where = (choice: SeriesChoice, range: TimeRange) => {
    const { fromMs, toMs } = clamped(range);
    return `${choice.sql('series')} AND b BETWEEN ${Math.floor(fromMs / bucketMs)} AND ${Math.floor(toMs / bucketMs)}`;
  };
  const change = (sql: string) =>
    runMutation(
      engine,
      database,
      'sealed',
      `ALTER TABLE ${altered(engine, database, 'sealed')} ${sql} SETTINGS mutations_sync = 0`,
    );
  return {
    async count(choice, range) {
      const [row] = await engine.rows<{ n: string }>(
        `SELECT toString(sum(arrayCount(t -> ${inRange(range)}, times))) AS n FROM ${table} WHERE ${where(choice, range)}`,
      );
      return Number(row?.n ?? 0);
    },
    async delete(choice, range) {
      // Of one statement, so that both columns are cut by the same times.
      const cut = `arrayFilter((v, t) -> NOT (${inRange(range)}), vals, times)`;
      const kept = `arrayFilter(t -> NOT (${inRange(range)}), times)`;
      const [row] = await engine.rows<{ partly: number }>(
        `SELECT toUInt8(count() > 0) AS partly FROM ${table} WHERE ${where(choice, range)} AND NOT arrayAll(t -> ${inRange(range)}, times)`,
      );
      await change(`DELETE WHERE ${where(choice, range)} AND arrayAll(t -> ${inRange(range)}, times)`);
      if (row?.partly === 1) await change(`UPDATE vals = ${cut}, times = ${kept} WHERE ${where(choice, range)}`);
    },
    async bounds(choice) {
      const rows = await engine.rows<{ id: string; first: number; last: number }>(
        `SELECT toString(series) AS id, toUInt32(min(b)) AS first, toUInt32(max(b)) AS last FROM ${table} WHERE ${choice.sql('series')} GROUP BY series`,
      );
      return new Map(rows.map(({ id, first, last }) => [BigInt(id), { first, last }]));
    },
    clean: async () => {},
  };
}

function clamped({ fromMs, toMs }: TimeRange): TimeRange {
  return { fromMs: Math.max(0, Math.ceil(fromMs)), toMs: Math.min(endOfTimeMs, Math.floor(toMs)) };
}

/** Whether the time `t` of a row, ms since its bucket's begin, lies in the range. */
function inRange(range: TimeRange): string {
  const { fromMs, toMs } = clamped(range);
  return `toInt64(b) * ${bucketMs} + t BETWEEN ${fromMs} AND ${toMs}`;
}
