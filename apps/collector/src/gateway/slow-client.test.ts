import { connect, type Socket } from 'node:net';
import { setInterval as every } from 'node:timers/promises';
import { pino } from 'pino';
import { expect, it, onTestFinished } from 'vitest';
import { limitsWith } from '../pipeline/limits.ts';
import { createServer } from './server.ts';

const mebibyte = 1024 * 1024;

/** A server with one door, a body limit of 1 MiB, and room for the bodies of one such request. */
async function open(requestTimeoutMs: number, slowGraceMs = 60_000): Promise<{ port: number; origin: string }> {
  const app = createServer({
    authorize: async () => undefined as never,
    limits: limitsWith({ bodyBytes: mebibyte, inFlightBytes: mebibyte }),
    log: pino({ level: 'silent' }),
    requestTimeoutMs,
    slowGraceMs,
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
  onTestFinished(() => void socket.destroy());
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

const announcing = `POST /door HTTP/1.1\r\nhost: a\r\ncontent-type: a/b\r\ncontent-length: ${mebibyte}\r\n\r\n`;
const honest = async (origin: string) =>
  (await fetch(`${origin}/door`, { method: 'POST', body: Buffer.alloc(1000), headers: { 'content-type': 'a/b' } }))
    .status;

it('cuts off who sends a byte at a time, says 408, and keeps nobody out meanwhile', async () => {
  const { origin, port } = await open(250);
  let over = false;
  const slow = Promise.all(Array.from({ length: 20 }, () => trickle(port, announcing))).finally(() => {
    over = true;
  });
  while (!over) expect(await honest(origin)).toBe(200);
  for (const answer of await slow) {
    expect(answer).toMatch(/^HTTP\/1\.1 408 /);
    expect(answer).toMatch(/"code":"request_timeout"/);
  }
});

it('cuts off slow bodies early when the room that they hold is needed', async () => {
  const { origin, port } = await open(60_000, 200);
  // Together more than there is room for: the last ones are told 503.
  const slow = Array.from({ length: 60 }, () => trickle(port, announcing + 'x'.repeat(20_000)));
  await expect.poll(() => honest(origin), { interval: 5 }).toBe(503);
  await expect.poll(() => honest(origin), { interval: 5 }).toBe(200);
  const first = await Promise.race(slow.slice(0, 20));
  expect(first).toMatch(/^HTTP\/1\.1 408 /);
  expect(first).toMatch(/connection: close/i);
  expect(first).toMatch(/limits\.slowBodyBytesPerSecond/);
});

it('cuts off who never ends the headers', async () => {
  const { port } = await open(250);
  expect(await trickle(port, 'POST /door HTTP/1.1\r\nhost: a\r\nx-a: ')).toMatch(/^HTTP\/1\.1 408 /);
});

it('answers what is no HTTP with 400', async () => {
  const { port } = await open(10_000);
  expect(await trickle(port, 'hello\r\n\r\n')).toMatch(/^HTTP\/1\.1 400 /);
});
