import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { labelsFromObject } from '@binnacle/shared/telemetry/labels.ts';
import { SampleBatch } from '@binnacle/shared/telemetry/sample-batch.ts';
import { pino } from 'pino';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { runCli } from '../../cli/program.ts';
import { parseConfig } from '../../config/config-file.ts';
import { gatewaySettings } from '../../config/settings.ts';
import { type OwnMetrics, startMetrics } from '../../telemetry/metrics.ts';
import { encodeWriteRequest, writeRequestHeaders } from '../../wire/remote-write-encode.ts';
import { type RunningGateway, startGateway } from '../gateway.ts';
import { realParts } from '../parts.ts';

const log = pino({ level: 'silent' });
let folder: string;
let metrics: OwnMetrics;
let gateway: RunningGateway;
const nowMs = Date.now();

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function start(adminApi: boolean): Promise<RunningGateway> {
  // Nothing listens there: what is tested needs no Postgres.
  const environment = { DATABASE_URL: 'postgresql://nobody@127.0.0.1:1/none', BINNACLE_GRPC_PORT: 'off' };
  const loaded = await parseConfig('', 'test', {});
  const settings = {
    ...gatewaySettings({}, environment, loaded.config),
    dataDir: path.join(folder, 'data'),
    port: await freePort(),
    adminApi,
  };
  return startGateway({ settings, loaded, parts: realParts, log, metrics });
}

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'binnacle-delete-'));
  metrics = startMetrics('gateway', 'test');
  gateway = await start(true);
});
afterAll(async () => {
  await gateway.stop();
  await metrics.stop();
  await rm(folder, { recursive: true, force: true });
});

async function write(name: string, times: readonly number[]): Promise<Response> {
  const batch = new SampleBatch(times.length);
  const series = batch.addSeries(labelsFromObject({ __name__: name }));
  for (const [value, time] of times.entries()) batch.append(series, time, value);
  const body = Uint8Array.from(encodeWriteRequest(batch));
  return fetch(`${gateway.url}/api/v1/write`, { method: 'POST', headers: { ...writeRequestHeaders }, body });
}

async function countOf(name: string): Promise<number> {
  const query = new URLSearchParams({ query: `${name}[1d]`, time: String(nowMs / 1000) });
  const answer = await fetch(`${gateway.url}/api/v1/query?${query}`);
  const { data } = (await answer.json()) as { data: { result: { values: unknown[] }[] } };
  return data.result.reduce((sum, { values }) => sum + values.length, 0);
}

const remove = (parameters: Record<string, string>, method = 'POST', door = 'delete_series') =>
  fetch(`${gateway.url}/api/v1/admin/tsdb/${door}?${new URLSearchParams(parameters)}`, { method });

const minutesAgo = (...ago: number[]) => ago.map((minutes) => nowMs - minutes * 60_000);

it('answers 204, after which no query has it, and takes new samples', async () => {
  expect((await write('deleted', minutesAgo(5, 4, 3))).status).toBe(204);
  expect(await countOf('deleted')).toBe(3);
  const answer = await remove({ 'match[]': 'deleted', start: String((nowMs - 250_000) / 1000) }, 'PUT');
  expect([answer.status, await answer.text()]).toEqual([204, '']);
  expect(await countOf('deleted')).toBe(1);
  expect((await remove({ 'match[]': 'deleted' }, 'POST')).status).toBe(204);
  expect(await countOf('deleted')).toBe(0);
  expect((await write('deleted', minutesAgo(2))).status).toBe(204);
  expect(await countOf('deleted')).toBe(1);
  expect((await remove({}, 'POST', 'clean_tombstones')).status).toBe(204);
  expect(await countOf('deleted')).toBe(1);
});

it('deletes what waited for its commit when it was asked', async () => {
  const writing = write('waiting', minutesAgo(5, 4));
  await expect.poll(async () => /in_flight_bytes [1-9]/.test(await metrics.render()), { interval: 1 }).toBe(true);
  expect((await remove({ 'match[]': 'waiting' })).status).toBe(204);
  expect((await writing).status).toBe(204);
  expect(await countOf('waiting')).toBe(0);
});

it('refuses in the shape of Prometheus what it cannot take', async () => {
  for (const [parameters, said] of [
    [{}, 'no match[] parameter provided'],
    [{ 'match[]': '{a=~".*"}' }, 'non-empty matcher'],
    [{ 'match[]': 'up', start: '10', end: '5' }, 'before start time'],
  ] as const) {
    const answer = await remove(parameters);
    expect(answer.status).toBe(400);
    expect(await answer.json()).toMatchObject({
      status: 'error',
      errorType: 'bad_data',
      error: expect.stringContaining(said),
    });
  }
});

it('is a command, which counts first', async () => {
  await write('commanded', minutesAgo(5, 4, 3));
  const lines: string[] = [];
  const print = vi.spyOn(console, 'log').mockImplementation((line) => void lines.push(line));
  try {
    const command = ['node', 'binnacle', 'series', 'delete', '--url', gateway.url, '-m', 'commanded', '-m', 'none'];
    expect(await runCli([...command, '--dry-run'])).toBe(0);
    expect(await countOf('commanded')).toBe(3);
    expect(await runCli([...command, '--clean'])).toBe(0);
  } finally {
    print.mockRestore();
  }
  expect(lines).toEqual(['would delete 3 samples of 1 series', 'deleted 3 samples of 1 series']);
  expect(await countOf('commanded')).toBe(0);
});

it('is off unless it was switched on', async () => {
  await gateway.stop();
  gateway = await start(false);
  for (const door of ['delete_series', 'clean_tombstones']) {
    const answer = await remove({ 'match[]': 'up' }, 'POST', door);
    expect(answer.status).toBe(403);
    expect(await answer.json()).toMatchObject({ error: expect.stringMatching(/^admin APIs disabled/) });
  }
});
