import { request as httpRequest, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { gunzip, zstdDecompress } from 'node:zlib';
import type { Engine } from '@binnacle/promql/engine/engine.ts';
import type { QueryResult } from '@binnacle/promql/result/result.ts';
import { labelsFromObject } from '@binnacle/shared/telemetry/labels.ts';
import fastify from 'fastify';
import { afterEach, describe, expect, test } from 'vitest';
import { accepts, sendBytes } from './answers.ts';
import { encodingFor } from './compression.ts';
import { openApi } from './open-api.ts';

const grid = { startMs: 0, stepMs: 1000, count: 1000 };
const timestamps = Float64Array.from({ length: grid.count }, (_, step) => step * 1000);

/** Answers every query with so many series of 1,000 points. */
function engineOf(series: number): Engine {
  const result: QueryResult = {
    value: {
      type: 'matrix',
      grid,
      series: Array.from({ length: series }, (_, s) => ({
        labels: labelsFromObject({ series: `${s}` }),
        timestamps,
        values: timestamps.map((_, step) => step / 7),
      })),
    },
    warnings: [],
    infos: [],
    stats: { samplesRead: 1, series, peakSamples: 3, durationMs: 2 },
  };
  const explain = () => Promise.reject(new Error('not asked'));
  return { instant: async () => result, range: async () => result, explain };
}
const range = '/api/v1/query_range?query=x&start=0&end=999&step=1';

describe('compression', () => {
  test.each([
    [undefined, undefined],
    ['', undefined],
    ['identity', undefined],
    ['br, deflate', undefined],
    ['gzip', 'gzip'],
    ['gzip, deflate, br, zstd', 'zstd'],
    ['gzip;q=1.0, zstd;q=0.5', 'gzip'],
    ['gzip;q=0', undefined],
    ['GZIP', 'gzip'],
    ['*', 'zstd'],
    ['zstd;q=0, *;q=0.1', 'gzip'],
  ])('%s asks for %s', (header, encoding) => {
    expect(encodingFor(header)).toBe(encoding);
  });

  test.each([
    ['gzip', promisify(gunzip)],
    ['zstd', promisify(zstdDecompress)],
  ] as const)('%s, of a stream and of a text', async (encoding, decompress) => {
    for (const series of [1, 40]) {
      const app = await openApi({ engine: engineOf(series) });
      const plain = await app.inject(range);
      const answer = await app.inject({ url: range, headers: { 'accept-encoding': encoding } });
      expect(answer.headers['content-encoding']).toBe(encoding);
      expect(answer.headers.vary).toContain('Accept-Encoding');
      expect(answer.rawPayload.length).toBeLessThan(plain.rawPayload.length / 2);
      expect((await decompress(answer.rawPayload)).toString()).toBe(plain.body);
    }
  });

  test('not of what is small, nor of an error', async () => {
    const app = await openApi();
    for (const url of ['/api/v1/query?query=1', '/api/v1/query?query=(']) {
      const answer = await app.inject({ url, headers: { 'accept-encoding': 'gzip' } });
      expect(answer.headers['content-encoding']).toBeUndefined();
      expect(answer.json()).toHaveProperty('status');
    }
  });

  test('forms are not taken compressed', async () => {
    const answer = await (await openApi()).inject({
      method: 'POST',
      url: '/api/v1/query',
      headers: { 'content-type': 'application/x-www-form-urlencoded', 'content-encoding': 'gzip' },
      payload: 'query=1',
    });
    expect(answer.statusCode).toBe(415);
    expect(answer.json()).toMatchObject({ status: 'error', errorType: 'bad_data' });
  });
});

describe('a binary matrix', () => {
  const accept = 'application/vnd.binnacle.matrix';

  test('for whom names it', () => {
    expect(accepts(`${accept}, application/json;q=0.9`, accept)).toBe(true);
    expect(accepts(`application/json, ${accept};q=0`, accept)).toBe(false);
    expect(accepts('*/*', accept)).toBe(false);
    expect(accepts(undefined, accept)).toBe(false);
  });

  test('with its length, stats and warnings; errors are JSON', async () => {
    const app = await openApi({ engine: engineOf(40) });
    const answer = await app.inject({ url: `${range}&stats=all&limit=39`, headers: { accept } });
    expect(answer.headers['content-type']).toBe(accept);
    expect(answer.headers['content-length']).toBe(`${answer.rawPayload.length}`);
    const header = answer.rawPayload.subarray(8, 8 + answer.rawPayload.readUInt32LE(4)).toString();
    expect(JSON.parse(header)).toMatchObject({
      resultType: 'matrix',
      count: 1000,
      series: Array.from({ length: 39 }, (_, s) => ({ series: `${s}` })),
      warnings: ['results truncated due to limit'],
      stats: { timings: { execTotalTime: 0.002 }, samples: { samplesRead: 1, peakSamples: 3 }, series: 40 },
    });
    expect(answer.rawPayload.readDoubleLE(answer.rawPayload.length - 8)).toBe(999 / 7);
    const refused = await app.inject({ url: '/api/v1/query_range?query=x', headers: { accept } });
    expect(refused.headers['content-type']).toMatch(/^application\/json/);
  });

  test('not of what has none: JSON then', async () => {
    const answer = await (await openApi()).inject({ url: '/api/v1/query?query="a"', headers: { accept } });
    expect(answer.json()).toMatchObject({ data: { resultType: 'string' } });
  });
});

describe('a large answer', () => {
  const closing: (() => Promise<unknown>)[] = [];
  afterEach(async () => {
    for (const close of closing.splice(0)) await close();
  });

  /** Serves chunks without end and counts them. */
  async function endless(stalledMs?: number) {
    const seen = { chunks: 0, ended: Promise.withResolvers<void>() };
    function* chunks(): Generator<Uint8Array> {
      try {
        for (;;) {
          seen.chunks++;
          yield Buffer.alloc(128 * 1024, 'x');
        }
      } finally {
        seen.ended.resolve();
      }
    }
    const app = fastify();
    app.get('/', async (_request, reply) => sendBytes(reply, 'text/plain', chunks(), stalledMs));
    await app.listen({ port: 0, host: '127.0.0.1' });
    closing.push(() => app.close());
    return { seen, port: (app.server.address() as AddressInfo).port };
  }
  const answerOf = (port: number): Promise<IncomingMessage> =>
    new Promise((resolve, reject) => {
      const asked = httpRequest({ port, host: '127.0.0.1' }, resolve);
      asked.on('error', reject);
      asked.end();
    });

  test('waits for a client that does not read, and ends with it', async () => {
    const { seen, port } = await endless();
    const response = await answerOf(port);
    response.on('error', () => undefined);
    // Not read: after the buffers of both ends are full nothing more is made.
    let before = -1;
    while (before !== seen.chunks) {
      before = seen.chunks;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    expect(seen.chunks).toBeLessThan(500);
    response.destroy();
    await seen.ended.promise;
  });

  test('is ended where its client does not read at all', async () => {
    const { seen, port } = await endless(200);
    const response = await answerOf(port);
    const failed = new Promise((resolve) => response.once('error', resolve));
    await seen.ended.promise;
    response.resume();
    await failed;
  });

  test('leaves others their turn', async () => {
    const app = await openApi({ engine: engineOf(2000) });
    await app.listen({ port: 0, host: '127.0.0.1' });
    const { port } = app.server.address() as AddressInfo;
    const response = await new Promise<IncomingMessage>((resolve) =>
      httpRequest({ port, host: '127.0.0.1', path: range }, resolve).end(),
    );
    let turns = 0;
    const timer = setInterval(() => turns++, 1);
    const body = await buffer(response);
    clearInterval(timer);
    expect(body.length).toBeGreaterThan(40_000_000);
    expect(turns).toBeGreaterThan(10);
  });
});
