import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { measureLatency } from './latency.ts';
import { loadMissing } from './load.ts';
import { type Options, parseOptions, usage } from './options.ts';
import { latencyTable } from './report.ts';
import { missingServers, type RunningServer, settle, startServer } from './servers.ts';

/** The figures of PromQL beside Prometheus and VictoriaMetrics. Returns what is to be kept, or undefined. */
export async function promql(args: readonly string[] = []): Promise<object | undefined> {
  if (args.includes('--help')) {
    console.log(usage);
    return undefined;
  }
  const options = parseOptions(args);
  const missing = missingServers(options.servers);
  if (missing.length > 0) {
    throw new Error(`${missing.join('\n')}\nInstall what is missing, or leave it out: --servers binnacle`);
  }
  const { dataset, figures, folderOf } = await loadMissing(options);
  if (options.loadOnly) return undefined;
  const work = mkdtempSync(join(tmpdir(), 'binnacle-bench-promql-'));
  const servers: RunningServer[] = [];
  try {
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
  dataset: Parameters<typeof measureLatency>[1],
  servers: readonly RunningServer[],
  before: object,
): Promise<object | undefined> {
  const measuredAt = new Date().toISOString();
  const results: Record<string, unknown> = { ...before };
  console.log(`${dataset.series} series, ${dataset.samples.toLocaleString('en')} samples`);
  if (options.parts.includes('latency')) {
    const latency = await measureLatency(options, dataset, servers);
    console.log(`\nms until the body is read: median (min) of ${options.rounds * options.repeats}`);
    console.log(latencyTable(latency));
    results.latency = { measuredAt, figures: latency };
  }
  return options.scale === 1 ? results : undefined;
}
