import { cpus } from 'node:os';
import { processTree } from '../processes.ts';

/** What other work took of all cores, from the making of this until it is asked. */
export class OtherWork {
  readonly #before = ticks();
  readonly #ownBefore: number;
  #ended = 0;

  constructor() {
    this.#ownBefore = ownCpuSeconds();
  }

  /** A process of ours that has ended meanwhile had taken so much CPU time. */
  addEnded(cpuSeconds: number): void {
    this.#ended += cpuSeconds;
  }

  /** 0 to 1 */
  share(): number {
    const after = ticks();
    const allMs = after.all - this.#before.all;
    const busyMs = allMs - (after.idle - this.#before.idle);
    const ownMs = (ownCpuSeconds() - this.#ownBefore + this.#ended) * 1000;
    return Number(Math.max(0, (busyMs - ownMs) / allMs).toFixed(2));
  }
}

/** This process and all that it started. */
const ownCpuSeconds = () => processTree(process.pid).reduce((sum, { cpuSeconds }) => sum + cpuSeconds, 0);

function ticks(): { idle: number; all: number } {
  let idle = 0;
  let all = 0;
  for (const { times } of cpus()) {
    idle += times.idle;
    all += times.user + times.nice + times.sys + times.irq + times.idle;
  }
  return { idle, all };
}
