import { LabelSet } from '@binnacle/shared/telemetry/labels.ts';
import type { Engine } from '../engine/engine.ts';
import { readBlocks } from '../engine/read-blocks.ts';
import type { NativeColumnView } from '../native/native-reader.ts';
import { LabelIndex } from './label-index.ts';
import { loadSeriesIds } from './series-id.ts';

/**
 * Reads the series that may still have samples into memory. Series whose last bucket lies before `oldestBucket` are past
 * the retention: they stay out, and would get their stored id again if they came back.
 */
export async function loadLabelIndex(engine: Engine, database: string, oldestBucket: number): Promise<LabelIndex> {
  const index = new LabelIndex(await loadSeriesIds());
  const spans = new Map<bigint, readonly [first: number, last: number]>();
  const spanSql = `SELECT series, toUInt32(min(first_b)) AS first, toUInt32(max(last_b)) AS last FROM ${database}.series_span GROUP BY series HAVING last >= ${oldestBucket}`;
  for await (const { rows, columns } of readBlocks(engine, spanSql, { heavy: true })) {
    const [ids, first, last] = columns.map((column) => viewOf(column.bytes)) as [DataView, DataView, DataView];
    for (let row = 0; row < rows; row++) {
      spans.set(ids.getBigUint64(row * 8, true), [first.getUint32(row * 4, true), last.getUint32(row * 4, true)]);
    }
  }
  const seriesSql = `SELECT id, CAST(mapKeys(labels), 'Array(String)') AS names, mapValues(labels) AS vals FROM ${database}.series WHERE id IN (SELECT series FROM ${database}.series_span GROUP BY series HAVING max(last_b) >= ${oldestBucket})`;
  for await (const { rows, columns } of readBlocks(engine, seriesSql, { heavy: true })) {
    const [ids, names, values] = columns as [NativeColumnView, NativeColumnView, NativeColumnView];
    const idView = viewOf(ids.bytes);
    for (let row = 0; row < rows; row++) {
      const id = idView.getBigUint64(row * 8, true);
      const span = spans.get(id);
      if (span === undefined) continue;
      const pairs: string[] = [];
      names.lists?.[row]?.forEach((name, i) => {
        pairs.push(name, values.lists?.[row]?.[i] as string);
      });
      index.restore(id, new LabelSet(pairs), span[0], span[1]);
    }
  }
  return index;
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** Below this many there is nothing to gain from rewriting the table. */
const worthDeleting = 10_000;

/**
 * Deletes the labels of series that have been past the retention, once there are many, and returns how many those were.
 * Only while the store opens: a series is stored before its span, and would be taken for forgotten in between.
 */
export async function deleteForgottenSeries(engine: Engine, database: string, oldestBucket: number): Promise<number> {
  const living = `SELECT series FROM ${database}.series_span WHERE last_b >= ${oldestBucket}`;
  const [row] = await engine.rows<{ n: string }>(
    `SELECT toString(count()) AS n FROM ${database}.series WHERE id NOT IN (${living})`,
  );
  const forgotten = Number(row?.n ?? 0);
  if (forgotten < worthDeleting) return 0;
  await engine.command(`ALTER TABLE ${database}.series DELETE WHERE id NOT IN (${living}) SETTINGS mutations_sync = 1`);
  return forgotten;
}
