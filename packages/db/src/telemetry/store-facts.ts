import { ofEachShard, storedName } from './cluster/placement.ts';
import { type Engine, quote } from './engine/engine.ts';
import type { BucketLedger } from './sealed/bucket-ledger.ts';
import type { LabelIndex } from './series/label-index.ts';

export interface ClusterSeries {
  readonly name: string;
  readonly series: number;
}

export interface StoreStats {
  /** Series within the retention. */
  readonly series: number;
  /** Samples in the tables, duplicates that are not merged yet included. */
  readonly samples: number;
  /** Parts of all tables. */
  readonly parts: number;
  /** Bytes on disk of all tables. */
  readonly bytesOnDisk: number;
}

export function clusterSeries(index: LabelIndex): ClusterSeries[] {
  const clusters: ClusterSeries[] = [];
  let labelled = 0;
  const living = (at: number) => !index.isNew(at);
  let all = 0;
  for (let at = 0; at < index.size; at++) if (living(at)) all++;
  for (const [name, list] of index.valuesOf('cluster')) {
    const series = list.filter(living).length;
    if (series > 0) clusters.push({ name, series });
    labelled += series;
  }
  if (labelled < all) clusters.push({ name: '', series: all - labelled });
  return clusters.sort((a, b) => (a.name < b.name ? -1 : 1));
}

export async function storageStats(
  engine: Engine,
  database: string,
  index: LabelIndex,
  ledger: BucketLedger,
): Promise<StoreStats> {
  const [row] = await engine.rows<{ samples: string; parts: string; bytes: string }>(
    `SELECT toString(sumIf(rows, table = ${quote(storedName(engine, 'samples'))})) AS samples, toString(count()) AS parts, toString(sum(bytes_on_disk)) AS bytes ` +
      `FROM ${ofEachShard(engine, 'parts')} WHERE active AND database = ${quote(database)}`,
  );
  return {
    series: index.size,
    samples: Number(row?.samples ?? 0) + ledger.sealedSamples,
    parts: Number(row?.parts ?? 0),
    bytesOnDisk: Number(row?.bytes ?? 0),
  };
}
