import { request as httpRequest } from 'node:http';
import type { AddressInfo } from 'node:net';
import fastify from 'fastify';
import { expect, test } from 'vitest';
import { goneSignal } from './gone-signal.ts';

test('a client that left while its key was looked up has gone', async () => {
  const app = fastify();
  const arrived = Promise.withResolvers<void>();
  const handled = Promise.withResolvers<boolean>();
  app.addHook('onRequest', async (_request, reply) => {
    const closed = new Promise((resolve) => reply.raw.once('close', resolve));
    arrived.resolve();
    await closed;
  });
  app.get('/', async (request, reply) => {
    handled.resolve(goneSignal(request, reply).aborted);
    return '';
  });
  await app.listen({ port: 0, host: '127.0.0.1' });
  const asked = httpRequest({ port: (app.server.address() as AddressInfo).port, host: '127.0.0.1' });
  asked.on('error', () => undefined);
  asked.end();
  await arrived.promise;
  asked.destroy();
  expect(await handled.promise).toBe(true);
  await app.close();
});
