import { type ChildProcess, spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('..', import.meta.url));
const node = join(root, 'node_modules/.bin/node');

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  await new Promise((resolve) => server.close(resolve));
  return address.port;
}

export interface Started {
  readonly pid: number;
  readonly webUrl: string;
  readonly gatewayUrl: string;
  /** ms from the spawn until the gateway answered a query over the demo's data */
  readonly firstDataMs: number;
  stop(): Promise<void>;
}

/** Starts what `npm start` starts (already built), on free ports, and waits until there is data to see. */
export async function startBinnacle(dataDir: string): Promise<Started> {
  const [web, gateway, demo] = [await freePort(), await freePort(), await freePort()];
  const began = performance.now();
  const child = spawn(node, ['apps/collector/src/main.ts', 'start', '--data-dir', dataDir], {
    cwd: root,
    env: {
      ...process.env,
      BINNACLE_WEB_PORT: `${web}`,
      BINNACLE_GATEWAY_PORT: `${gateway}`,
      BINNACLE_GRPC_PORT: 'off',
      BINNACLE_DEMO_PORT: `${demo}`,
    },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const webUrl = `http://127.0.0.1:${web}`;
  const query = `${webUrl}/gateway/api/v1/query?query=${encodeURIComponent('count(DCGM_FI_DEV_GPU_UTIL{cluster="demo"})')}`;
  await until(child, async () => {
    const answer = await fetch(query);
    const body = (await answer.json()) as { data?: { result?: { value: [number, string] }[] } };
    return body.data?.result?.[0]?.value[1] === '64';
  });
  return {
    pid: child.pid as number,
    webUrl,
    gatewayUrl: `http://127.0.0.1:${gateway}`,
    firstDataMs: performance.now() - began,
    async stop() {
      const ended = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGINT');
      await ended;
    },
  };
}

/** Polls until the condition holds; a child that ends or two minutes without it is an error. */
export async function until(child: ChildProcess, condition: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 120_000;
  for (;;) {
    if (child.exitCode !== null) throw new Error(`the process ended with ${child.exitCode}`);
    if (performance.now() > deadline) throw new Error('not ready within two minutes');
    if (await condition().catch(() => false)) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

export function spawnCollector(arguments_: string[], environment: Record<string, string> = {}): ChildProcess {
  return spawn(node, ['apps/collector/src/main.ts', ...arguments_], {
    cwd: root,
    env: { ...process.env, BINNACLE_GRPC_PORT: 'off', ...environment },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
}

export const median = (values: readonly number[]): number => {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
};
