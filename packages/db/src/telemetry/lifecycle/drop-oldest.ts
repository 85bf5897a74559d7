import { altered, ofEachShard } from '../cluster/placement.ts';
import { type Engine, quote } from '../engine/engine.ts';
import { localName } from '../schema/cluster-form.ts';
import { bucketMs } from '../schema/tables.ts';
import type { BucketLedger } from '../sealed/bucket-ledger.ts';
import type { LabelIndex } from '../series/label-index.ts';
import { runMutation } from './mutation.ts';

/** What the store takes, and what was dropped to bring it under its bound. */
export interface StoreSize {
  /** Bytes on disk of all tables, after dropping. */
  readonly bytes: number;
  readonly droppedBytes: number;
  readonly droppedPartitions: number;
  /** ms since 1970: samples before it were dropped; undefined where none were. */
  readonly droppedBeforeMs: number | undefined;
}

export interface SizedPlace {
  readonly engine: Engine;
  readonly database: string;
  readonly index: LabelIndex;
  readonly ledger: Pick<BucketLedger, 'forgetBefore'>;
  /** Other processes write too: they would not learn that a span became shorter, so spans stay as they are. */
  readonly shared?: boolean;
  /** Runs work while no insert runs. */
  readonly withoutInserts: <T>(work: () => Promise<T>) => Promise<T>;
}

interface Partition {
  readonly table: string;
  /** As `ALTER TABLE … DROP PARTITION` takes it. */
  readonly id: string;
  readonly bytes: number;
  readonly fromMs: number;
  readonly toMs: number;
}

const dayMs = 86_400_000;

/** Tables whose partitions are times, and the time that each name stands for. Tables that are not there are passed over. */
const partitionSpans: Readonly<Record<string, (name: string) => readonly [fromMs: number, toMs: number]>> = {
  samples: (name) => [Number(name) * bucketMs, (Number(name) + 1) * bucketMs],
  sealed: day,
  exemplars: day,
  otel_traces: day,
  otel_logs: day,
};

function day(name: string): readonly [number, number] {
  const fromMs = Date.parse(`${name.replaceAll("'", '')}T00:00:00Z`);
  return [fromMs, fromMs + dayMs];
}

/** Samples of the running bucket and of the one before are never dropped, whatever they take. */
const keptMs = bucketMs;

/**
 * Drops the oldest partitions of all tables that are parted by time until the store takes no more than `maxBytes` on disk;
 * what is newer than two hours stays in any case. Whole partitions go, so nothing is rewritten, and room is free at once.
 * Series that have nothing left disappear from labels. Nothing may be sealed meanwhile.
 */
export async function dropOldest(place: SizedPlace, maxBytes: number, nowMs: number): Promise<StoreSize> {
  const { engine, database } = place;
  const { bytes: before, partitions } = await sizes(engine, database);
  const candidates = partitions.filter(({ toMs }) => toMs <= nowMs - keptMs).sort((a, b) => a.toMs - b.toMs);
  let bytes = before;
  let [droppedBytes, droppedPartitions, samplesWent] = [0, 0, false];
  for (const { table, id, bytes: size } of candidates) {
    if (bytes <= maxBytes) break;
    await engine.command(`ALTER TABLE ${altered(engine, database, table)} DROP PARTITION ID ${quote(id)}`);
    bytes -= size;
    droppedBytes += size;
    droppedPartitions++;
    samplesWent ||= table === 'samples' || table === 'sealed';
  }
  if (!samplesWent) return { bytes, droppedBytes, droppedPartitions, droppedBeforeMs: undefined };
  const droppedBeforeMs = await place.withoutInserts(async () => {
    const left = (await sizes(engine, database)).partitions.filter(
      ({ table }) => table === 'samples' || table === 'sealed',
    );
    const oldest = Math.floor(Math.min(nowMs, ...left.map(({ fromMs }) => fromMs)) / bucketMs);
    await forgetBefore(place, oldest);
    return oldest * bucketMs;
  });
  return { bytes, droppedBytes, droppedPartitions, droppedBeforeMs };
}

async function sizes(engine: Engine, database: string): Promise<{ bytes: number; partitions: Partition[] }> {
  const rows = await engine.rows<{ table: string; id: string; name: string; bytes: string }>(
    'SELECT table, partition_id AS id, any(partition) AS name, toString(sum(bytes_on_disk)) AS bytes ' +
      `FROM ${ofEachShard(engine, 'parts')} WHERE active AND database = ${quote(database)} GROUP BY table, partition_id`,
  );
  const partitions: Partition[] = [];
  let bytes = 0;
  const tables = new Map(
    Object.keys(partitionSpans).map((name) => [engine.cluster === undefined ? name : localName(name), name]),
  );
  for (const row of rows) {
    const size = Number(row.bytes);
    bytes += size;
    const table = tables.get(row.table);
    if (table === undefined) continue;
    const [fromMs, toMs] = partitionSpans[table]?.(row.name) ?? [Number.NaN, Number.NaN];
    if (Number.isFinite(toMs)) partitions.push({ table, id: row.id, bytes: size, fromMs, toMs });
  }
  return { bytes, partitions };
}

/** Spans of series follow: in the store, then in memory. */
async function forgetBefore({ engine, database, index, ledger, shared }: SizedPlace, oldest: number): Promise<void> {
  if (shared === true) return;
  const spans = `${database}.series_span`;
  const change = (sql: string) => runMutation(engine, database, 'series_span', `${sql} SETTINGS mutations_sync = 0`);
  await change(`ALTER TABLE ${spans} DELETE WHERE last_b < ${oldest}`);
  await change(`ALTER TABLE ${spans} UPDATE first_b = ${oldest} WHERE first_b < ${oldest}`);
  for (let at = 0; at < index.size; at++) {
    if (index.isNew(at) || index.firstBucket(at) >= oldest) continue;
    const last = index.lastBucket(at);
    index.narrow(at, last < oldest ? undefined : { first: oldest, last });
  }
  ledger.forgetBefore(oldest);
}
