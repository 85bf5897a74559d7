import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { freePort, spawnCollector, until } from '../binnacle.ts';
import { OtherWork } from '../promql/busy.ts';
import { get } from '../promql/http.ts';
import { ownChild, temporaryFolder } from '../promql/servers.ts';
import { type Summary, summary } from '../promql/statistics.ts';
import { cpuSeconds } from './cpu.ts';
import type { Options } from './options.ts';

const settleSeconds = 30;
const roundSeconds = 20;

export interface IdleRound {
  /** Of the gateway with all that it started. */
  readonly percentOfACore: number;
  /** Of the gateway's own process. */
  readonly gatewayPercent: number;
  readonly busyElsewhere: number;
}

export interface IdleFigures {
  readonly percentOfACore: Summary;
  readonly rounds: readonly IdleRound[];
  /** Over all rounds together. */
  readonly meanPercentOfACore: number;
}

/** CPU of a gateway with its Postgres that nobody sends to and nobody asks: no demo, no sources, doors open. */
export async function measureIdle(options: Options): Promise<IdleFigures> {
  const folder = temporaryFolder();
  const dataDir = join(folder, 'binnacle');
  mkdirSync(dataDir);
  const config = join(dataDir, 'binnacle.yaml');
  writeFileSync(config, 'receivers: { remote-write: {}, otlp: {} }\n');
  const port = await freePort();
  const { profileDir } = options;
  const child = ownChild(
    spawnCollector(['gateway', '--config', config, '--data-dir', dataDir], {
      BINNACLE_GATEWAY_PORT: `${port}`,
      BINNACLE_LOG_LEVEL: 'error',
      UV_THREADPOOL_SIZE: '8',
      ...(profileDir === undefined ? {} : { NODE_OPTIONS: `--cpu-prof --cpu-prof-dir=${profileDir}` }),
    }),
  );
  const pid = child.pid as number;
  try {
    await until(child, async () => (await get(`http://127.0.0.1:${port}/readyz`)).status === 200);
    await delay(settleSeconds * 1000);
    const rounds: IdleRound[] = [];
    for (let round = 0; round < options.rounds; round++) {
      const otherWork = new OtherWork();
      const [all, own, began] = [cpuSeconds(pid), cpuSeconds(pid, false), performance.now()];
      await delay(roundSeconds * 1000);
      const seconds = (performance.now() - began) / 1000;
      const percent = (cpu: number) => Number(((cpu / seconds) * 100).toFixed(2));
      const one: IdleRound = {
        percentOfACore: percent(cpuSeconds(pid) - all),
        gatewayPercent: percent(cpuSeconds(pid, false) - own),
        busyElsewhere: otherWork.share(),
      };
      rounds.push(one);
      console.log(
        `${one.percentOfACore} % of a core, ${one.gatewayPercent} of it the gateway, elsewhere ${one.busyElsewhere}`,
      );
    }
    const percents = rounds.map(({ percentOfACore }) => percentOfACore);
    const mean = percents.reduce((sum, one) => sum + one, 0) / percents.length;
    return { percentOfACore: summary(percents), rounds, meanPercentOfACore: Number(mean.toFixed(2)) };
  } finally {
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGTERM');
    await ended;
    rmSync(folder, { recursive: true, force: true });
  }
}

export function idleText({ percentOfACore, meanPercentOfACore }: IdleFigures): string {
  return `idle gateway: median ${percentOfACore.median}, mean ${meanPercentOfACore} % of a core`;
}
