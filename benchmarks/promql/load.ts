import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { openTelemetryStore } from '@binnacle/db/telemetry/store.ts';
import { encodeWriteRequest, writeRequestHeaders } from '../../apps/collector/src/wire/remote-write-encode.ts';
import { root } from '../binnacle.ts';
import { Dataset, datasetVersion } from './dataset.ts';
import { expectOk, post } from './http.ts';
import type { Options, ServerName } from './options.ts';
import { type RunningServer, settle, startServer } from './servers.ts';

export interface LoadFigures {
  readonly loadedAt: string;
  readonly samples: number;
  /** Seconds that the server took for the requests of the whole data, 8 at a time, without making them. */
  readonly doorSeconds: number;
  readonly samplesPerSecond: number;
  /** Seconds from the last request until merges and compactions were done. */
  readonly settleSeconds: number;
  readonly bytesOnDisk: number;
  readonly bytesPerSample: number;
  /** What made the tables: data in tables of another schema are loaded anew. Empty for the others. */
  readonly schema: string;
}

export interface Loaded {
  readonly dataset: Dataset;
  readonly figures: Readonly<Partial<Record<ServerName, LoadFigures>>>;
  /** A folder with the server's data, as they were when it had settled. Start servers on copies of it. */
  folderOf(name: ServerName): string;
}

/**
 * Loads what the cache lacks: every server gets the same samples by remote write, settles, stops, and its folder is kept.
 * A loaded folder is never written again.
 */
export async function loadMissing(options: Options): Promise<Loaded> {
  const folder = join(options.dataDir, `promql-v${datasetVersion}-scale-${options.scale}`);
  mkdirSync(folder, { recursive: true });
  const datasetFile = join(folder, 'dataset.json');
  if (!existsSync(datasetFile)) {
    // Twenty minutes past an even hour at or before now: where blocks and buckets begin is the same in every run.
    const twoHoursMs = 7_200_000;
    const pastMs = 4_800_000;
    const endMs = Math.floor((Date.now() - pastMs) / twoHoursMs) * twoHoursMs + pastMs;
    writeFileSync(datasetFile, JSON.stringify({ endMs }));
  }
  const { endMs } = JSON.parse(readFileSync(datasetFile, 'utf8')) as { endMs: number };
  const dataset = new Dataset(options.scale, endMs);
  const folderOf = (name: ServerName) => join(folder, name);
  const figures: Partial<Record<ServerName, LoadFigures>> = {};
  for (const name of options.servers) {
    const marker = join(folder, `${name}.loaded.json`);
    if (options.reload.includes(name)) rmSync(marker, { force: true });
    const known = existsSync(marker) ? (JSON.parse(readFileSync(marker, 'utf8')) as LoadFigures) : undefined;
    if (known?.schema !== schemaOf(name)) {
      rmSync(folderOf(name), { recursive: true, force: true });
      console.log(`loading ${dataset.samples.toLocaleString('en')} samples into ${name} …`);
      const loaded = await load(name, folderOf(name), dataset);
      writeFileSync(marker, JSON.stringify(loaded));
      console.log(
        `  ${loaded.doorSeconds} s at its door (${loaded.samplesPerSecond.toLocaleString('en')}/s), settled after ${loaded.settleSeconds} s, ${loaded.bytesPerSample} bytes per sample`,
      );
    }
    figures[name] = JSON.parse(readFileSync(marker, 'utf8')) as LoadFigures;
  }
  return { dataset, figures, folderOf };
}

async function load(name: ServerName, dataDir: string, dataset: Dataset): Promise<LoadFigures> {
  const server = await startServer(name, dataDir);
  try {
    let doorMs = 0;
    for (const batches of dataset.slabs()) {
      const bodies = batches.map((batch) => encodeWriteRequest(batch));
      const began = performance.now();
      await sendAll(server, bodies);
      doorMs += performance.now() - began;
    }
    const settling = performance.now();
    await settle(server);
    const settleSeconds = Math.round((performance.now() - settling) / 1000);
    await server.stop();
    const bytesOnDisk = await bytesOf(name, dataDir);
    return {
      loadedAt: new Date().toISOString(),
      samples: dataset.samples,
      doorSeconds: Number((doorMs / 1000).toFixed(1)),
      samplesPerSecond: Math.round(dataset.samples / (doorMs / 1000)),
      settleSeconds,
      bytesOnDisk,
      bytesPerSample: Number((bytesOnDisk / dataset.samples).toFixed(2)),
      schema: schemaOf(name),
    };
  } finally {
    await server.stop();
  }
}

/**
 * Everything in the folder; of ours the store's live parts, since merged ones stay for some minutes and Postgres is there. All
 * buckets are over, so ours is sealed before, as a gateway would have done ten minutes later.
 */
async function bytesOf(name: ServerName, dataDir: string): Promise<number> {
  if (name !== 'binnacle')
    return Number(execFileSync('du', ['-sk', dataDir], { encoding: 'utf8' }).split('\t')[0]) * 1024;
  const store = await openTelemetryStore(
    { dataDir: storeFolder(dataDir) },
    { retentionDays: 3650, sealAfterSeconds: 0 },
  );
  try {
    await store.seal();
    for (let parts = -1, looks = 0; looks < 12 && parts !== (await store.stats()).parts; looks++) {
      ({ parts } = await store.stats());
      await delay(5000);
    }
    return (await store.stats()).bytesOnDisk;
  } finally {
    await store.close();
  }
}

/** A fingerprint of the modules that make our tables. */
function schemaOf(name: ServerName): string {
  if (name !== 'binnacle') return '';
  const folder = join(root, 'packages/db/src/telemetry/schema');
  const hash = createHash('sha1');
  for (const file of readdirSync(folder).sort())
    if (!file.endsWith('.test.ts')) hash.update(readFileSync(join(folder, file)));
  return hash.digest('hex').slice(0, 12);
}

/** Where a gateway with this data directory keeps its samples. */
export const storeFolder = (dataDir: string) => join(dataDir, 'telemetry');

const requestsAtOnce = 8;

async function sendAll(server: RunningServer, bodies: readonly Uint8Array[]): Promise<void> {
  let next = 0;
  const sender = async () => {
    for (;;) {
      const body = bodies[next++];
      if (body === undefined) return;
      const answer = await post(`${server.url}/api/v1/write`, body, writeRequestHeaders);
      expectOk(answer, `${server.name} refused samples`);
    }
  };
  await Promise.all(Array.from({ length: requestsAtOnce }, sender));
}
