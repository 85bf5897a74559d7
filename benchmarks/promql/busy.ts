import { cpus } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';

const overMs = 2000;

/** Share of all cores that other work takes, 0 to 1, while this benchmark waits. */
export async function busyShare(): Promise<number> {
  const before = ticks();
  await delay(overMs);
  const after = ticks();
  const share = 1 - (after.idle - before.idle) / (after.all - before.all);
  return Number(Math.max(0, share).toFixed(2));
}

function ticks(): { idle: number; all: number } {
  let idle = 0;
  let all = 0;
  for (const { times } of cpus()) {
    idle += times.idle;
    all += times.user + times.nice + times.sys + times.irq + times.idle;
  }
  return { idle, all };
}
