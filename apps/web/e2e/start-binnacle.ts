import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../..', import.meta.url));

/** A port that nobody holds at this moment. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  await new Promise((resolve) => server.close(resolve));
  return address.port;
}

export interface RunningBinnacle {
  readonly webUrl: string;
  readonly gatewayUrl: string;
  readonly dataDir: string;
  readonly output: () => string;
  stop(): Promise<number | null>;
}

/** Starts what `npm start` starts, on free ports and a directory of its own, and waits until the dashboard answers. */
export async function startBinnacle(
  options: { arguments?: string[]; dataDir?: string } = {},
): Promise<RunningBinnacle> {
  const dataDir = options.dataDir ?? mkdtempSync(join(tmpdir(), 'binnacle-e2e-'));
  const [web, gateway, demo] = [await freePort(), await freePort(), await freePort()];
  const child: ChildProcess = spawn(
    join(root, 'node_modules/.bin/node'),
    ['apps/collector/src/main.ts', 'start', '--data-dir', dataDir, ...(options.arguments ?? [])],
    {
      cwd: root,
      env: {
        ...process.env,
        BINNACLE_WEB_PORT: String(web),
        BINNACLE_GATEWAY_PORT: String(gateway),
        BINNACLE_GRPC_PORT: 'off',
        BINNACLE_DEMO_PORT: String(demo),
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  let output = '';
  child.stdout?.on('data', (chunk) => {
    output += chunk;
  });
  child.stderr?.on('data', (chunk) => {
    output += chunk;
  });
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
  const webUrl = `http://127.0.0.1:${web}`;
  const deadline = Date.now() + 90_000;
  for (;;) {
    if (child.exitCode !== null) throw new Error(`binnacle start ended with ${child.exitCode}:\n${output}`);
    if (Date.now() > deadline) {
      child.kill('SIGINT');
      throw new Error(`no dashboard within 90 s:\n${output}`);
    }
    const answer = await fetch(`${webUrl}/gateway/api/binnacle/clusters`).catch(() => undefined);
    if (answer?.ok) break;
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
  return {
    webUrl,
    gatewayUrl: `http://127.0.0.1:${gateway}`,
    dataDir,
    output: () => output,
    async stop() {
      child.kill('SIGINT');
      const code = await ended;
      if (!options.dataDir) rmSync(dataDir, { recursive: true, force: true });
      return code;
    },
  };
}

/** Playwright's global set-up: the addresses go to the tests through the environment. */
export default async function setUp(): Promise<() => Promise<void>> {
  const binnacle = await startBinnacle();
  process.env.E2E_WEB_URL = binnacle.webUrl;
  process.env.E2E_GATEWAY_URL = binnacle.gatewayUrl;
  return async () => {
    await binnacle.stop();
  };
}
