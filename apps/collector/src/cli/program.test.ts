import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';

const launcher = fileURLToPath(new URL('../../bin/binnacle.mjs', import.meta.url));
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'binnacle-cli-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

interface Ended {
  readonly status: number | null;
  readonly out: string;
  readonly err: string;
}

function binnacle(args: readonly string[], environment: Record<string, string> = {}): Promise<Ended> {
  const child = spawn(process.execPath, [launcher, ...args], {
    cwd: folder,
    env: { PATH: process.env.PATH, BINNACLE_GRPC_PORT: 'off', ...environment } as NodeJS.ProcessEnv,
  });
  let out = '';
  let err = '';
  child.stdout.on('data', (chunk) => (out += String(chunk)));
  child.stderr.on('data', (chunk) => (err += String(chunk)));
  return new Promise((resolve) => child.on('close', (status) => resolve({ status, out, err })));
}

/** A taken port on loopback, until the test ends. */
async function takenPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

describe('every command explains itself', () => {
  const commands: [string[], RegExp][] = [
    [[], /start[\s\S]*gateway[\s\S]*agent[\s\S]*demo/],
    [['start'], /--no-demo[\s\S]*BINNACLE_WEB_PORT[\s\S]*Examples:/],
    [['gateway'], /4318[\s\S]*\/api\/v1\/write[\s\S]*BINNACLE_API_KEY/],
    [['agent'], /--gateway <url>[\s\S]*Example config:/],
    [['demo'], /4320/],
    [['config', 'check'], /<file>/],
    [['key', 'create'], /--scope/],
    [['key', 'list'], /Postgres/],
    [['key', 'revoke'], /<id>/],
    [['promql', 'test'], /--only <scope>[\s\S]*"N passed, N failed"/],
    [['promql', 'query'], /--start <time>[\s\S]*BINNACLE_API_KEY/],
    [['promql', 'explain'], /--url <url>/],
  ];
  it.each(commands)('binnacle %j --help', async (command, shows) => {
    const { status, out } = await binnacle([...command, '--help']);
    expect(status).toBe(0);
    expect(out).toMatch(shows);
  });
});

describe('what keeps it from starting is one sentence and status 1', () => {
  it('a taken port', async () => {
    const port = await takenPort();
    const { status, err } = await binnacle(['gateway', '--port', String(port)]);
    expect(err).toBe(
      `binnacle: port ${port} on 127.0.0.1 is taken: stop the program that uses it, or set BINNACLE_GATEWAY_PORT (or --port) to another port\n`,
    );
    expect(status).toBe(1);
  });

  it('a taken port of any part of start, before anything is started', async () => {
    const port = await takenPort();
    const { status, err } = await binnacle(['start', '--no-web', '--data-dir', path.join(folder, 'never')], {
      BINNACLE_DEMO_PORT: String(port),
      BINNACLE_GATEWAY_PORT: '41318',
    });
    expect(err).toBe(
      `binnacle: port ${port} on 127.0.0.1 is taken: stop the program that uses it, or set BINNACLE_DEMO_PORT to another port\n`,
    );
    expect(status).toBe(1);
  });

  it('a taken port of the gRPC door', async () => {
    const port = await takenPort();
    const { status, err } = await binnacle(['gateway', '--port', '41318'], { BINNACLE_GRPC_PORT: String(port) });
    expect(err).toBe(
      `binnacle: port ${port} on 127.0.0.1 is taken: stop the program that uses it, or set BINNACLE_GRPC_PORT to another port\n`,
    );
    expect(status).toBe(1);
  });

  it('port 0', async () => {
    const { status, err } = await binnacle(['gateway'], { BINNACLE_GATEWAY_PORT: '0' });
    expect(err).toBe(
      'binnacle: BINNACLE_GATEWAY_PORT must be a port from 1 to 65535, and 0 would mean a port that nobody knows, got "0"\n',
    );
    expect(status).toBe(1);
  });

  it('a data directory that is a file', async () => {
    const file = path.join(folder, 'file');
    await writeFile(file, '');
    const { status, err } = await binnacle(['gateway', '--port', '41318', '--data-dir', file]);
    expect(err).toBe(
      `binnacle: the data directory ${file}/gateway is not a folder: set BINNACLE_DATA_DIR (or --data-dir) to a folder that this user may write\n`,
    );
    expect(status).toBe(1);
  });

  it('a config file with a fault', async () => {
    const file = path.join(folder, 'bad.yaml');
    await writeFile(file, 'recievers: {}\n');
    const { status, err } = await binnacle(['config', 'check', file]);
    expect(err).toContain(`${file}:1:1: recievers: unknown key; did you mean "receivers"?`);
    expect(status).toBe(1);
  });

  it('an agent without receivers', async () => {
    const { status, err } = await binnacle(['agent']);
    expect(err).toMatch(/^binnacle: the agent has no receivers: .*\n$/);
    expect(status).toBe(1);
  });

  it('an unknown option', async () => {
    const { status, err } = await binnacle(['gateway', '--prot', '1']);
    expect(err).toMatch(/unknown option '--prot'/);
    expect(status).toBe(1);
  });
});

it('makes, lists and ends API keys, without a gateway running', async () => {
  const environment = { BINNACLE_DATA_DIR: path.join(folder, 'keys') };
  const made = await binnacle(['key', 'create', 'rack 7', '--scope', 'write', 'read'], environment);
  expect(made.out).toMatch(/^bnk_[\w-]{43}\n$/);
  const prefix = made.out.slice(0, 10);
  const listed = await binnacle(['key', 'list'], environment);
  expect(listed.out).toMatch(new RegExp(`${prefix}… .*rack 7.*never used`));
  expect(listed.out).not.toContain(made.out.trim());
  expect((await binnacle(['key', 'revoke', prefix], environment)).out).toContain(`revoked: rack 7`);
  expect((await binnacle(['key', 'list'], environment)).out).toContain('(revoked ');
}, 90_000);
