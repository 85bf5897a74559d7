import { execFileSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { allSeriesTable, measureAllSeries } from './all-series.ts';
import { besideTable, measureBeside } from './beside.ts';
import { OtherWork } from './busy.ts';
import { claimsTable, type PromqlResults } from './claims.ts';
import type { Dataset } from './dataset.ts';
import { measureEngine } from './engine.ts';
import { ingestTable, measureIngest } from './ingest.ts';
import { measureLatency } from './latency.ts';
import { loadMissing, storeFolder } from './load.ts';
import { type Options, type Part, parseOptions, parts, usage } from './options.ts';
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
    return await measure({ options, dataset, servers }, figures);
  } finally {
    for (const server of servers) await server.stop();
    rmSync(work, { recursive: true, force: true });
  }
}

/** The parts in their order: what all series take of memory counts from servers just started; ingesting adds to them. */
const measures: Record<Part, (context: Context) => Promise<{ figures: object; text: string }>> = {
  'all-series': async ({ options, dataset, servers }) => {
    const figures = await measureAllSeries(options, dataset, servers);
    return { figures, text: allSeriesTable(figures) };
  },
  latency: async ({ options, dataset, servers }) => {
    const figures = await measureLatency(options, dataset, servers);
    const head = `ms until the body is read: median (min) of ${options.rounds * options.repeats}`;
    return { figures, text: `${head}\n${latencyTable(figures)}` };
  },
  beside: async ({ options, dataset, servers }) => {
    const figures = await measureBeside(options, dataset, servers);
    return { figures, text: besideTable(figures) };
  },
  ingest: async ({ options, dataset, servers, otherWork }) => {
    const figures = await measureIngest(options, dataset, servers);
    for (const { meanwhile } of figures) otherWork.addEnded(meanwhile.cpuSeconds);
    return { figures, text: ingestTable(figures) };
  },
};

interface Context {
  readonly options: Options;
  readonly dataset: Dataset;
  readonly servers: readonly RunningServer[];
  readonly otherWork: OtherWork;
}

async function measure(context: Omit<Context, 'otherWork'>, load: object): Promise<object | undefined> {
  const { options, dataset } = context;
  const results: Record<string, object> = { load };
  console.log(`${dataset.series} series, ${dataset.samples.toLocaleString('en')} samples`);
  for (const part of parts) {
    if (!options.parts.includes(part)) continue;
    const otherWork = new OtherWork();
    const { figures, text } = await measures[part]({ ...context, otherWork });
    const busyElsewhere = otherWork.share();
    console.log(`\n${text}`);
    if (busyElsewhere > 0.1)
      console.log(`Other work took ${Math.round(busyElsewhere * 100)} % of the machine: times are too long.`);
    results[part] = { measuredAt: new Date().toISOString(), busyElsewhere, figures };
  }
  console.log(`\n${claimsTable(results as PromqlResults)}`);
  return options.scale === 1 ? results : undefined;
}
