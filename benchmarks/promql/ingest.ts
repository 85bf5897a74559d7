import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Dataset } from './dataset.ts';
import { expectOk, get } from './http.ts';
import type { SenderReport } from './ingest-sender.ts';
import { type Question, questions } from './latency.ts';
import type { Options, ServerName } from './options.ts';
import { table } from './report.ts';
import { ownChild, type RunningServer, settle } from './servers.ts';
import { type Summary, summary } from './statistics.ts';

export interface IngestFigures {
  readonly server: ServerName;
  readonly samplesPerSecondAsked: number;
  /** What the server acknowledged while it was asked. */
  readonly meanwhile: SenderReport;
  readonly queries: readonly {
    readonly query: string;
    readonly window: string;
    readonly quietMs: Summary;
    readonly ingestingMs: Summary;
    /** Of the medians. */
    readonly ratio: number;
  }[];
}

const samplesPerSecond = 100_000;
const warmUpMs = 10_000;
const settleMs = 60_000;

/** a to g at each server alone: quiet, then while another process sends it 100,000 new samples a second. */
export async function measureIngest(
  options: Options,
  dataset: Dataset,
  servers: readonly RunningServer[],
): Promise<IngestFigures[]> {
  const asked = questions(options, dataset);
  const figures: IngestFigures[] = [];
  for (const server of servers) {
    await askAll(server, asked, 1);
    const quiet = await askAll(server, asked, options.rounds * options.repeats);
    const sender = ownChild(
      fork(fileURLToPath(new URL('./ingest-sender.ts', import.meta.url)), [server.url, String(samplesPerSecond)]),
    );
    await once(sender, 'message');
    await delay(warmUpMs);
    await report(sender);
    const busy = await askAll(server, asked, options.rounds * options.repeats);
    const meanwhile = await report(sender);
    sender.disconnect();
    figures.push({
      server: server.name,
      samplesPerSecondAsked: samplesPerSecond,
      meanwhile,
      queries: asked.map(({ query, window }, i) => {
        const quietMs = summary(quiet[i] ?? []);
        const ingestingMs = summary(busy[i] ?? []);
        const ratio = Number((ingestingMs.median / quietMs.median).toFixed(2));
        return { query: query.letter, window: window.name, quietMs, ingestingMs, ratio };
      }),
    });
    // What it still has to merge must not slow down the next server.
    if (server !== servers.at(-1)) await settle(server, settleMs);
  }
  return figures;
}

async function askAll(server: RunningServer, asked: readonly Question[], times: number): Promise<number[][]> {
  const ms: number[][] = asked.map(() => []);
  for (let time = 0; time < times; time++) {
    for (const [i, { query, path }] of asked.entries())
      ms[i]?.push(expectOk(await get(server.ask(path)), `${server.name}, query ${query.letter}`).ms);
  }
  return ms;
}

async function report(sender: ChildProcess): Promise<SenderReport> {
  sender.send('report');
  const [message] = (await once(sender, 'message')) as [SenderReport];
  return message;
}

export function ingestTable(figures: readonly IngestFigures[]): string {
  const first = figures[0]?.queries ?? [];
  const rows = first.map(({ query, window }, i) => [
    `${query} ${window}`,
    ...figures.map(({ queries }) => {
      const one = queries[i];
      return one === undefined ? '–' : `${one.quietMs.median} → ${one.ingestingMs.median} (${one.ratio})`;
    }),
  ]);
  const rate = figures.map(({ meanwhile }) => `${Math.round(meanwhile.stored / meanwhile.seconds / 1000)} k/s`);
  const slowest = figures.map(({ meanwhile }) => `${Math.round(meanwhile.slowestMs)} ms`);
  const senderCpu = figures.map(({ meanwhile }) => `${Math.round((meanwhile.cpuSeconds / meanwhile.seconds) * 100)} %`);
  return table([
    ['quiet → ingesting ms (ratio)', ...figures.map(({ server }) => server)],
    ...rows,
    ['samples stored meanwhile', ...rate],
    ['slowest write', ...slowest],
    ['the sender, of a core', ...senderCpu],
  ]);
}
