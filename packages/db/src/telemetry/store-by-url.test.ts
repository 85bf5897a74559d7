import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { labelsFromObject } from '@binnacle/shared/telemetry/labels.ts';
import { isStale, SampleBatch } from '@binnacle/shared/telemetry/sample-batch.ts';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openRemoteEngine } from './engine/remote-engine.ts';
import { bytesOf, nativeBlock } from './native/native-writer.ts';
import { openTelemetryStore } from './store.ts';

interface Asked {
  readonly path: string;
  readonly query: URLSearchParams;
  readonly authorization: string | undefined;
  readonly body: Buffer;
}

/** What the fake server answers: a status and bytes, or it hangs up, or it never answers. */
type Answer = { status?: number; body?: Uint8Array | string; hang?: boolean; cut?: boolean };

describe('the requests, against a server that only listens', () => {
  const limits = { maxExecutionSeconds: 5, maxMemoryBytes: 1e9 };
  let server: Server;
  let url: string;
  let asked: Asked[];
  let answer: (asked: Asked) => Answer;

  beforeEach(async () => {
    asked = [];
    answer = () => ({ body: '1\n' });
    server = createServer(async (request: IncomingMessage, response) => {
      const pieces: Buffer[] = [];
      for await (const piece of request) pieces.push(piece as Buffer);
      const { pathname, searchParams } = new URL(request.url ?? '/', 'http://server');
      const one = {
        path: pathname,
        query: searchParams,
        authorization: request.headers.authorization,
        body: Buffer.concat(pieces),
      };
      asked.push(one);
      const { status = 200, body = '', hang = false, cut = false } = answer(one);
      if (hang) return;
      response.writeHead(status, status === 200 ? {} : { 'x-clickhouse-exception-code': '60' });
      response.write(body);
      if (cut) response.destroy();
      else response.end();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `http://harbour:s%3Acret@127.0.0.1:${(server.address() as AddressInfo).port}/binnacle`;
  });

  afterEach(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  const sqlOf = ({ query, body }: Asked) => query.get('query') ?? body.toString();

  test('carry the login as a header and name the database in the SQL', async () => {
    const engine = await openRemoteEngine({ url }, 2, limits);
    await engine.command('CREATE DATABASE IF NOT EXISTS binnacle');
    expect(asked.map(({ authorization }) => authorization)).toEqual(
      asked.map(() => `Basic ${Buffer.from('harbour:s:cret').toString('base64')}`),
    );
    expect(asked.every(({ path, query }) => path === '/' && !query.has('password'))).toBe(true);
    await engine.close();
  });

  test('insert Native blocks as they are, and wait until the rows are in the table', async () => {
    const engine = await openRemoteEngine({ url }, 2, limits);
    const pieces = nativeBlock(1, [{ name: 'value', type: 'Float64', data: [bytesOf(Uint32Array.of(2, 0x7ff00000))] }]);
    await engine.insertNative('binnacle.samples', ['value'], pieces);
    const insert = asked.at(-1) as Asked;
    expect(insert.query.get('query')).toBe('INSERT INTO binnacle.samples (value) FORMAT Native');
    expect(insert.query.get('async_insert')).toBe('0');
    expect(insert.query.get('wait_end_of_query')).toBe('1');
    expect(insert.body).toEqual(Buffer.concat(pieces));
    await engine.close();
  });

  test('read with limits, and stop the query in the server when the reader goes away', async () => {
    const engine = await openRemoteEngine({ url }, 2, limits);
    const block = Buffer.concat(nativeBlock(1, [{ name: 'a', type: 'UInt32', data: [bytesOf(Uint32Array.of(7))] }]));
    answer = (one) => ({ body: sqlOf(one).startsWith('SELECT') ? block : '' });
    const pieces: Uint8Array[] = [];
    for await (const piece of engine.read('SELECT a FROM t', { heavy: true })) pieces.push(piece);
    expect(Buffer.concat(pieces)).toEqual(block);
    expect(sqlOf(asked.at(-1) as Asked)).toMatch(
      /^SELECT a FROM t SETTINGS max_execution_time = 5, max_memory_usage = 1000000000,.* FORMAT Native$/,
    );

    answer = (one) => (sqlOf(one).startsWith('SELECT') ? { hang: true } : {});
    const abort = new AbortController();
    const reading = (async () => {
      for await (const _ of engine.read('SELECT b FROM t', { heavy: true, signal: abort.signal }));
    })();
    const rejected = expect(reading).rejects.toMatchObject({ code: 'query_canceled' });
    await expect.poll(() => sqlOf(asked.at(-1) as Asked)).toContain('SELECT b');
    const queryId = asked.at(-1)?.query.get('query_id');
    abort.abort();
    await rejected;
    await expect.poll(() => sqlOf(asked.at(-1) as Asked)).toBe(`KILL QUERY WHERE query_id = '${queryId}' ASYNC`);
    await engine.close();
  });

  test.each<[what: string, answer: Answer, code: string]>([
    ['refuses', { status: 404, body: 'Code: 60. DB::Exception: Unknown table. (UNKNOWN_TABLE)' }, 'store_unavailable'],
    [
      'is out of time',
      { status: 500, body: 'Code: 159. DB::Exception: Timeout exceeded. (TIMEOUT_EXCEEDED)' },
      'query_timeout',
    ],
    [
      'is out of memory',
      { status: 500, body: 'Code: 241. DB::Exception: Memory limit. (MEMORY_LIMIT_EXCEEDED)' },
      'query_limit',
    ],
    ['hangs up', { body: 'x', cut: true }, 'store_unavailable'],
  ])('fail by the catalogue where the server %s', async (_, failing, code) => {
    const engine = await openRemoteEngine({ url }, 2, limits);
    answer = () => failing;
    const reading = (async () => {
      for await (const _ of engine.read('SELECT 1', { heavy: true }));
    })();
    await expect(reading).rejects.toMatchObject({ code });
    await engine.close();
  });

  test('a server that is away is store_unavailable, without the password in the text', async () => {
    const { port } = server.address() as AddressInfo;
    await new Promise((resolve) => server.close(resolve));
    const error = await openTelemetryStore({ url: `http://harbour:secret@127.0.0.1:${port}` }).catch(
      (caught: unknown) => caught,
    );
    expect(error).toMatchObject({ code: 'store_unavailable', retry: true });
    expect(String(error)).not.toContain('secret');
    server.listen(0);
  });

  test.each(['nonsense', 'http://h:8123/a-b', 'http://h:8123/a;drop'])('refuses the address %j', async (address) => {
    await expect(openTelemetryStore({ url: address })).rejects.toMatchObject({ code: 'bad_config' });
  });
});

/**
 * Set CLICKHOUSE_URL to a server whose login may create databases, and CLICKHOUSE_CLUSTER where they shall be spread over its
 * cluster; the test makes and drops one of its own.
 */
describe.skipIf(process.env.CLICKHOUSE_URL === undefined)('a ClickHouse server at CLICKHOUSE_URL', () => {
  test('stores and answers as the embedded store does', async () => {
    const url = new URL(process.env.CLICKHOUSE_URL as string);
    const database = `binnacle_test_${process.pid}`;
    url.pathname = `/${database}`;
    const cluster = process.env.CLICKHOUSE_CLUSTER;
    const place = { url: url.href, ...(cluster === undefined ? {} : { cluster }) };
    const store = await openTelemetryStore(place);
    const other = await openTelemetryStore(place, { refreshSeconds: 3600 });
    const engine = await openRemoteEngine({ url: url.href }, 1, { maxExecutionSeconds: 10, maxMemoryBytes: 1e9 });
    try {
      const now = Date.now();
      const batch = new SampleBatch();
      const series = batch.addSeries(labelsFromObject({ __name__: 'up', text: 'Kiel ⚓' }));
      batch.append(series, now, 1.5);
      batch.appendStale(series, now + 1);
      await store.insert([batch]);
      await other.refresh();
      expect(await other.labelValues('text', [], { fromMs: now, toMs: now })).toEqual(['Kiel ⚓']);
      const found = await store.select([{ name: 'text', op: '=', value: 'Kiel ⚓' }], { fromMs: now, toMs: now });
      const back: unknown[] = [];
      for await (const slab of store.scan({ series: found, fromMs: now, toMs: now + 1, maxSamples: 10 })) {
        for (let i = 0; i < (slab.ends[0] as number); i++)
          back.push([slab.timestamps[i], isStale(slab.valueWords, i) || slab.values[i]]);
      }
      expect(back).toEqual([
        [now, 1.5],
        [now + 1, true],
      ]);
      await store.putRecords([{ kind: 'mcp_tool', key: 'k', at: now, cluster: '', body: { a: 1 } }]);
      expect(await store.listRecords({ kind: 'mcp_tool', limit: 5 })).toHaveLength(1);
    } finally {
      const on = cluster === undefined ? '' : ` ON CLUSTER '${cluster}'`;
      await engine.command(`DROP DATABASE IF EXISTS ${database}${on} SYNC`);
      await engine.close();
      await store.close();
      await other.close();
    }
  });
});
