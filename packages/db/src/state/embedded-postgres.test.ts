import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { processStartedAt } from '@binnacle/shared/process/process-identity.ts';
import postgres from 'postgres';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startEmbeddedPostgres } from './embedded-postgres.ts';
import { quietLog } from './testing/state-for-tests.ts';

let folder: string;
let dataDir: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'binnacle-postgres-'));
  dataDir = path.join(folder, 'data');
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function ask(databaseUrl: string, query: string): Promise<unknown[]> {
  const sql = postgres(databaseUrl, { max: 1, onnotice: () => undefined });
  try {
    return [...(await sql.unsafe(query))];
  } finally {
    await sql.end();
  }
}

it('keeps its data and its password over a restart, on loopback only', async () => {
  const first = await startEmbeddedPostgres({ dataDir, log: quietLog });
  await ask(first.databaseUrl, 'CREATE TABLE kept (n int)');
  await ask(first.databaseUrl, 'INSERT INTO kept VALUES (42)');
  expect(await ask(first.databaseUrl, 'SHOW listen_addresses')).toEqual([{ listen_addresses: '127.0.0.1' }]);
  await expect(ask(first.databaseUrl.replace(/:[^:@]*@/, ':wrong@'), 'SELECT 1')).rejects.toThrow(/password/);
  expect((await stat(path.join(dataDir, 'password'))).mode & 0o777).toBe(0o600);
  await first.stop();
  expect(await processStartedAt(first.pid)).toBeNull();
  const second = await startEmbeddedPostgres({ dataDir, log: quietLog });
  expect(await ask(second.databaseUrl, 'SELECT n FROM kept')).toEqual([{ n: 42 }]);
  await second.stop();
});

it('refuses a folder that is in use', async () => {
  const running = await startEmbeddedPostgres({ dataDir, log: quietLog });
  await expect(startEmbeddedPostgres({ dataDir, log: quietLog })).rejects.toMatchObject({
    code: 'conflict',
    message: expect.stringContaining('in use by process'),
  });
  await running.stop();
});

it('starts again after its parent was killed, with what was committed', async () => {
  const module = fileURLToPath(new URL('./embedded-postgres.ts', import.meta.url));
  const script = `const { startEmbeddedPostgres } = await import(${JSON.stringify(module)});
    const log = { debug() {}, info() {}, warn() {} };
    const { databaseUrl, pid } = await startEmbeddedPostgres({ dataDir: ${JSON.stringify(dataDir)}, log });
    console.log(JSON.stringify({ databaseUrl, pid }));`;
  const parent: ChildProcess = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [said] = await once(parent.stdout as NodeJS.ReadableStream, 'data');
  const { databaseUrl, pid } = JSON.parse(String(said)) as { databaseUrl: string; pid: number };
  await ask(databaseUrl, 'INSERT INTO kept VALUES (43)');
  parent.kill('SIGKILL');
  await once(parent, 'exit');
  expect(await processStartedAt(pid)).not.toBeNull();
  const next = await startEmbeddedPostgres({ dataDir, log: quietLog });
  expect(await processStartedAt(pid)).toBeNull();
  expect(await ask(next.databaseUrl, 'SELECT n FROM kept ORDER BY n')).toEqual([{ n: 42 }, { n: 43 }]);
  // and the server itself killed: its pid file stays behind, and now names a process that is not a server
  const ended = new Promise((resolve) => {
    const poll = setInterval(async () => {
      if ((await processStartedAt(next.pid)) !== null) return;
      clearInterval(poll);
      resolve(undefined);
    }, 10);
  });
  const pidFile = path.join(dataDir, 'cluster/postmaster.pid');
  const left = await readFile(pidFile, 'utf8');
  process.kill(next.pid, 'SIGKILL');
  await ended;
  await next.stop();
  await writeFile(pidFile, left.replace(/^\d+/, String(process.pid)));
  const last = await startEmbeddedPostgres({ dataDir, log: quietLog });
  expect(await ask(last.databaseUrl, 'SELECT count(*)::int AS n FROM kept')).toEqual([{ n: 2 }]);
  await last.stop();
});

it('says when the server ends by itself', async () => {
  let tell: (reason: string) => void = () => undefined;
  const told = new Promise<string>((resolve) => {
    tell = resolve;
  });
  const server = await startEmbeddedPostgres({ dataDir, log: quietLog, onUnexpectedExit: (reason) => tell(reason) });
  process.kill(server.pid, 'SIGQUIT');
  expect(await told).toContain('Postgres ended');
  await server.stop();
});
