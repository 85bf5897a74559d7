import type { lookup } from 'node:dns';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { addressPolicy } from './address-policy.ts';
import { createGuardedFetch } from './guarded-fetch.ts';

describe('the address policy', () => {
  const strict = addressPolicy();
  it.each([
    ['8.8.8.8', true],
    ['2606:4700::1111', true],
    ['127.0.0.1', false],
    ['127.8.8.8', false],
    ['0.0.0.0', false],
    ['10.1.2.3', false],
    ['172.16.0.1', false],
    ['172.32.0.1', true],
    ['192.168.1.1', false],
    ['100.64.0.1', false],
    ['100.100.100.200', false],
    ['169.254.169.254', false],
    ['168.63.129.16', false],
    ['192.0.0.192', false],
    ['198.18.0.1', false],
    ['224.0.0.1', false],
    ['255.255.255.255', false],
    ['240.0.0.1', false],
    ['::1', false],
    ['::', false],
    ['fe80::1', false],
    ['fc00::1', false],
    ['fd00:ec2::254', false],
    ['fec0::1', false],
    ['ff02::1', false],
    ['::ffff:10.0.0.1', false],
    ['::ffff:7f00:1', false],
    ['::ffff:8.8.8.8', true],
    ['::7f00:1', false],
    ['::a00:1', false],
    ['64:ff9b::a00:1', false],
    ['2002:a00:1::', false],
    ['2001:0:1::1', false],
    ['2001:db8::1', false],
    ['localhost', false],
  ])('%s: %s', (address, allowed) => {
    expect(strict(address) === null).toBe(allowed);
  });

  it('opens the ranges that the operator names, and no other', () => {
    const policy = addressPolicy('10.0.0.0/8, ::1');
    expect(policy('10.9.9.9')).toBeNull();
    expect(policy('::ffff:10.9.9.9')).toBeNull();
    expect(policy('::1')).toBeNull();
    expect(policy('127.0.0.1')).not.toBeNull();
    expect(() => addressPolicy('10.0.0/8x')).toThrow('BINNACLE_ALLOW_PRIVATE_TARGETS');
  });
});

describe('a guarded request', () => {
  const seen: string[] = [];
  const server = createServer((request, response) => {
    seen.push(request.url ?? '');
    if (request.url === '/redirect') response.writeHead(302, { location: '/secret' }).end();
    else if (request.url === '/long') response.end('x'.repeat(100_000));
    else if (request.url !== '/hang') response.end('ok');
  });
  let port: number;
  beforeAll(async () => {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    port = (server.address() as AddressInfo).port;
  });
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });

  const names: Record<string, string[]> = { inside: ['127.0.0.1'], both: ['8.8.8.8', '127.0.0.1'] };
  const resolve = ((name: string, _options: unknown, done: (error: Error | null, found: unknown) => void) => {
    const found = names[name];
    if (found === undefined) done(Object.assign(new Error('no such name'), { code: 'ENOTFOUND' }), []);
    else
      done(
        null,
        found.map((address) => ({ address, family: 4 })),
      );
  }) as unknown as typeof lookup;

  it.each([
    ['http://inside:PORT/'],
    ['http://both:PORT/'],
    ['http://127.0.0.1:PORT/'],
    ['http://2130706433:PORT/'],
    ['http://0x7f.1:PORT/'],
    ['http://[::ffff:127.0.0.1]:PORT/'],
  ])('to %s is refused before a connection', async (url) => {
    const guarded = createGuardedFetch(addressPolicy(), resolve);
    await expect(guarded(url.replace('PORT', String(port)), { method: 'GET' })).rejects.toMatchObject({
      code: 'blocked_address',
    });
    await guarded.close();
    expect(seen).toEqual([]);
  });

  it('connects to the address that was checked, follows no redirect, reads no endless answer, waits no endless time', async () => {
    const guarded = createGuardedFetch(addressPolicy('127.0.0.1'), resolve);
    const at = (path: string) => `http://inside:${port}${path}`;
    expect(await guarded(at('/'), { method: 'POST', body: '{}' })).toMatchObject({ status: 200, text: 'ok' });
    expect((await guarded(at('/redirect'), { method: 'GET' })).status).toBe(302);
    expect(seen).not.toContain('/secret');
    expect((await guarded(at('/long'), { method: 'GET' })).text).toHaveLength(16_384);
    await expect(guarded(at('/hang'), { method: 'GET', timeoutMs: 100 })).rejects.toMatchObject({
      code: 'upstream_failed',
      message: 'The target did not answer in time.',
    });
    await expect(guarded('http://nowhere/', { method: 'GET' })).rejects.toThrow('cannot be resolved');
    await expect(guarded('file:///etc/passwd', { method: 'GET' })).rejects.toMatchObject({ code: 'bad_request' });
    await expect(guarded('http://a:b@inside/', { method: 'GET' })).rejects.toMatchObject({ code: 'bad_request' });
    await guarded.close();
  });
});
