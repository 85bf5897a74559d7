import { mkdtempSync, rmSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openEmbeddedEngine } from '@binnacle/db/telemetry/engine/embedded-engine.ts';
import type { Engine as StoreEngine } from '@binnacle/db/telemetry/engine/engine.ts';
import { openTelemetryStore, type StoreOptions, type TelemetryStore } from '@binnacle/db/telemetry/store.ts';
import { createEngine } from '@binnacle/promql/engine/engine.ts';
import type { EngineOptions } from '@binnacle/promql/engine/settings.ts';
import { labelsFromObject } from '@binnacle/shared/telemetry/labels.ts';
import { SampleBatch } from '@binnacle/shared/telemetry/sample-batch.ts';
import type { FastifyInstance } from 'fastify';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openApi } from './open-api.ts';

const dataDir = mkdtempSync(join(tmpdir(), 'binnacle-limits-'));
/** Whole hours: 8,000 samples every 10 s up to here. */
const end = Math.floor(Date.now() / 3_600_000) * 3_600_000;
const seriesCount = 200;
const samplesPerSeries = 8000;
let store: TelemetryStore;
/** Looks at what runs in the same engine. */
let watch: StoreEngine;

async function open(options: StoreOptions = {}): Promise<void> {
  store = await openTelemetryStore({ dataDir }, { sessions: 2, ...options });
  watch = await openEmbeddedEngine(dataDir, 1, { maxExecutionSeconds: 20, maxMemoryBytes: 1e9 });
}

async function close(): Promise<void> {
  await watch.close();
  await store.close();
}

beforeAll(async () => {
  await open();
  const batch = new SampleBatch();
  for (let s = 0; s < seriesCount; s++) {
    const series = batch.addSeries(labelsFromObject({ __name__: 'x_total', host: `h${s}` }));
    for (let i = 0; i < samplesPerSeries; i++) batch.append(series, end - (samplesPerSeries - 1 - i) * 10_000, i / 3);
  }
  await store.insert([batch]);
}, 60_000);

afterAll(async () => {
  await close();
  rmSync(dataDir, { recursive: true, force: true });
});

const api = (options: Partial<EngineOptions> = {}): Promise<FastifyInstance> =>
  openApi({ reader: store, engine: createEngine({ reader: store, ...options }), now: () => end });

const range = (query: string, hours: number, step: string, more = ''): string =>
  `/api/v1/query_range?query=${encodeURIComponent(query)}&start=${end / 1000 - hours * 3600}&end=${end / 1000}&step=${step}${more}`;

/** Our reads that ClickHouse is answering: what it was asked by others, such as the watch itself, has no such mark. */
async function running(): Promise<string[]> {
  const rows = await watch.rows<{ query: string }>('SELECT query FROM system.processes');
  return rows.map(({ query }) => query).filter((query) => query.includes('/* binnacle-read-'));
}

describe('a query that meets a limit is told which, and what it is', () => {
  test.each<[limit: string, options: Partial<EngineOptions>, url: string, status: number, type: string, said: string]>([
    [
      'points',
      { maxPoints: 100 },
      range('x_total', 1, '15s'),
      400,
      'bad_data',
      'exceeded maximum resolution of 100 points per timeseries',
    ],
    ['series', { maxSeries: 150 }, range('x_total', 1, '60s'), 422, 'execution', 'selects 200 series, more than 150'],
    [
      'samples read',
      { maxSamplesRead: 50_000, plan: 'stream' },
      range('sum(x_total)', 1, '60s'),
      422,
      'execution',
      'would read more than 50000 samples',
    ],
    [
      'samples read by the store itself',
      { maxSamplesRead: 50_000, plan: 'push-down' },
      range('sum(rate(x_total[5m]))', 1, '60s'),
      422,
      'execution',
      '50000 samples',
    ],
    [
      'samples and values held',
      { maxSamples: 100_000, plan: 'stream' },
      range('x_total + x_total offset 10m', 1, '15s'),
      422,
      'execution',
      'at once, more than 100000',
    ],
    [
      'samples and values held, of a subquery without data',
      { maxSamples: 100_000 },
      `/api/v1/query?query=${encodeURIComponent('count_over_time(vector(1)[10d:1s])')}`,
      422,
      'execution',
      'at once, more than 100000',
    ],
    [
      'time',
      { timeoutMs: 50, plan: 'stream' },
      range('sum(quantile_over_time(0.5, x_total[6h]))', 20, '10s'),
      503,
      'timeout',
      'took longer than 0.05 s',
    ],
    [
      'time that the request names',
      { plan: 'stream' },
      range('sum(quantile_over_time(0.5, x_total[6h]))', 20, '10s', '&timeout=50ms'),
      503,
      'timeout',
      'took longer than 0.05 s',
    ],
  ])('%s', async (_, options, url, status, errorType, said) => {
    const answer = await (await api(options)).inject(url);
    expect(answer.json()).toEqual({ status: 'error', errorType, error: expect.stringContaining(said) });
    expect(answer.statusCode).toBe(status);
    expect(answer.headers['retry-after'] !== undefined).toBe(status === 503);
    await expect.poll(running).toEqual([]);
  });

  test('memory that others hold', async () => {
    const engine = createEngine({ reader: store, maxSamples: 400_000, maxSamplesTogether: 48_000, plan: 'stream' });
    const app = await openApi({ reader: store, engine, now: () => end });
    const large = range('x_total', 1, '15s');
    // What was sent is held no longer.
    for (let i = 0; i < 3; i++) expect((await app.inject(large)).statusCode).toBe(200);
    let letGo = (): void => {};
    const hour = { startMs: end - 3_600_000, endMs: end, stepMs: 15_000 };
    await engine.range({ query: 'x_total', ...hour, onAnswer: (done) => (letGo = done) });
    const refused = await app.inject(large);
    expect(refused.statusCode).toBe(503);
    expect(refused.headers['retry-after']).toBe('5');
    expect(refused.json()).toMatchObject({
      errorType: 'unavailable',
      error: expect.stringMatching(/other large queries hold the memory \(\d+ of 48000 samples and values\)/),
    });
    expect((await app.inject('/api/v1/query?query=vector(1)')).statusCode).toBe(200);
    letGo();
    expect((await app.inject(large)).statusCode).toBe(200);
  });
});

/** Asks over a socket; `leave` closes it. */
function ask(port: number, path: string): { answered: Promise<number | 'gone'>; leave: () => void } {
  const { promise, resolve } = Promise.withResolvers<number | 'gone'>();
  const request = httpRequest({ port, host: '127.0.0.1', path, agent: false }, (response) => {
    response.resume();
    response.once('end', () => resolve(response.statusCode ?? 0));
  });
  request.on('error', () => resolve('gone'));
  request.end();
  return { answered: promise, leave: () => request.destroy() };
}

async function listen(options: Partial<EngineOptions>) {
  const ended: string[] = [];
  const engine = createEngine({ reader: store, ...options });
  const noting = <Result>(work: Promise<Result>): Promise<Result> => {
    work.then(
      () => ended.push('answered'),
      (error: { code?: string }) => ended.push(String(error.code)),
    );
    return work;
  };
  const app = await openApi({
    reader: store,
    now: () => end,
    engine: {
      ...engine,
      instant: (query) => noting(engine.instant(query)),
      range: (query) => noting(engine.range(query)),
    },
  });
  await app.listen({ port: 0, host: '127.0.0.1' });
  return { ended, port: (app.server.address() as AddressInfo).port };
}

/** ClickHouse works for seconds on these, where it is not stopped. */
const heavy = range('sum(rate(x_total[5h]))', 20, '10s');

test('a client that leaves ends its query within ClickHouse, and its place is free again', async () => {
  const { port, ended } = await listen({ plan: 'push-down' });
  const clients = [1, 2, 3, 4].map(() => ask(port, heavy));
  await expect.poll(running, { timeout: 20_000, interval: 5 }).not.toEqual([]);
  for (const { leave } of clients) leave();
  expect(await Promise.all(clients.map(({ answered }) => answered))).toEqual(['gone', 'gone', 'gone', 'gone']);
  await expect.poll(() => ended).toEqual(Array.from({ length: 4 }, () => 'query_canceled'));
  await expect.poll(running).toEqual([]);
  for (const hosts of ['h1', 'h1|h2', 'h.']) {
    expect(await ask(port, range(`x_total{host=~"${hosts}"}`, 1, '60s')).answered).toBe(200);
  }
}, 60_000);

test('clients that leave at any moment leave nothing behind', async () => {
  const { port, ended } = await listen({ plan: 'stream', maxSamplesTogether: 3_000_000, maxSamples: 2_900_000 });
  const path = range('sum by (host) (rate(x_total[5m])) / x_total', 20, '60s');
  const clients: ReturnType<typeof ask>[] = [];
  for (let i = 0; i < 24; i++) {
    const client = ask(port, path);
    clients.push(client);
    // Every moment from before the first byte to well into the answer.
    for (let turn = 0; turn < i * i; turn++) await new Promise((resolve) => setImmediate(resolve));
    client.leave();
  }
  await Promise.all(clients.map(({ answered }) => answered));
  await expect.poll(running).toEqual([]);
  const before = ended.length;
  await expect.poll(async () => ask(port, path).answered, { timeout: 20_000 }).toBe(200);
  expect(ended.length).toBeGreaterThan(before);
}, 60_000);

test('small queries are answered while heavy ones fill the engine', async () => {
  const { port } = await listen({ plan: 'push-down' });
  let heavyAnswered = 0;
  const heavyOnes = Array.from({ length: 40 }, () => ask(port, heavy));
  for (const { answered } of heavyOnes) void answered.then(() => heavyAnswered++);
  await expect.poll(running, { timeout: 20_000, interval: 5 }).not.toEqual([]);
  for (let i = 0; i < 5; i++) {
    expect(await ask(port, `/api/v1/query?query=x_total{host="h${i}"}`).answered).toBe(200);
  }
  // In one line with the others each of them would have come after the forty.
  expect(heavyAnswered).toBeLessThan(30);
  for (const { leave } of heavyOnes) leave();
  await Promise.all(heavyOnes.map(({ answered }) => answered));
  await expect.poll(running).toEqual([]);
}, 60_000);

test('memory of ClickHouse is a limit by its name and value', async () => {
  await close();
  await open({ maxQueryMemoryBytes: 4_000_000 });
  const answer = await (await api({ plan: 'push-down' })).inject(heavy);
  expect(answer.json()).toEqual({
    status: 'error',
    errorType: 'execution',
    error: expect.stringContaining("more than 4000000 bytes of ClickHouse's memory"),
  });
  expect(answer.statusCode).toBe(422);
}, 60_000);
