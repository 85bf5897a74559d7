import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../../..', import.meta.url));
/** Real outputs beside the checkout; a clone alone has none, and says so by skipping. */
export const captures = join(root, '../shared/captures');
const node = join(root, 'node_modules/.bin/node');

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  await new Promise((resolve) => server.close(resolve));
  return address.port;
}

/** Polls until `probe` gives something other than undefined or false; the last error is the message when time is up. */
export async function waitFor<T>(
  what: string,
  probe: () => Promise<T | undefined | false>,
  timeoutMs = 30_000,
): Promise<T> {
  const deadline = Date.now() + timeoutMs;
  let last: unknown;
  while (Date.now() < deadline) {
    try {
      const value = await probe();
      if (value !== undefined && value !== false) return value;
    } catch (error) {
      last = error;
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`waited ${timeoutMs} ms for ${what}${last instanceof Error ? `: ${last.message}` : ''}`);
}

export interface GatewayProcess {
  readonly url: string;
  /** `host:port` of the gRPC door. */
  readonly grpc: string;
  readonly directory: string;
  readonly child: ChildProcess;
  readonly output: () => string;
  /** Instant query: `[labels, value]` of each series. */
  query(expression: string, atSeconds?: number): Promise<{ metric: Record<string, string>; value: string }[]>;
  /** Ends it; the directory goes too, unless it is kept for another start. */
  stop(options?: { readonly keepDirectory?: boolean }): Promise<void>;
}

/**
 * Starts a real gateway process on its own directory and port, and waits until it is ready. With the directory of one that
 * stopped it goes on with the same data, and with its port its clients find it again. Rules and alerts need `postgres`.
 */
export async function startGateway(
  configYaml: string | ((directory: string) => string) = 'receivers: {}\n',
  directory = mkdtempSync(join(tmpdir(), 'binnacle-gateway-')),
  ownPort?: number,
  postgres = false,
): Promise<GatewayProcess> {
  const [port, grpcPort] = [ownPort ?? (await freePort()), await freePort()];
  const config = join(directory, 'binnacle.yaml');
  writeFileSync(config, typeof configYaml === 'string' ? configYaml : configYaml(directory));
  const child = spawn(
    node,
    ['apps/collector/src/main.ts', 'gateway', '--config', config, '--data-dir', join(directory, 'data')],
    {
      cwd: root,
      env: {
        ...process.env,
        BINNACLE_GATEWAY_PORT: `${port}`,
        BINNACLE_GRPC_PORT: `${grpcPort}`,
        // Telemetry does without Postgres, and a database of its own would cost each start seconds.
        ...(postgres ? {} : { DATABASE_URL: 'postgresql://127.0.0.1:1/none' }),
        NODE_COMPILE_CACHE: join(tmpdir(), 'binnacle-compiled'),
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  let output = '';
  const keep = (chunk: Buffer) => {
    output = (output + chunk).slice(-20_000);
  };
  child.stdout?.on('data', keep);
  child.stderr?.on('data', keep);
  const url = `http://127.0.0.1:${port}`;
  await waitFor(
    'the gateway to be ready',
    async () => {
      if (child.exitCode !== null) throw new Error(`it ended with ${child.exitCode}: ${output}`);
      return (await fetch(`${url}/readyz`)).ok;
    },
    60_000,
  );
  return {
    url,
    grpc: `127.0.0.1:${grpcPort}`,
    directory,
    child,
    output: () => output,
    async query(expression, atSeconds) {
      const parameters = new URLSearchParams({ query: expression });
      if (atSeconds !== undefined) parameters.set('time', String(atSeconds));
      const answer = await fetch(`${url}/api/v1/query?${parameters}`);
      const body = (await answer.json()) as {
        status: string;
        error?: string;
        data: { result: { metric: Record<string, string>; value: [number, string] }[] };
      };
      if (body.status !== 'success') throw new Error(`${expression}: ${body.error}`);
      return body.data.result.map(({ metric, value }) => ({ metric, value: value[1] }));
    },
    async stop({ keepDirectory = false } = {}) {
      const ended = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGTERM');
      await ended;
      if (!keepDirectory) rmSync(directory, { recursive: true, force: true });
    },
  };
}
