import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const main = fileURLToPath(new URL('../main.ts', import.meta.url));
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'binnacle-start-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address !== null ? address.port : 0;
}

interface Started {
  readonly process: ChildProcess;
  readonly gateway: string;
  readonly out: () => string;
  readonly ended: Promise<number | null>;
}

async function start(args: readonly string[] = []): Promise<Started> {
  const port = await freePort();
  const child = spawn(
    process.execPath,
    [main, 'start', '--no-web', '--no-demo', '--no-discover', '--data-dir', path.join(folder, 'data'), ...args],
    {
      cwd: folder,
      env: {
        PATH: process.env.PATH,
        HOME: process.env.HOME,
        BINNACLE_GATEWAY_PORT: String(port),
        BINNACLE_GRPC_PORT: 'off',
      } as NodeJS.ProcessEnv,
    },
  );
  let out = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (out += String(chunk)));
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
  const started = { process: child, gateway: `http://127.0.0.1:${port}`, out: () => out, ended };
  await until(() => out.includes('ctrl-C stops everything') || child.exitCode !== null);
  return started;
}

describe.skipIf(process.platform !== 'linux')('binnacle start (reads /proc)', () => {
  it('runs its parts, brings back one that dies, and leaves no process behind', async () => {
    const run = await start();
    expect(run.out()).toMatch(/✓ Postgres .*\n.*✓ gateway /);
    const family = await descendants(run.process.pid as number);
    expect(family.length).toBeGreaterThanOrEqual(2);

    const second = await start();
    expect(second.out()).toMatch(
      /binnacle: .*data is in use by process \d+: stop it, or set BINNACLE_DATA_DIR to another folder\.\n$/,
    );
    expect(await second.ended).toBe(1);

    const gatewayPid = await gatewayAmong(family);
    process.kill(gatewayPid, 'SIGKILL');
    await until(() => run.out().includes('gateway runs again'));
    expect(run.out()).toContain('gateway ended (SIGKILL); starting it again in 1 s');
    await until(async () => (await fetch(`${run.gateway}/readyz`).catch(() => undefined))?.ok === true);

    const all = [...family, ...(await descendants(run.process.pid as number))];
    // npm and shells pass on what the terminal sent already: the echo must not cut the stop short
    run.process.kill('SIGINT');
    run.process.kill('SIGTERM');
    run.process.kill('SIGINT');
    expect(await run.ended).toBe(0);
    await until(async () => (await livingAmong(all)).length === 0);
  }, 90_000);

  it('leaves no process behind when it is killed itself, and starts again on the same data', async () => {
    const run = await start();
    const family = await descendants(run.process.pid as number);
    const gatewayPid = await gatewayAmong(family);
    run.process.kill('SIGKILL');
    await run.ended;
    // The gateway sees that its supervisor is gone; an orphaned Postgres is ended by the next start.
    await until(async () => (await livingAmong([gatewayPid])).length === 0);
    const again = await start();
    expect(again.out()).toContain('ctrl-C stops everything');
    again.process.kill('SIGTERM');
    expect(await again.ended).toBe(0);
    await until(async () => (await livingAmong(family)).length === 0);
  }, 90_000);
});

interface Process {
  readonly pid: number;
  readonly parent: number;
  readonly state: string;
}

/** Every process as /proc shows it now. */
async function processes(): Promise<Process[]> {
  const names = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const all = await Promise.all(
    names.map(async (name): Promise<Process | undefined> => {
      const stat = await readFile(`/proc/${name}/stat`, 'utf8').catch(() => '');
      // pid (name) state parent …; the name may hold spaces and brackets
      const [, state, parent] = /\) (\S) (\d+) /.exec(stat.slice(stat.lastIndexOf(')'))) ?? [];
      return state === undefined ? undefined : { pid: Number(name), parent: Number(parent), state };
    }),
  );
  return all.filter((one) => one !== undefined);
}

async function descendants(root: number): Promise<number[]> {
  const all = await processes();
  const found = [root];
  for (const pid of found) found.push(...all.filter(({ parent }) => parent === pid).map((child) => child.pid));
  return found.slice(1);
}

async function livingAmong(pids: readonly number[]): Promise<number[]> {
  const all = await processes();
  return all.filter(({ pid, state }) => pids.includes(pid) && state !== 'Z').map(({ pid }) => pid);
}

async function gatewayAmong(pids: readonly number[]): Promise<number> {
  for (const pid of pids) {
    const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
    if (command.split('\0').includes('gateway')) return pid;
  }
  throw new Error('there is no gateway among the processes');
}

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 50));
}
