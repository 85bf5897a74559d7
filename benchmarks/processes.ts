import { execFileSync } from 'node:child_process';

export interface ProcessSample {
  readonly pid: number;
  readonly role: string;
  readonly residentBytes: number;
  readonly cpuSeconds: number;
}

/** Descendants of a process with resident memory and CPU time, by `ps` (Linux and macOS). */
export function processTree(rootPid: number): ProcessSample[] {
  const rows = execFileSync('ps', ['-A', '-o', 'pid=,ppid=,rss=,time=,args='], { encoding: 'utf8', maxBuffer: 1 << 24 })
    .split('\n')
    .map((line) => /^\s*(\d+)\s+(\d+)\s+(\d+)\s+(\S+)\s+(.*)$/.exec(line))
    .filter((match) => match !== null)
    .map((match) => ({
      pid: Number(match[1]),
      parent: Number(match[2]),
      residentBytes: Number(match[3]) * 1024,
      cpuSeconds: seconds(match[4] ?? '0:00'),
      args: match[5] ?? '',
    }));
  const wanted = new Set([rootPid]);
  for (let grew = true; grew; ) {
    grew = false;
    for (const row of rows) {
      if (wanted.has(row.parent) && !wanted.has(row.pid)) {
        wanted.add(row.pid);
        grew = true;
      }
    }
  }
  return rows
    .filter((row) => wanted.has(row.pid))
    .map((row) => ({
      pid: row.pid,
      role: roleOf(row.args),
      residentBytes: row.residentBytes,
      cpuSeconds: row.cpuSeconds,
    }));
}

function roleOf(args: string): string {
  if (/postgres/.test(args)) return 'postgres';
  if (/main\.ts gateway/.test(args)) return 'gateway';
  if (/main\.ts demo/.test(args)) return 'demo';
  if (/main\.ts agent/.test(args)) return 'agent';
  if (/main\.ts start/.test(args)) return 'start';
  if (/next/.test(args)) return 'web';
  return 'other';
}

/** `[[dd-]hh:]mm:ss[.cc]` of ps. */
function seconds(text: string): number {
  const [days, clock] = text.includes('-') ? (text.split('-') as [string, string]) : ['0', text];
  return clock.split(':').reduce((sum, part) => sum * 60 + Number(part), 0) + Number(days) * 86_400;
}
