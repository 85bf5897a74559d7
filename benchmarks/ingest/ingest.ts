import { missingServers } from '../promql/servers.ts';
import { diskTable, measureDisk } from './disk.ts';
import { idleText, measureIdle } from './idle.ts';
import { latencyTable, measureLatency } from './latency.ts';
import { type Options, type Part, parseOptions, parts, usage } from './options.ts';
import { measureOtlp, otlpTable } from './otlp.ts';
import { measureThroughput, throughputTable } from './throughput.ts';

const measures: Record<Part, (options: Options) => Promise<{ figures: object; text: string }>> = {
  throughput: async (options) => {
    const figures = await measureThroughput(options);
    return { figures, text: throughputTable(figures) };
  },
  otlp: async (options) => {
    const figures = await measureOtlp(options);
    return { figures, text: otlpTable(figures) };
  },
  disk: async (options) => {
    const figures = await measureDisk(options);
    return { figures, text: diskTable(figures) };
  },
  latency: async (options) => {
    const figures = await measureLatency(options);
    return { figures, text: latencyTable(figures) };
  },
  idle: async (options) => {
    const figures = await measureIdle(options);
    return { figures, text: idleText(figures) };
  },
};

/** The figures of taking samples in, beside Prometheus and VictoriaMetrics. Returns what is to be kept, or undefined. */
export async function ingest(args: readonly string[] = []): Promise<object | undefined> {
  if (args.includes('--help')) {
    console.log(usage);
    return undefined;
  }
  const options = parseOptions(args);
  const missing = missingServers(options.servers);
  if (missing.length > 0) {
    throw new Error(`${missing.join('\n')}\nInstall what is missing, or leave it out: --servers binnacle`);
  }
  const results: Record<string, object> = {};
  for (const part of parts) {
    if (!options.parts.includes(part)) continue;
    console.log(`\n${part}`);
    const { figures, text } = await measures[part](options);
    console.log(`\n${text}`);
    results[part] = { measuredAt: new Date().toISOString(), figures };
  }
  return options.scale === 1 && options.profileDir === undefined ? results : undefined;
}
