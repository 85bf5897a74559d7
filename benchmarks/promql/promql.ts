import { execFileSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { allSeriesTable, measureAllSeries } from './all-series.ts';
import { besideTable, measureBeside } from './beside.ts';
import type { Dataset } from './dataset.ts';
import { measureEngine } from './engine.ts';
import { ingestTable, measureIngest } from './ingest.ts';
import { measureLatency } from './latency.ts';
import { loadMissing, storeFolder } from './load.ts';
import { type Options, parseOptions, usage } from './options.ts';
import { latencyTable } from './report.ts';
import { missingServers, type RunningServer, settle, startServer, temporaryFolder } from './servers.ts';

/** The figures of PromQL beside Prometheus and VictoriaMetrics. Returns what is to be kept, or undefined. */
export async function promql(args: readonly string[] = []): Promise<object | undefined> {
  if (args.includes('--help')) {
    console.log(usage);
    return undefined;
  }
  const given = parseOptions(args);
  const options: Options = given.engine ? { ...given, servers: ['binnacle'] } : given;
  const missing = missingServers(options.servers);
  if (missing.length > 0) {
    throw new Error(`${missing.join('\n')}\nInstall what is missing, or leave it out: --servers binnacle`);
  }
  const { dataset, figures, folderOf } = await loadMissing(options);
  if (options.loadOnly) return undefined;
  const work = temporaryFolder();
  const servers: RunningServer[] = [];
  try {
    if (options.engine) {
      execFileSync('cp', ['-a', folderOf('binnacle'), join(work, 'binnacle')]);
      await measureEngine(options, dataset, storeFolder(join(work, 'binnacle')));
      return undefined;
    }
    for (const name of options.servers) {
      // with owners: the embedded Postgres runs as a user of its own where this is root
      execFileSync('cp', ['-a', folderOf(name), join(work, name)]);
      servers.push(await startServer(name, join(work, name)));
    }
    for (const server of servers) await settle(server);
    return await measure(options, dataset, servers, { load: figures });
  } finally {
    for (const server of servers) await server.stop();
    rmSync(work, { recursive: true, force: true });
  }
}

async function measure(
  options: Options,
  dataset: Dataset,
  servers: readonly RunningServer[],
  before: object,
): Promise<object | undefined> {
  const measuredAt = new Date().toISOString();
  const results: Record<string, unknown> = { ...before };
  console.log(`${dataset.series} series, ${dataset.samples.toLocaleString('en')} samples`);
  // First: what it takes of memory counts from a server that has just started.
  if (options.parts.includes('all-series')) {
    const allSeries = await measureAllSeries(options, dataset, servers);
    console.log(`\n${allSeriesTable(allSeries)}`);
    results.allSeries = { measuredAt, figures: allSeries };
  }
  if (options.parts.includes('latency')) {
    const latency = await measureLatency(options, dataset, servers);
    console.log(`\nms until the body is read: median (min) of ${options.rounds * options.repeats}`);
    console.log(latencyTable(latency));
    results.latency = { measuredAt, figures: latency };
  }
  if (options.parts.includes('beside')) {
    const beside = await measureBeside(options, dataset, servers);
    console.log(`\n${besideTable(beside)}`);
    results.beside = { measuredAt, figures: beside };
  }
  // Last: it adds to what the servers hold.
  if (options.parts.includes('ingest')) {
    const ingest = await measureIngest(options, dataset, servers);
    console.log(`\n${ingestTable(ingest)}`);
    results.ingest = { measuredAt, figures: ingest };
  }
  return options.scale === 1 ? results : undefined;
}
