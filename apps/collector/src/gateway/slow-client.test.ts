import { connect, type Socket } from 'node:net';
import { setInterval as every } from 'node:timers/promises';
import { pino } from 'pino';
import { expect, it, onTestFinished } from 'vitest';
import { limitsWith } from '../pipeline/limits.ts';
import { createServer } from './server.ts';

const mebibyte = 1024 * 1024;

/** A server with one door, a body limit of 1 MiB, and room for the bodies of one such request. */
async function open(requestTimeoutMs: number): Promise<{ port: number; origin: string }> {
  const app = createServer({
    authorize: async () => undefined as never,
    limits: limitsWith({ bodyBytes: mebibyte, inFlightBytes: mebibyte }),
    log: pino({ level: 'silent' }),
    requestTimeoutMs,
  });
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
  app.post('/door', { config: { action: 'telemetry:write' } }, async (request) => ({
    bytes: (request.body as Buffer).length,
  }));
  const origin = await app.listen({ host: '127.0.0.1', port: 0 });
  onTestFinished(() => app.close());
  return { origin, port: Number(new URL(origin).port) };
}

/** Sends a byte every few milliseconds until the server has had enough; resolves to what it answered. */
async function trickle(port: number, head: string): Promise<string> {
  const socket: Socket = connect(port, '127.0.0.1');
  let answer = '';
  socket.on('data', (chunk) => {
    answer += chunk;
  });
  socket.on('error', () => undefined);
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  socket.write(head);
  const stop = new AbortController();
  void closed.then(() => stop.abort());
  try {
    for await (const _ of every(20, undefined, { signal: stop.signal })) socket.write('x');
  } catch {
    // The connection ended, and the interval with it.
  }
  return answer;
}

it('cuts off who sends a byte at a time, says 408, and gives back what the body had reserved', async () => {
  const { origin, port } = await open(250);
  const head = `POST /door HTTP/1.1\r\nhost: a\r\ncontent-type: a/b\r\ncontent-length: ${mebibyte}\r\n\r\n`;
  const slow = trickle(port, head);
  const meanwhile = async () =>
    (await fetch(`${origin}/door`, { method: 'POST', body: Buffer.alloc(1000), headers: { 'content-type': 'a/b' } }))
      .status;
  // The slow body has reserved all the room there is.
  await expect.poll(meanwhile, { interval: 5 }).toBe(503);
  const answer = await slow;
  expect(answer).toMatch(/^HTTP\/1\.1 408 /);
  expect(answer).toMatch(/"code":"request_timeout"/);
  await expect.poll(meanwhile, { interval: 5 }).toBe(200);
});

it('cuts off who never ends the headers', async () => {
  const { port } = await open(250);
  expect(await trickle(port, 'POST /door HTTP/1.1\r\nhost: a\r\nx-a: ')).toMatch(/^HTTP\/1\.1 408 /);
});

it('answers what is no HTTP with 400', async () => {
  const { port } = await open(10_000);
  expect(await trickle(port, 'hello\r\n\r\n')).toMatch(/^HTTP\/1\.1 400 /);
});
