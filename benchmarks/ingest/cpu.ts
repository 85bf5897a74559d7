import { readdirSync, readFileSync } from 'node:fs';

/**
 * CPU seconds that a process and its living descendants have taken, those of ended threads included (hundredths of a
 * second; Linux only); of the process alone where asked.
 */
export function cpuSeconds(pid: number, withDescendants = true): number {
  let ticks = 0;
  for (const one of withDescendants ? descendants(pid) : [pid]) {
    try {
      // The name stands in brackets and may hold blanks; utime and stime are the 14th and 15th field.
      const fields = readFileSync(`/proc/${one}/stat`, 'utf8')
        .replace(/^.*\) /, '')
        .split(' ');
      ticks += Number(fields[11]) + Number(fields[12]);
    } catch {
      // It has ended meanwhile.
    }
  }
  return ticks / 100;
}

function descendants(pid: number): number[] {
  const found = [pid];
  for (let i = 0; i < found.length; i++) {
    try {
      for (const thread of readdirSync(`/proc/${found[i]}/task`)) {
        const children = readFileSync(`/proc/${found[i]}/task/${thread}/children`, 'utf8').trim();
        if (children !== '') found.push(...children.split(' ').map(Number));
      }
    } catch {
      // It has ended meanwhile.
    }
  }
  return found;
}
