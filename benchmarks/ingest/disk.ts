import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { openEmbeddedEngine } from '@binnacle/db/telemetry/engine/embedded-engine.ts';
import { openTelemetryStore } from '@binnacle/db/telemetry/store.ts';
import { expectOk, get, post } from '../promql/http.ts';
import { loadMissing, storeFolder } from '../promql/load.ts';
import { parseOptions as parsePromqlOptions, type ServerName } from '../promql/options.ts';
import { table } from '../promql/report.ts';
import { settle, startServer, temporaryFolder } from '../promql/servers.ts';
import type { Options } from './options.ts';

export interface DiskFigures {
  /** `binnacle` is sealed, as all samples older than two hours are; `binnacle-rows` is what the newest two hours take. */
  readonly server: ServerName | 'binnacle-rows';
  readonly samples: number;
  /** After merges, without logs of writes, spools and caches; labels and indexes included. */
  readonly bytes: number;
  readonly bytesPerSample: number;
  /** The whole data directory as `du` sees it when the server has ended. */
  readonly directoryBytes: number;
  readonly directoryBytesPerSample: number;
}

/** The dataset of the PromQL benchmark (20,000 series, 6 h at 15 s), loaded by remote write, and merged by each server's means. */
export async function measureDisk(options: Options): Promise<DiskFigures[]> {
  const loadArguments = ['--data', options.dataDir, '--servers', options.servers.join(',')];
  if (options.scale < 1) loadArguments.push('--scale', String(options.scale));
  const { dataset, folderOf } = await loadMissing(parsePromqlOptions(loadArguments));
  const { samples } = dataset;
  const work = temporaryFolder();
  const figures: DiskFigures[] = [];
  for (const name of options.servers) {
    const folder = join(work, name);
    execFileSync('cp', ['-a', folderOf(name), folder]);
    const measured = await measures[name](folder, samples);
    for (const [server, { bytes, directoryBytes }] of Object.entries(measured)) {
      const one: DiskFigures = {
        server: server as DiskFigures['server'],
        samples,
        bytes,
        bytesPerSample: perSample(bytes, samples),
        directoryBytes,
        directoryBytesPerSample: perSample(directoryBytes, samples),
      };
      figures.push(one);
      console.log(
        `${server.padEnd(17)} ${one.bytesPerSample} bytes a sample, the directory ${one.directoryBytesPerSample}`,
      );
    }
    rmSync(folder, { recursive: true, force: true });
  }
  return figures;
}

interface Measured {
  readonly bytes: number;
  readonly directoryBytes: number;
}

const measures: Record<
  ServerName,
  (folder: string, samples: number) => Promise<Partial<Record<DiskFigures['server'], Measured>>>
> = {
  binnacle: async (folder, samples) => {
    const dataDir = storeFolder(folder);
    // The kept data are sealed already where the promql benchmark had them so: rows are made of them again.
    const rows = await rowsOf(dataDir, samples);
    const store = await openTelemetryStore({ dataDir }, { retentionDays: 3650, sealAfterSeconds: 0 });
    await store.seal();
    await store.close();
    return { binnacle: await mergedStore(dataDir, ['sealed'], samples), 'binnacle-rows': rows };
  },
  prometheus: async (folder) => {
    let server = await startServer('prometheus', folder, { prometheusFlags: ['--web.enable-admin-api'] });
    // A snapshot holds the head, too, as a block: what its own compaction would make of it hours later.
    const answer = expectOk(
      await post(`${server.url}/api/v1/admin/tsdb/snapshot`, Buffer.alloc(0), {}),
      'snapshot of Prometheus',
    );
    const { data } = JSON.parse(answer.body.toString()) as { data: { name: string } };
    await server.stop();
    const snapshots = join(folder, 'data/snapshots');
    const again = join(folder, 'again');
    cpSync(join(snapshots, data.name), join(again, 'data'), { recursive: true });
    rmSync(snapshots, { recursive: true });
    const directoryBytes = diskUsage(join(folder, 'data'));
    // Blocks are compacted into larger ones once a minute.
    server = await startServer('prometheus', again);
    await delay(70_000);
    await settle(server);
    await server.stop();
    const blocks = readdirSync(join(again, 'data')).filter((name) => /^[0-9A-Z]{26}$/.test(name));
    return {
      prometheus: {
        bytes: blocks.reduce((sum, block) => sum + diskUsage(join(again, 'data', block)), 0),
        directoryBytes,
      },
    };
  },
  'victoria-metrics': async (folder) => {
    const server = await startServer('victoria-metrics', folder);
    for (const path of ['/internal/force_flush', '/internal/force_merge']) {
      expectOk(await get(`${server.url}${path}`), path);
    }
    await delay(2000);
    await settle(server);
    await server.stop();
    const data = join(folder, 'data');
    return {
      'victoria-metrics': {
        bytes: ['data', 'indexdb'].reduce((sum, name) => sum + diskUsage(join(data, name)), 0),
        directoryBytes: diskUsage(data),
      },
    };
  },
};

/** All samples as rows: those that are sealed are taken apart again. */
async function rowsOf(dataDir: string, samples: number): Promise<Measured> {
  const copy = join(dataDir, '..', 'rows');
  execFileSync('cp', ['-a', dataDir, copy]);
  const engine = await openEmbeddedEngine(copy, 1, engineLimits);
  try {
    await engine.command(
      'INSERT INTO binnacle.samples SELECT b, series, fromUnixTimestamp64Milli(toInt64(b) * 7200000 + time), value ' +
        'FROM binnacle.sealed ARRAY JOIN times AS time, vals AS value SETTINGS max_partitions_per_insert_block = 0',
    );
    await engine.command('TRUNCATE TABLE binnacle.sealed');
  } finally {
    await engine.close();
  }
  const measured = await mergedStore(copy, ['samples'], samples);
  rmSync(copy, { recursive: true });
  return measured;
}

const engineLimits = { maxExecutionSeconds: 300, maxMemoryBytes: 4e9 };

/** Merges the tables to one part a partition and counts the parts that live, labels and spans included. */
async function mergedStore(dataDir: string, tables: readonly string[], samples: number): Promise<Measured> {
  const merging = await openEmbeddedEngine(dataDir, 1, engineLimits);
  try {
    for (const name of ['samples', 'sealed', 'sealing', 'series', 'series_span']) {
      // What was merged away stays for eight minutes, in case the machine dies: they are not waited for.
      await merging.command(
        `ALTER TABLE binnacle.${name} MODIFY SETTING old_parts_lifetime = 1, cleanup_delay_period = 1, max_cleanup_delay_period = 1`,
      );
      if (!name.startsWith('seal') || tables.includes(name))
        await merging.command(`OPTIMIZE TABLE binnacle.${name} FINAL`);
    }
  } finally {
    await merging.close();
  }
  const engine = await openEmbeddedEngine(dataDir, 1, engineLimits);
  try {
    for (let looks = 0; looks < 20; looks++) {
      const [old] = await engine.rows<{ parts: string }>(
        "SELECT toString(count()) AS parts FROM system.parts WHERE NOT active AND database = 'binnacle'",
      );
      if (old?.parts === '0') break;
      await delay(1000);
    }
    const [count] = await engine.rows<{ stored: string }>(
      'SELECT toString((SELECT count() FROM binnacle.samples) + (SELECT sum(length(times)) FROM binnacle.sealed)) AS stored',
    );
    // The gateway has stored a little of its own as well; it counts against us.
    if (!(Number(count?.stored) >= samples)) throw new Error(`the store has ${count?.stored} of ${samples} samples`);
    const [row] = await engine.rows<{ bytes: string }>(
      "SELECT toString(sum(bytes_on_disk)) AS bytes FROM system.parts WHERE active AND database = 'binnacle'",
    );
    return { bytes: Number(row?.bytes), directoryBytes: diskUsage(dataDir) };
  } finally {
    await engine.close();
  }
}

const diskUsage = (folder: string) =>
  existsSync(folder)
    ? Number(execFileSync('du', ['-sk', folder], { encoding: 'utf8' }).split('\t')[0]) * 1024
    : Number.NaN;

const perSample = (bytes: number, samples: number) => Number((bytes / samples).toFixed(3));

export function diskTable(figures: readonly DiskFigures[]): string {
  return table([
    ['bytes a sample', 'merged', 'directory'],
    ...figures.map((one) => [one.server, one.bytesPerSample, one.directoryBytesPerSample]),
  ]);
}
