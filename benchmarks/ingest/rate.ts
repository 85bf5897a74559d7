import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { OtherWork } from '../promql/busy.ts';
import type { ServerName } from '../promql/options.ts';
import { startServer, temporaryFolder } from '../promql/servers.ts';
import { type Summary, summary } from '../promql/statistics.ts';
import { cpuSeconds } from './cpu.ts';
import { forms, type PayloadFile, type PayloadForm } from './payload.ts';
import { send } from './send.ts';

export interface RateRound {
  readonly samplesPerSecond: number;
  /** CPU seconds of the server per million samples, until the last answer and until it has nothing left to merge. */
  readonly cpuPerMillion: number;
  readonly cpuPerMillionSettled: number;
  readonly senderCpuPerMillion: number;
  readonly statuses: Readonly<Record<string, number>>;
  /** Of all cores, taken by what is neither the server nor the sender: 0 to 1. */
  readonly busyElsewhere: number;
}

export interface RateFigures {
  readonly samplesPerSecond: Summary;
  readonly cpuPerMillion: Summary;
  readonly cpuPerMillionSettled: Summary;
  readonly rounds: readonly RateRound[];
}

/** All bodies in as fast as they are acknowledged, into a server on an empty directory. */
export async function measureRate(
  name: ServerName,
  form: PayloadForm,
  payload: PayloadFile,
  profileDir?: string,
): Promise<RateRound> {
  const folder = temporaryFolder();
  const server = await startServer(name, join(folder, name), { profileDir });
  try {
    const otherWork = new OtherWork();
    const { door, headers } = forms[form];
    let cpuBefore = 0;
    const report = await send({ url: server.url, path: door, headers, bodies: payload.path }, () => {
      cpuBefore = cpuSeconds(server.pid);
    });
    otherWork.addEnded(report.cpuSeconds);
    const cpuAnswered = cpuSeconds(server.pid) - cpuBefore;
    const busyElsewhere = otherWork.share();
    await untilQuiet(server.pid);
    const cpuSettled = cpuSeconds(server.pid) - cpuBefore;
    const millions = report.acknowledged / 1e6;
    const round: RateRound = {
      samplesPerSecond: Math.round(report.acknowledged / report.seconds),
      cpuPerMillion: rounded(cpuAnswered / millions),
      cpuPerMillionSettled: rounded(cpuSettled / millions),
      senderCpuPerMillion: rounded(report.cpuSeconds / millions),
      statuses: report.statuses,
      busyElsewhere,
    };
    console.log(
      `${`${name} ${form}`.padEnd(30)} ${round.samplesPerSecond.toLocaleString('en').padStart(9)}/s  CPU s/M ${round.cpuPerMillion} (settled ${round.cpuPerMillionSettled}, sender ${round.senderCpuPerMillion}) ${JSON.stringify(report.statuses)} elsewhere ${busyElsewhere}${report.complaint === undefined ? '' : ` ${report.complaint}`}`,
    );
    return round;
  } finally {
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

export function rateFigures(rounds: readonly RateRound[]): RateFigures {
  return {
    samplesPerSecond: summary(rounds.map((one) => one.samplesPerSecond)),
    cpuPerMillion: summary(rounds.map((one) => one.cpuPerMillion)),
    cpuPerMillionSettled: summary(rounds.map((one) => one.cpuPerMillionSettled)),
    rounds,
  };
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
