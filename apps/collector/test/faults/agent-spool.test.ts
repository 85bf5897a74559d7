import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { randomFrom } from '../../src/receivers/contract/mutations.ts';
import { WriteRequestDecoder } from '../../src/wire/remote-write-decode.ts';
import { snappyDecode } from '../../src/wire/snappy.ts';
import { freePort, root, waitFor } from '../gateway-process.ts';
import { bodyOf, RemoteWriter, series } from './remote-writer.ts';

const seed = Number(process.env.BINNACLE_FAULT_SEED ?? Date.now() % 2 ** 31);
const random = randomFrom(seed);
const maxResidentMiB = 120;

/** A gateway that remembers the values of `pushed` which it has acknowledged, and can be away. */
async function fakeGateway() {
  const state = { away: false, values: new Map<number, number>(), url: '' };
  const decoder = new WriteRequestDecoder();
  const server = createServer(async (request, response) => {
    const pieces: Buffer[] = [];
    for await (const piece of request) pieces.push(piece as Buffer);
    if (state.away) return void response.writeHead(503, { 'retry-after': '1' }).end('away');
    const { batch } = decoder.decode(snappyDecode(Buffer.concat(pieces), 64 * 1024 * 1024));
    for (let i = 0; i < batch.length; i++) {
      if (batch.series[batch.seriesOf[i] as number]?.metricName !== 'pushed') continue;
      const value = batch.values[i] as number;
      state.values.set(value, (state.values.get(value) ?? 0) + 1);
    }
    response.writeHead(204).end();
  });
  const port = await freePort();
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  state.url = `http://127.0.0.1:${port}`;
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return state;
}

/** A real agent process with the door of remote write. */
async function agentProcess(gatewayUrl: string, folder: string) {
  const directory = mkdtempSync(join(tmpdir(), 'binnacle-agent-'));
  const port = await freePort();
  const config = join(directory, 'binnacle.yaml');
  writeFileSync(
    config,
    `receivers: {remote-write: {}}\nlimits: {commitMilliseconds: 5}\nagent:\n  gateway: ${gatewayUrl}\n  port: ${port}\n  shutdownSeconds: 0\n  spool: {directory: ${JSON.stringify(folder)}, bytes: 16777216}\n`,
  );
  let child: ChildProcess | undefined;
  let output = '';
  const url = `http://127.0.0.1:${port}`;
  const end = async (signal: NodeJS.Signals) => {
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((resolve) => child?.once('exit', resolve));
    child.kill(signal);
    await ended;
  };
  onTestFinished(async () => {
    await end('SIGKILL');
    rmSync(directory, { recursive: true, force: true });
  });
  return {
    url,
    output: () => output,
    end,
    begin() {
      child = spawn(join(root, 'node_modules/.bin/node'), ['apps/collector/src/main.ts', 'agent', '--config', config], {
        cwd: root,
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      const keep = (chunk: Buffer) => {
        output += chunk;
      };
      child.stdout?.on('data', keep);
      child.stderr?.on('data', keep);
    },
    ready: () => waitFor('the agent', async () => (await fetch(`${url}/healthz`)).ok),
    metrics: async () => (await fetch(`${url}/metrics`)).text(),
    residentMiB: () =>
      Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${child?.pid}/status`, 'utf8'))?.[1]) / 1024,
  };
}

const push = (value: number, samples = 50) =>
  bodyOf(Array.from({ length: samples }, (_, i) => [series('pushed', { i: `${i}` }), Date.now(), value * 1000 + i]));

it(`an agent killed again and again forwards all that it acknowledged (seed ${seed})`, {
  timeout: 120_000,
}, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'binnacle-spool-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const gateway = await fakeGateway();
  const agent = await agentProcess(gateway.url, folder);
  const writer = new RemoteWriter(agent.url, 4);
  const acknowledged: number[] = [];
  let sent = 0;
  let stopped = false;
  const lane = async () => {
    while (!stopped) {
      const value = sent++;
      const answer = await writer.send(push(value)).catch(() => undefined);
      if (answer?.status === 204) acknowledged.push(value);
      else await new Promise((resolve) => setTimeout(resolve, 20));
    }
  };
  agent.begin();
  await agent.ready();
  const lanes = Promise.all([lane(), lane(), lane(), lane()]);
  for (let kill = 0; kill < 6; kill++) {
    // Every second time the gateway is away, and the agent is killed with all that it took still waiting.
    gateway.away = kill % 2 === 0;
    const before = acknowledged.length;
    await expect.poll(() => acknowledged.length, { interval: 5 }).toBeGreaterThan(before + 5);
    await new Promise((resolve) => setTimeout(resolve, random() * 200));
    await agent.end('SIGKILL');
    agent.begin();
    await agent.ready();
  }
  stopped = true;
  await lanes;
  writer.close();
  gateway.away = false;
  await expect
    .poll(() => acknowledged.filter((value) => !gateway.values.has(value * 1000)).length, { timeout: 20_000 })
    .toBe(0);
  const wanted = acknowledged.flatMap((value) => Array.from({ length: 50 }, (_, i) => value * 1000 + i));
  expect(wanted.filter((value) => !gateway.values.has(value))).toEqual([]);
  expect([...gateway.values.keys()].filter((value) => Math.floor(value / 1000) >= sent)).toEqual([]);
  if (process.platform === 'linux') expect(agent.residentMiB()).toBeLessThan(maxResidentMiB);
  expect(await agent.metrics()).toMatch(/binnacle_agent_spool_on_disk 1\b/);
});

const mayMount = process.platform === 'linux' && process.getuid?.() === 0;

it.skipIf(!mayMount)(
  'a full disk under the spool is 503 with Retry-After, and a flipped bit costs one request (needs root, to mount a small tmpfs)',
  {
    timeout: 60_000,
  },
  async (context) => {
    const mount = mkdtempSync(join(tmpdir(), 'binnacle-full-'));
    if (spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=512k', 'tmpfs', mount]).status !== 0) {
      rmSync(mount, { recursive: true });
      return context.skip('this machine does not let its root mount a tmpfs');
    }
    onTestFinished(() => {
      spawnSync('umount', ['-l', mount]);
      rmSync(mount, { recursive: true, force: true });
    });
    const folder = join(mount, 'spool');
    mkdirSync(folder);
    const gateway = await fakeGateway();
    gateway.away = true;
    const agent = await agentProcess(gateway.url, folder);
    agent.begin();
    await agent.ready();
    const writer = new RemoteWriter(agent.url, 1);
    const taken: number[] = [];
    let refused = 0;
    for (let value = 0; value < 5000 && refused < 5; value++) {
      const answer = await writer.send(push(value, 500));
      if (answer.status === 204) taken.push(value);
      else {
        expect([answer.status, answer.retryAfter]).toEqual([503, 15]);
        expect(answer.text).toContain('the disk of the spool is full');
        refused++;
      }
    }
    expect(taken.length).toBeGreaterThan(10);
    expect(await agent.metrics()).toMatch(
      /binnacle_agent_buffer_refused_items_total\{[^}]*reason="disk_full"[^}]*\} [1-9]/,
    );
    await agent.end('SIGKILL');

    // One bit, in the payload of the first request.
    const name = readdirSync(join(folder, 'samples')).find((file) => file.endsWith('.spool')) as string;
    const file = join(folder, 'samples', name);
    const bytes = readFileSync(file);
    bytes[200] = (bytes[200] as number) ^ 1;
    writeFileSync(file, bytes);
    agent.begin();
    await agent.ready();
    gateway.away = false;
    const missing = () => taken.filter((value) => !gateway.values.has(value * 1000)).length;
    await expect.poll(missing, { timeout: 20_000 }).toBeLessThanOrEqual(1);
    expect(missing()).toBe(1);
    expect(await agent.metrics()).toMatch(/binnacle_agent_spool_damaged_total\{[^}]*reason="checksum"[^}]*\} 1\b/);
    expect(agent.output()).toMatch(/a damaged stretch of the spool of samples is left out/);
    // There is room again.
    expect((await writer.sendUntilTaken(push(6000, 500))).status).toBe(204);
    await expect.poll(() => gateway.values.has(6_000_000)).toBe(true);
    writer.close();
  },
);
