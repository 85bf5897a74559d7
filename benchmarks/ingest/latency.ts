import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { OtherWork } from '../promql/busy.ts';
import type { ServerName } from '../promql/options.ts';
import { table } from '../promql/report.ts';
import { startServer, temporaryFolder } from '../promql/servers.ts';
import { percentile, type Summary, summary } from '../promql/statistics.ts';
import { cpuSeconds } from './cpu.ts';
import type { Options } from './options.ts';
import { forms, preparePayload } from './payload.ts';
import { send } from './send.ts';

export const offeredPerSecond = 100_000;
/** Not counted: series are new, and code is being compiled. */
const warmUpSeconds = 5;
/** A round is a third of the minute. */
const roundSeconds = 20;

export interface LatencyRound {
  readonly requests: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
}

export interface LatencyFigures {
  readonly server: ServerName;
  readonly offeredPerSecond: number;
  /** Acknowledged, warm-up included. */
  readonly samplesPerSecond: number;
  /** Over all rounds together. */
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
  readonly p99OfRoundsMs: Summary;
  readonly rounds: readonly LatencyRound[];
  /** Longest of the warm-up. */
  readonly warmUpMaxMs: number;
  /** The sender was late by at most so much without a reason at the server. */
  readonly senderLateMs: number;
  readonly serverCpuOfACore: number;
  readonly statuses: Readonly<Record<string, number>>;
  readonly busyElsewhere: number;
}

/**
 * Requests of 2,000 samples by a fixed plan, 100,000 samples a second over 16 connections, one server after the other. The time of
 * a request begins when it was due, also where its connection still waited for the answer before.
 */
export async function measureLatency(options: Options): Promise<LatencyFigures[]> {
  const scrapes = Math.max(20, Math.round((400 * options.scale) / 20) * 20);
  const payload = preparePayload(options.dataDir, { form: 'remote-write', scrapes, senders: options.connections });
  const seconds = Math.min(warmUpSeconds + options.rounds * roundSeconds, payload.samples / offeredPerSecond);
  const figures: LatencyFigures[] = [];
  for (const name of options.servers) {
    const folder = temporaryFolder();
    const server = await startServer(name, join(folder, name), { profileDir: options.profileDir });
    try {
      const otherWork = new OtherWork();
      const { door, headers } = forms['remote-write'];
      let cpuBefore = 0;
      const report = await send(
        {
          url: server.url,
          path: door,
          headers,
          bodies: payload.path,
          samplesPerSecond: offeredPerSecond,
          samples: seconds * offeredPerSecond,
        },
        () => {
          cpuBefore = cpuSeconds(server.pid);
        },
      );
      otherWork.addEnded(report.cpuSeconds);
      const within = (from: number, to: number) =>
        report.latenciesMs.filter((_, i) => {
          const due = (report.duesMs[i] as number) / 1000;
          return due >= from && due < to;
        });
      const counted = within(warmUpSeconds, Number.POSITIVE_INFINITY);
      const count = Math.max(1, Math.round((seconds - warmUpSeconds) / roundSeconds));
      const rounds = Array.from({ length: count }, (_, round): LatencyRound => {
        const from = warmUpSeconds + round * roundSeconds;
        return percentiles(within(from, round === count - 1 ? Number.POSITIVE_INFINITY : from + roundSeconds));
      });
      const { requests: _, ...all } = percentiles(counted);
      const one: LatencyFigures = {
        server: name,
        offeredPerSecond,
        samplesPerSecond: Math.round(report.acknowledged / report.seconds),
        ...all,
        p99OfRoundsMs: summary(rounds.map(({ p99Ms }) => p99Ms)),
        rounds,
        warmUpMaxMs: tenths(Math.max(0, ...within(Number.NEGATIVE_INFINITY, warmUpSeconds))),
        senderLateMs: tenths(report.latestMs),
        serverCpuOfACore: Number(((cpuSeconds(server.pid) - cpuBefore) / report.seconds).toFixed(3)),
        statuses: report.statuses,
        busyElsewhere: otherWork.share(),
      };
      figures.push(one);
      console.log(
        `${name.padEnd(17)} p50 ${one.p50Ms} p99 ${one.p99Ms} max ${one.maxMs} ms at ${one.samplesPerSecond}/s, rounds ${rounds.map(({ p99Ms }) => p99Ms).join(' ')}, warm-up max ${one.warmUpMaxMs}, sender late ${one.senderLateMs} ${JSON.stringify(report.statuses)} elsewhere ${one.busyElsewhere}${report.complaint === undefined ? '' : ` ${report.complaint}`}`,
      );
    } finally {
      await server.stop();
      rmSync(folder, { recursive: true, force: true });
    }
  }
  return figures;
}

const tenths = (ms: number) => Number(ms.toFixed(1));

function percentiles(ms: readonly number[]): LatencyRound {
  return {
    requests: ms.length,
    p50Ms: tenths(percentile(ms, 0.5)),
    p99Ms: tenths(percentile(ms, 0.99)),
    maxMs: tenths(percentile(ms, 1)),
  };
}

export function latencyTable(figures: readonly LatencyFigures[]): string {
  return table([
    ['ms', 'p50', 'p99', 'max', 'p99 of rounds', 'CPU of a core'],
    ...figures.map((one) => [
      one.server,
      one.p50Ms,
      one.p99Ms,
      one.maxMs,
      `${one.p99OfRoundsMs.min} to ${one.p99OfRoundsMs.max}`,
      one.serverCpuOfACore,
    ]),
  ]);
}
