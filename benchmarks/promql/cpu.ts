import { readdirSync, readFileSync } from 'node:fs';

/**
 * CPU time that all threads of a process have taken, ms. Other work on the machine makes answers come later but does not
 * change this much. Linux only, elsewhere undefined; a thread that ends takes its time along.
 */
export function cpuMs(pid: number): number | undefined {
  try {
    let nanoseconds = 0;
    for (const thread of readdirSync(`/proc/${pid}/task`))
      nanoseconds += Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ')[0]);
    return nanoseconds / 1e6;
  } catch {
    return undefined;
  }
}
