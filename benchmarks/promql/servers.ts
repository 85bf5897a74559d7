import { type ChildProcess, type SpawnOptions, spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort, spawnCollector, until } from '../binnacle.ts';
import { processTree } from '../processes.ts';
import { get } from './http.ts';
import type { ServerName } from './options.ts';

export interface RunningServer {
  readonly name: ServerName;
  readonly url: string;
  readonly pid: number;
  /** What a path of the Prometheus API becomes here, so that no answer comes from a cache of answers. */
  ask(path: string): string;
  stop(): Promise<void>;
}

interface ServerKind {
  /** Program that must be installed, and where it comes from; undefined where it is our own. */
  readonly needs?: { readonly program: string; readonly debianPackage: string };
  launch(dataDir: string, port: number, options: LaunchOptions): ChildProcess;
  readonly readyPath: string;
  readonly extraParameters: string;
}

export interface LaunchOptions {
  /** CPU profiles of our own server's main thread are written here. */
  readonly profileDir?: string | undefined;
  /** Further keys of our own server's `limits:`, such as `activeSeries: 2000000`. */
  readonly limits?: string;
  readonly prometheusFlags?: readonly string[];
}

const quiet: SpawnOptions = { stdio: ['ignore', 'ignore', 'inherit'] };

const kinds: Record<ServerName, ServerKind> = {
  binnacle: {
    launch: (dataDir, port, { profileDir, limits = '' }) => {
      const config = join(dataDir, 'binnacle.yaml');
      // Kept data of a benchmark may be older than what a gateway keeps by default.
      writeFileSync(
        config,
        `receivers: { remote-write: {}, otlp: {} }\nlimits: { retentionDays: 3650${limits === '' ? '' : `, ${limits}`} }\n`,
      );
      return spawnCollector(['gateway', '--config', config, '--data-dir', dataDir], {
        BINNACLE_GATEWAY_PORT: `${port}`,
        BINNACLE_LOG_LEVEL: 'error',
        // as `npm start` starts it
        UV_THREADPOOL_SIZE: '8',
        ...(profileDir === undefined ? {} : { NODE_OPTIONS: `--cpu-prof --cpu-prof-dir=${profileDir}` }),
      });
    },
    readyPath: '/readyz',
    extraParameters: '',
  },
  prometheus: {
    needs: { program: 'prometheus', debianPackage: 'prometheus' },
    launch: (dataDir, port, { prometheusFlags = [] }) => {
      const config = join(dataDir, 'prometheus.yml');
      writeFileSync(config, '{}\n');
      return spawn(
        'prometheus',
        [
          `--config.file=${config}`,
          `--storage.tsdb.path=${join(dataDir, 'data')}`,
          '--storage.tsdb.retention.time=10y',
          `--web.listen-address=127.0.0.1:${port}`,
          '--web.enable-remote-write-receiver',
          '--log.level=error',
          ...prometheusFlags,
        ],
        quiet,
      );
    },
    readyPath: '/-/ready',
    extraParameters: '',
  },
  'victoria-metrics': {
    needs: { program: 'victoria-metrics', debianPackage: 'victoria-metrics' },
    launch: (dataDir, port) =>
      spawn(
        'victoria-metrics',
        [
          `-storageDataPath=${join(dataDir, 'data')}`,
          '-retentionPeriod=10y',
          `-httpListenAddr=127.0.0.1:${port}`,
          '-search.latencyOffset=0s',
          '-loggerLevel=ERROR',
        ],
        quiet,
      ),
    readyPath: '/health',
    extraParameters: '&nocache=1',
  },
};

/** One sentence for every server that cannot run here. */
export function missingServers(names: readonly ServerName[]): string[] {
  return names.flatMap((name) => {
    const { needs } = kinds[name];
    if (needs === undefined || spawnSync(needs.program, ['--version']).error === undefined) return [];
    return [`${name} is not installed: no program \`${needs.program}\` (Debian: apt install ${needs.debianPackage})`];
  });
}

const running = new Set<ChildProcess>();
const folders = new Set<string>();
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, async () => {
    // Asked, not killed: a gateway has a Postgres of its own to end.
    const ended = [...running].map((child) => new Promise((resolve) => child.once('exit', resolve)));
    for (const child of running) child.kill('SIGTERM');
    await Promise.race([Promise.all(ended), new Promise((resolve) => setTimeout(resolve, 10_000))]);
    process.exit(1);
  });
}

/** A folder that is gone when this process is. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'binnacle-bench-promql-'));
  folders.add(folder);
  return folder;
}

/** Whoever starts a process here hands it over: it does not outlive this one. */
export function ownChild(child: ChildProcess): ChildProcess {
  running.add(child);
  child.once('exit', () => running.delete(child));
  return child;
}

/** Starts a server on a directory of its own and waits until it answers. */
export async function startServer(
  name: ServerName,
  dataDir: string,
  options: LaunchOptions = {},
): Promise<RunningServer> {
  const kind = kinds[name];
  mkdirSync(dataDir, { recursive: true });
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const child = ownChild(kind.launch(dataDir, port, options));
  await until(child, async () => (await get(`${url}${kind.readyPath}`)).status === 200);
  return {
    name,
    url,
    pid: child.pid as number,
    ask: (path) => `${url}${path}${kind.extraParameters}`,
    async stop() {
      if (!running.has(child)) return;
      const ended = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGTERM');
      await ended;
    },
  };
}

const settleWindowMs = 5000;

/** Waits until the server has nothing left to do: merges, compactions, flushes. At most so long. */
export async function settle(server: RunningServer, atMostMs = 180_000): Promise<void> {
  const deadline = performance.now() + atMostMs;
  const cpu = () => processTree(server.pid).reduce((sum, sample) => sum + sample.cpuSeconds, 0);
  for (let before = cpu(); performance.now() < deadline; ) {
    await new Promise((resolve) => setTimeout(resolve, settleWindowMs));
    const now = cpu();
    if (now - before < 1 && !(await compactionDue(server))) return;
    before = now;
  }
}

/** Prometheus writes what is older than its head's three hours into blocks once a minute. */
async function compactionDue(server: RunningServer): Promise<boolean> {
  if (server.name !== 'prometheus') return false;
  const text = (await get(`${server.url}/metrics`)).body.toString();
  const gauge = (name: string) => Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1]);
  const head = gauge('prometheus_tsdb_head_max_time_seconds') - gauge('prometheus_tsdb_head_min_time_seconds');
  return head > 3 * 3600;
}
