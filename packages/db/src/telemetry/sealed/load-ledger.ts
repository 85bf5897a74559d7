import { type Engine, quote } from '../engine/engine.ts';
import { BucketLedger } from './bucket-ledger.ts';

/** Finds which buckets have rows in which table. */
export async function loadLedger(engine: Engine, database: string, nowMs: number): Promise<BucketLedger> {
  const open = await engine.rows<{ bucket: string }>(
    `SELECT DISTINCT partition AS bucket FROM system.parts WHERE active AND rows > 0 AND database = ${quote(database)} AND table = 'samples'`,
  );
  return new BucketLedger(
    open.map(({ bucket }) => Number(bucket)),
    await sealedBuckets(engine, database),
    nowMs,
  );
}

/** Samples of each bucket in `sealed`. */
export async function sealedBuckets(engine: Engine, database: string): Promise<Map<number, number>> {
  const rows = await engine.rows<{ b: number; samples: string }>(
    `SELECT b, toString(sum(length(times))) AS samples FROM ${database}.sealed GROUP BY b`,
  );
  return new Map(rows.map(({ b, samples }) => [b, Number(samples)]));
}
