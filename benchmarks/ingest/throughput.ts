import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { writeRequestHeaders } from '../../apps/collector/src/wire/remote-write-encode.ts';
import { OtherWork } from '../promql/busy.ts';
import type { ServerName } from '../promql/options.ts';
import { ratio, table } from '../promql/report.ts';
import { startServer, temporaryFolder } from '../promql/servers.ts';
import { type Summary, summary } from '../promql/statistics.ts';
import { cpuSeconds } from './cpu.ts';
import type { Options } from './options.ts';
import { preparePayload } from './payload.ts';
import { send } from './send.ts';

export interface ThroughputRound {
  readonly server: ServerName;
  readonly samplesPerSecond: number;
  /** CPU seconds of the server per million samples, until the last answer and until it has nothing left to merge. */
  readonly cpuPerMillion: number;
  readonly cpuPerMillionSettled: number;
  readonly senderCpuPerMillion: number;
  readonly statuses: Readonly<Record<string, number>>;
  /** Of all cores, taken by what is neither the server nor the sender: 0 to 1. */
  readonly busyElsewhere: number;
}

export interface ThroughputFigures {
  readonly server: ServerName;
  readonly samplesPerSecond: Summary;
  readonly cpuPerMillion: Summary;
  readonly cpuPerMillionSettled: Summary;
  readonly rounds: readonly ThroughputRound[];
}

/** Everything in as fast as it is acknowledged, every round into an empty directory, the servers in turn. */
export async function measureThroughput(options: Options): Promise<ThroughputFigures[]> {
  const scrapes = Math.max(20, Math.round((400 * options.scale) / 20) * 20);
  const payload = preparePayload(options.dataDir, { scrapes, senders: options.connections });
  const rounds: ThroughputRound[] = [];
  for (let round = 0; round < options.rounds; round++) {
    for (const name of options.servers) {
      const folder = temporaryFolder();
      const server = await startServer(name, join(folder, name), { profileDir: options.profileDir });
      try {
        const otherWork = new OtherWork();
        let cpuBefore = 0;
        const report = await send(
          { url: server.url, path: '/api/v1/write', headers: writeRequestHeaders, bodies: payload.path },
          () => {
            cpuBefore = cpuSeconds(server.pid);
          },
        );
        otherWork.addEnded(report.cpuSeconds);
        const cpuAnswered = cpuSeconds(server.pid) - cpuBefore;
        const busyElsewhere = otherWork.share();
        await untilQuiet(server.pid);
        const cpuSettled = cpuSeconds(server.pid) - cpuBefore;
        const millions = report.acknowledged / 1e6;
        const one: ThroughputRound = {
          server: name,
          samplesPerSecond: Math.round(report.acknowledged / report.seconds),
          cpuPerMillion: rounded(cpuAnswered / millions),
          cpuPerMillionSettled: rounded(cpuSettled / millions),
          senderCpuPerMillion: rounded(report.cpuSeconds / millions),
          statuses: report.statuses,
          busyElsewhere,
        };
        rounds.push(one);
        console.log(
          `${name.padEnd(17)} ${one.samplesPerSecond.toLocaleString('en').padStart(9)}/s  CPU s/M ${one.cpuPerMillion} (settled ${one.cpuPerMillionSettled}, sender ${one.senderCpuPerMillion}) ${JSON.stringify(report.statuses)} elsewhere ${busyElsewhere}${report.complaint === undefined ? '' : ` ${report.complaint}`}`,
        );
      } finally {
        await server.stop();
        rmSync(folder, { recursive: true, force: true });
      }
    }
  }
  return options.servers.map((server) => {
    const own = rounds.filter((one) => one.server === server);
    return {
      server,
      samplesPerSecond: summary(own.map((one) => one.samplesPerSecond)),
      cpuPerMillion: summary(own.map((one) => one.cpuPerMillion)),
      cpuPerMillionSettled: summary(own.map((one) => one.cpuPerMillionSettled)),
      rounds: own,
    };
  });
}

/** Until a server takes less than a twentieth of a core for two seconds: no merges, no flushes. At most half a minute. */
async function untilQuiet(pid: number): Promise<void> {
  const windowMs = 2000;
  for (let waited = 0, before = cpuSeconds(pid); waited < 30_000; waited += windowMs) {
    await delay(windowMs);
    const now = cpuSeconds(pid);
    if (now - before < (windowMs / 1000) * 0.05) return;
    before = now;
  }
}

const rounded = (value: number) => Number(value.toFixed(3));

export function throughputTable(figures: readonly ThroughputFigures[]): string {
  const ours = figures.find(({ server }) => server === 'binnacle');
  return table([
    ['', 'samples/s', 'Binnacle /', 'CPU s per million', 'until settled', 'Binnacle /'],
    ...figures.map((one) => [
      one.server,
      Math.round(one.samplesPerSecond.median).toLocaleString('en'),
      ratio(ours?.samplesPerSecond.median, one.samplesPerSecond.median),
      one.cpuPerMillion.median,
      one.cpuPerMillionSettled.median,
      ratio(ours?.cpuPerMillionSettled.median, one.cpuPerMillionSettled.median),
    ]),
  ]);
}
