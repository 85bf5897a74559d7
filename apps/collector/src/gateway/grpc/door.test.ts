import { createServer } from 'node:net';
import { gzipSync } from 'node:zlib';
import { BinnacleError } from '@binnacle/shared/errors.ts';
import { status } from '@grpc/grpc-js';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { limitsWith } from '../../pipeline/limits.ts';
import { type OwnMetrics, startMetrics } from '../../telemetry/metrics.ts';
import { createAuthorize } from '../authentication.ts';
import { type GrpcDoorOptions, openGrpcDoor } from './door.ts';
import { framed, RawGrpc } from './test-call.ts';

const log = pino({ level: 'silent' });
const host = '127.0.0.1';
const path = '/test.Service/Export';
const megabyte = 1_000_000;
let metrics: OwnMetrics;

beforeAll(() => {
  metrics = startMetrics('gateway', 'test');
});
afterAll(() => metrics.stop());

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address !== null ? address.port : 0;
}

const echo = async (message: Buffer) => message;

async function open(handle: (message: Buffer) => Promise<Buffer> = echo, changes: Partial<GrpcDoorOptions> = {}) {
  const port = await freePort();
  const door = await openGrpcDoor({
    host,
    port,
    portSetting: 'BINNACLE_GRPC_PORT',
    authorize: createAuthorize({ host, apiKey: undefined, verifyKey: async () => undefined }),
    methods: [{ path, handle }],
    limits: limitsWith({ bodyBytes: megabyte, inFlightBytes: 2 ** 20 }),
    log,
    ...changes,
  });
  onTestFinished(() => door.stop());
  const client = new RawGrpc(`${host}:${port}`);
  onTestFinished(() => client.close());
  return { door, client, port };
}

describe('messages', () => {
  it('come as they were sent, plain and in gzip, an empty one too', async () => {
    const { client } = await open();
    expect(await client.call(path, framed(Buffer.from('plain')))).toMatchObject({
      status: status.OK,
      answer: Buffer.from('plain'),
    });
    const gzip = { 'grpc-encoding': 'gzip' };
    expect((await client.call(path, framed(gzipSync('in gzip'), true), gzip)).answer).toEqual(Buffer.from('in gzip'));
    expect(await client.call(path, framed(Buffer.alloc(0)))).toMatchObject({ status: 0, answer: Buffer.alloc(0) });
  });

  it.each([
    ['is larger than allowed', framed(Buffer.alloc(megabyte + 1)), {}, status.RESOURCE_EXHAUSTED, /limits\.bodyBytes/],
    [
      'inflates to more than allowed',
      framed(gzipSync(Buffer.alloc(64 * megabyte)), true),
      { 'grpc-encoding': 'gzip' },
      status.RESOURCE_EXHAUSTED,
      /limits\.bodyBytes/,
    ],
    [
      'is no gzip',
      framed(Buffer.from('no gzip'), true),
      { 'grpc-encoding': 'gzip' },
      status.INVALID_ARGUMENT,
      /not valid gzip/,
    ],
    [
      'is cut off within its gzip',
      framed(gzipSync(Buffer.alloc(5000)).subarray(0, 20), true),
      { 'grpc-encoding': 'gzip' },
      status.INVALID_ARGUMENT,
      /not valid gzip/,
    ],
    ['has another compression', framed(Buffer.from('x'), true), { 'grpc-encoding': 'br' }, status.UNIMPLEMENTED, /br/],
    ['is not there', Buffer.alloc(0), {}, status.UNIMPLEMENTED, /no request message/],
    [
      'is not alone',
      Buffer.concat([framed(Buffer.from('a')), framed(Buffer.from('b'))]),
      {},
      status.UNIMPLEMENTED,
      /second/,
    ],
    [
      'has a malformed deadline',
      framed(Buffer.from('x')),
      { 'grpc-timeout': 'soon' },
      status.INVALID_ARGUMENT,
      /grpc-timeout/,
    ],
  ])('one that %s is refused', async (_what, body, headers, code, message) => {
    const { client } = await open();
    const end = await client.call(path, body, headers as Record<string, string>);
    expect(end).toMatchObject({ status: code });
    expect(end.message).toMatch(message);
    // Senders of OTLP would take it for "later".
    expect(end.details).toHaveLength(0);
  });

  it('for a method that is not there are refused', async () => {
    const { client } = await open();
    expect((await client.call('/test.Service/Other', framed(Buffer.from('x')))).status).toBe(status.UNIMPLEMENTED);
  });
});

describe('errors', () => {
  const failing = (error: unknown) => async (): Promise<Buffer> => {
    throw error;
  };

  it.each([
    ['malformed_body', status.INVALID_ARGUMENT],
    ['body_too_large', status.INVALID_ARGUMENT],
    ['bad_sample', status.INVALID_ARGUMENT],
    ['internal', status.INTERNAL],
  ] as const)('%s is not tried again', async (code, expected) => {
    const { client } = await open(failing(new BinnacleError(code, 'Kiel ⚓ 100 %')));
    expect(await client.call(path, framed(Buffer.from('x')))).toMatchObject({
      status: expected,
      message: 'Kiel ⚓ 100 %',
      details: Buffer.alloc(0),
    });
  });

  it.each(['over_capacity', 'store_unavailable', 'disk_full'] as const)(
    '%s is UNAVAILABLE, and says for how long',
    async (code) => {
      const { client } = await open(failing(new BinnacleError(code, 'later', { retryAfterSeconds: 7 })));
      const end = await client.call(path, framed(Buffer.from('x')));
      expect(end).toMatchObject({ status: status.UNAVAILABLE, message: 'later' });
      // google.rpc.Status: code 14, message, one Any with RetryInfo{retry_delay{seconds: 7}}.
      const retryInfo = end.details.indexOf('type.googleapis.com/google.rpc.RetryInfo');
      expect(end.details.subarray(0, 2)).toEqual(Buffer.from([0x08, 14]));
      expect(retryInfo).toBeGreaterThan(0);
      expect(end.details.subarray(-2)).toEqual(Buffer.from([0x08, 7]));
    },
  );

  it('a text that is cut within a character is still sent', async () => {
    const { client } = await open(failing(new BinnacleError('bad_request', `${'x'.repeat(999)}😀`)));
    expect((await client.call(path, framed(Buffer.from('x')))).message).toHaveLength(1000);
  });

  it('what was not foreseen does not show its text', async () => {
    const { client } = await open(failing(new TypeError('secret of the house')));
    const end = await client.call(path, framed(Buffer.from('x')));
    expect(end.status).toBe(status.INTERNAL);
    expect(end.message).not.toContain('secret');
  });

  it('no room on the disk is said before the message is read', async () => {
    const ensureRoom = () => {
      throw new BinnacleError('disk_full', 'the disk is nearly full', { retryAfterSeconds: 30 });
    };
    const { client } = await open(echo, { ensureRoom });
    expect(await client.call(path, framed(Buffer.from('x')))).toMatchObject({
      status: status.UNAVAILABLE,
      message: 'the disk is nearly full',
    });
  });
});

describe('who gets in', () => {
  const readKey = 'bnk_read';
  const authorize = createAuthorize({
    host: '0.0.0.0',
    apiKey: 'a-key-of-the-settings',
    verifyKey: async (key) =>
      key === readKey ? { kind: 'key', id: '1', name: 'reader', scopes: ['read'] } : undefined,
  });
  const ask = async (headers: Record<string, string>) => {
    const { client } = await open(echo, { authorize });
    return (await client.call(path, framed(Buffer.from('x')), headers)).status;
  };

  it('off loopback a key is needed that may write', async () => {
    expect(await ask({})).toBe(status.UNAUTHENTICATED);
    expect(await ask({ authorization: 'Bearer wrong' })).toBe(status.UNAUTHENTICATED);
    expect(await ask({ authorization: `Bearer ${readKey}` })).toBe(status.PERMISSION_DENIED);
    expect(await ask({ authorization: 'Bearer a-key-of-the-settings' })).toBe(status.OK);
    const basic = Buffer.from('any:a-key-of-the-settings').toString('base64');
    expect(await ask({ authorization: `Basic ${basic}` })).toBe(status.OK);
  });

  it('on loopback nobody is asked, but a name that was bound to it is refused', async () => {
    const { client } = await open();
    expect((await client.call(path, framed(Buffer.from('x')), { ':authority': 'evil.example' })).status).toBe(
      status.PERMISSION_DENIED,
    );
  });
});

/** Begins so many calls that never end by themselves; gives the status that each of them gets. */
async function holdMany(client: RawGrpc, count: number, part: Uint8Array): Promise<Promise<number>[]> {
  const ends: Promise<number>[] = [];
  for (let i = 0; i < count; i++) {
    const { sent, end } = client.hold(path, part);
    ends.push(end);
    await sent;
  }
  return ends;
}

it('messages that are slow to come are cut off when their room is needed, and keep nobody out', async () => {
  const { client, port } = await open(echo, { slowGraceMs: 300 });
  const slow = new RawGrpc(`${host}:${port}`);
  onTestFinished(() => slow.close());
  const half = framed(Buffer.alloc(megabyte)).subarray(0, 20_000);
  const held = await holdMany(slow, 60, half);
  // There is room for 32 of them; those beyond wait for nobody.
  const ask = async () => (await client.call(path, framed(Buffer.from('x')))).status;
  await expect.poll(ask, { interval: 5 }).toBe(status.UNAVAILABLE);
  await expect.poll(ask, { interval: 5 }).toBe(status.OK);
  const cut = await Promise.race(held.slice(0, 32));
  expect(cut).toBe(status.UNAVAILABLE);
  expect(await metrics.render()).toMatch(/binnacle_grpc_refused_total\{[^}]*code="request_timeout"\} [1-9]/);
});

it('announced messages that never come keep nobody out', async () => {
  const { client, port } = await open();
  const slow = new RawGrpc(`${host}:${port}`);
  onTestFinished(() => slow.close());
  await holdMany(slow, 20, framed(Buffer.alloc(megabyte)).subarray(0, 1000));
  expect((await client.call(path, framed(Buffer.from('x')))).status).toBe(status.OK);
});

it('a stop waits for the calls that run', async () => {
  let finish: (() => void) | undefined;
  const begun = Promise.withResolvers<void>();
  const { client, door } = await open(async (message) => {
    begun.resolve();
    await new Promise<void>((resolve) => {
      finish = resolve;
    });
    return message;
  });
  const call = client.call(path, framed(Buffer.from('x')));
  await begun.promise;
  const stopped = door.stop();
  finish?.();
  expect((await call).status).toBe(status.OK);
  await stopped;
});

it('a taken port is one sentence', async () => {
  const { port } = await open();
  const again = openGrpcDoor({
    host,
    port,
    portSetting: 'BINNACLE_GRPC_PORT',
    authorize: async () => undefined,
    methods: [],
    limits: limitsWith(),
    log,
  });
  await expect(again).rejects.toMatchObject({
    code: 'conflict',
    message: `port ${port} on 127.0.0.1 is taken: stop the program that uses it, or set BINNACLE_GRPC_PORT to another port`,
  });
});

it('calls are counted by method and status', async () => {
  const { client } = await open();
  await client.call(path, framed(Buffer.from('x')));
  const text = await metrics.render();
  expect(text).toMatch(/binnacle_grpc_requests_total\{method="\/test\.Service\/Export",status="OK"\} \d+/);
  expect(text).toMatch(/binnacle_grpc_requests_total\{[^}]*status="RESOURCE_EXHAUSTED"\} 2/);
  expect(text).toMatch(/binnacle_grpc_refused_total\{[^}]*code="unauthenticated"\} 2/);
  expect(text).not.toContain('/test.Service/Other');
});
