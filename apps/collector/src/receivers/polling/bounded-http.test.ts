import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { addressOf, below, getJson, request } from './bounded-http.ts';
import { localServer } from './local-server.ts';

const limits = () => ({ signal: AbortSignal.timeout(5000) });

describe('bounded HTTP', () => {
  it('refuses a body that is too long without reading it all', async () => {
    await using server = await localServer((_asked, response) => {
      response.writeHead(200);
      const write = (): void => {
        while (!response.destroyed && response.write('x'.repeat(65_536)));
        response.once('drain', write);
      };
      write();
    });
    await expect(request(new URL(server.url), {}, { ...limits(), maxBytes: 100_000 })).rejects.toThrow(
      'answered more than 100000 bytes',
    );
  });

  it('names the place where JSON has another shape, and never quotes the body', async () => {
    await using server = await localServer(() => ({ items: [{ name: 'secret-name' }] }));
    const shape = z.object({ items: z.array(z.object({ name: z.number() })) });
    const error = await getJson(new URL(server.url), shape, limits()).catch((caught: Error) => caught);
    expect(String(error)).toContain('at "items.0.name"');
    expect(String(error)).not.toContain('secret-name');
  });

  it.each([
    [401, 'answered 401; check the token'],
    [404, 'answered 404; check the address'],
    [500, 'answered 500.'],
  ])('explains status %i', async (status, sentence) => {
    await using server = await localServer(() => [status, {}]);
    await expect(getJson(new URL(`${server.url}/x`), z.object({}), limits())).rejects.toThrow(sentence);
  });

  it('says so when the answer breaks off, and when nothing listens', async () => {
    await using server = await localServer((_asked, response) => {
      response.writeHead(200, { 'content-length': '100' }).write('{');
      setImmediate(() => response.destroy());
    });
    await expect(request(new URL(server.url), {}, limits())).rejects.toThrow('broke off in the middle');
    await expect(request(new URL('http://127.0.0.1:1'), {}, limits())).rejects.toThrow('nothing listens there');
  });

  it('ends with the reason of the signal, before, during and after the answer', async () => {
    await using server = await localServer((_asked, response) => {
      response.writeHead(200).write('{');
    });
    const stopped = new Error('stopped');
    await expect(request(new URL(server.url), {}, { signal: AbortSignal.abort(stopped) })).rejects.toBe(stopped);
    const controller = new AbortController();
    const asked = request(new URL(server.url), {}, { signal: controller.signal });
    while (server.asked.length === 0) await new Promise(setImmediate);
    controller.abort(stopped);
    await expect(asked).rejects.toBe(stopped);
  });

  it('shows addresses without query, and joins paths below a base that has one', () => {
    expect(addressOf('https://a:1/base?token=x')).toBe('https://a:1/base');
    expect(below('http://a/base/', '/x', { q: '1', none: undefined }).href).toBe('http://a/base/x?q=1');
  });
});
