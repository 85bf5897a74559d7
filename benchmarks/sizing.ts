import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { openEmbeddedEngine } from '@binnacle/db/telemetry/engine/embedded-engine.ts';
import type { Engine } from '@binnacle/db/telemetry/engine/engine.ts';
import { LabelIndex } from '@binnacle/db/telemetry/series/label-index.ts';
import { loadSeriesIds } from '@binnacle/db/telemetry/series/series-id.ts';
import { openTelemetryStore } from '@binnacle/db/telemetry/store.ts';
import { Dataset } from './promql/dataset.ts';

/** A quarter of the six hours of the dataset: three buckets are enough for merges to settle. */
const samplesStored = 6_000_000;
/** Times the 20,000 series of the dataset. */
const indexScale = 15;

/**
 * What docs/cluster.md computes with: bytes on disk of a sample as a row, by the codec that an embedded store chooses and by that
 * of a cluster, and bytes of memory that the labels of a series take in each gateway.
 */
export async function sizing() {
  const index = await indexBytes();
  const directory = mkdtempSync(join(tmpdir(), 'binnacle-bench-'));
  try {
    await fill(directory);
    const engine = await openEmbeddedEngine(directory, 1, { maxExecutionSeconds: 300, maxMemoryBytes: 4e9 });
    try {
      await engine.command('OPTIMIZE TABLE binnacle.samples FINAL');
      const bytesPerRow = await bytesOf(engine, 'samples');
      await engine.command('ALTER TABLE binnacle.samples MODIFY COLUMN value Float64 CODEC(ZSTD(1))');
      await engine.command('CREATE TABLE binnacle.of_a_cluster AS binnacle.samples');
      await engine.command('INSERT INTO binnacle.of_a_cluster SELECT * FROM binnacle.samples');
      await engine.command('OPTIMIZE TABLE binnacle.of_a_cluster FINAL');
      return {
        samples: samplesStored,
        bytesPerRow,
        bytesPerRowOfACluster: await bytesOf(engine, 'of_a_cluster'),
        ...index,
      };
    } finally {
      await engine.close();
    }
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

async function fill(dataDir: string): Promise<void> {
  const store = await openTelemetryStore({ dataDir }, { sealAfterSeconds: 604_800 });
  let stored = 0;
  for (const slab of new Dataset(1, Math.floor(Date.now() / 60_000) * 60_000).slabs()) {
    await store.insert(slab);
    stored += slab.reduce((sum, { length }) => sum + length, 0);
    if (stored >= samplesStored) break;
  }
  await store.close();
}

async function bytesOf(engine: Engine, table: string): Promise<number> {
  const [row] = await engine.rows<{ rows: string; bytes: string }>(
    `SELECT toString(sum(rows)) AS rows, toString(sum(bytes_on_disk)) AS bytes FROM system.parts WHERE active AND database = 'binnacle' AND table = '${table}'`,
  );
  if (row === undefined || Number(row.rows) !== samplesStored) throw new Error(`${table} has ${row?.rows} rows`);
  return Number((Number(row.bytes) / samplesStored).toFixed(2));
}

async function indexBytes() {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const index = new LabelIndex(await loadSeriesIds());
  collect();
  const before = process.memoryUsage.rss();
  for (const labels of new Dataset(indexScale, Math.floor(Date.now() / 60_000) * 60_000).labels()) {
    index.extend(index.resolve(labels), 1, 2);
  }
  collect();
  return {
    indexSeries: index.size,
    indexBytesPerSeries: Math.round((process.memoryUsage.rss() - before) / index.size),
  };
}
