import type { State } from '@binnacle/db/state/open-state.ts';
import { startTestPostgres, type TestPostgres } from '@binnacle/db/state/testing/state-for-tests.ts';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { leaseMs, maxAttempts } from './outbox.ts';
import {
  ruleRow,
  startReceiver,
  TestClock,
  type TestOutbox,
  TestQueries,
  type TestReceiver,
  testEvaluator,
  testOutbox,
} from './testing/alert-bench.ts';

let postgres: TestPostgres;
beforeAll(async () => {
  postgres = await startTestPostgres();
  state = await postgres.freshState();
});
afterAll(() => postgres?.remove());

let state: State;
let clock: TestClock;
let receiver: TestReceiver;
let outbox: TestOutbox;
beforeEach(async () => {
  await postgres.empty(state);
  clock = new TestClock();
  receiver = await startReceiver();
  outbox = testOutbox(state, clock);
  const { id } = await state.prisma.notificationChannel.create({
    data: { name: 'ops', kind: 'slack', url: receiver.url },
  });
  channelId = id;
});
let channelId: string;
afterEach(async () => {
  await outbox.close();
  await receiver.close();
});

/** Lets the real evaluator queue a fire and, when asked, its resolve, for each of the GPUs. */
async function queue(gpus: readonly string[], resolved = false): Promise<void> {
  await state.prisma.alertRule.create({ data: ruleRow('Hot') });
  const queries = new TestQueries();
  queries.results.set(
    'Hot',
    gpus.map((gpu) => ({ labels: { gpu }, value: 90 })),
  );
  const evaluator = testEvaluator(state, queries, clock);
  await evaluator.runOnce();
  if (resolved) {
    queries.results.set('Hot', []);
    clock.pass(15);
    await evaluator.runOnce();
  }
  await evaluator.stop();
}

async function drain(): Promise<number> {
  let tried = 0;
  for (let now = await outbox.runOnce(); now > 0; now = await outbox.runOnce()) tried += now;
  return tried;
}

const rows = () => state.prisma.delivery.findMany({ orderBy: { sequence: 'asc' } });

it('sends each row once, the fire before its resolve, with a link', async () => {
  await queue(['1', '2'], true);
  expect(await drain()).toBe(4);
  expect(await drain()).toBe(0);
  const said = receiver.received.map(({ body }) => body);
  for (const gpu of ['1', '2']) {
    const mine = said
      .filter((body) => body.includes(`*gpu*\\n${gpu}"`))
      .map((body) => /Firing|Resolved/.exec(body)?.[0]);
    expect(mine).toEqual(['Firing', 'Resolved']);
  }
  expect(said[0]).toContain('https://binnacle.example/gpus');
  expect(await rows()).toMatchObject(
    Array.from({ length: 4 }, () => ({ state: 'sent', attempts: 1, lastStatus: 200 })),
  );
});

it.each([
  ['in seconds', () => '30'],
  ['as a date', (ms: number) => new Date(ms + 30_000).toUTCString()],
])('is quiet for the whole channel while the service asks for it %s', async (_, header) => {
  await queue(['1', '2', '3']);
  receiver.answer = (response) => response.writeHead(429, { 'retry-after': header(clock.ms) }).end('slow down');
  expect(await drain()).toBe(1);
  expect((await rows()).filter(({ lastStatus }) => lastStatus === 429)).toHaveLength(1);
  receiver.answer = (response) => response.end('ok');
  clock.pass(29);
  expect(await drain()).toBe(0);
  clock.pass(1);
  expect(await drain()).toBe(3);
  expect((await rows()).every((row) => row.state === 'sent')).toBe(true);
});

it('tries again after 500 with growing pauses, keeps the resolve behind its fire, and gives up at last', async () => {
  await queue(['1'], true);
  receiver.answer = (response) => response.writeHead(500).end('boom');
  expect(await drain()).toBe(1);
  clock.pass(4);
  expect(await drain()).toBe(0);
  for (let attempt = 2; attempt <= maxAttempts; attempt++) {
    clock.pass(3600);
    expect(await drain()).toBe(attempt === maxAttempts ? 2 : 1);
  }
  expect(await rows()).toMatchObject([
    {
      event: 'firing',
      state: 'dead',
      attempts: maxAttempts,
      lastStatus: 500,
      lastError: expect.stringContaining('Given up'),
    },
    { event: 'resolved', state: 'queued', attempts: 1 },
  ]);
});

it('switches a channel off that is gone for good, with the reason', async () => {
  await queue(['1', '2']);
  receiver.answer = (response) => response.writeHead(410).end('no_service');
  expect(await drain()).toBe(1);
  expect(await state.prisma.notificationChannel.findFirst()).toMatchObject({
    enabled: false,
    disabledReason: expect.stringContaining('410'),
  });
  expect((await rows()).map((row) => row.state)).toEqual(['dead', 'dead']);
});

it.each([
  [404, 'The service answered 404: no such thing'],
  [302, 'redirects are not followed'],
])('does not try again what the service refuses with %i', async (status, reason) => {
  await queue(['1']);
  receiver.answer = (response) => response.writeHead(status, { location: '/elsewhere' }).end('no such thing');
  expect(await drain()).toBe(1);
  expect(await rows()).toMatchObject([
    { state: 'dead', lastStatus: status, lastError: expect.stringContaining(reason) },
  ]);
  expect(receiver.received).toHaveLength(1);
});

it('refuses an address inside the network without a connection', async () => {
  await state.prisma.notificationChannel.update({
    where: { id: channelId },
    data: { url: 'http://169.254.169.254/latest' },
  });
  await queue(['1']);
  await drain();
  expect(await rows()).toMatchObject([
    { state: 'dead', lastStatus: null, lastError: expect.stringContaining('is not public') },
  ]);
  expect(JSON.stringify(await rows())).not.toContain('latest');
});

it('a row whose gateway was killed in between comes up again, under the same id', async () => {
  await state.prisma.notificationChannel.update({
    where: { id: channelId },
    data: { kind: 'webhook', secret: `whsec_${Buffer.alloc(32, 7).toString('base64')}` },
  });
  await queue(['1']);
  // the service has it, the gateway never hears the answer and never writes it down
  let arrived: () => void = () => undefined;
  const arrival = new Promise<void>((resolve) => {
    arrived = resolve;
  });
  receiver.answer = () => arrived();
  const dying = testOutbox(await crashing(), clock);
  const lost = dying.runOnce().catch(() => undefined);
  await arrival;
  await receiver.close();
  await lost;
  expect(await rows()).toMatchObject([{ state: 'queued', attempts: 1 }]);
  expect(await drain()).toBe(0);
  const [first] = receiver.received;
  receiver = await startReceiver();
  await state.prisma.notificationChannel.update({ where: { id: channelId }, data: { url: receiver.url } });
  clock.pass(leaseMs / 1000);
  expect(await drain()).toBe(1);
  expect(receiver.received[0]?.headers['webhook-id']).toBe(first?.headers['webhook-id']);
  expect(await rows()).toMatchObject([{ state: 'sent', attempts: 2 }]);
  await dying.close();
});

/** A state store that claims rows and then can write nothing any more, as that of a process that was killed. */
async function crashing(): Promise<State> {
  const prisma = new Proxy(state.prisma, {
    get: (target, name) =>
      name === 'delivery'
        ? new Proxy(target.delivery, {
            get: (model, method) => (method === 'updateMany' && claimed ? never : Reflect.get(model, method)),
          })
        : name === '$queryRaw'
          ? (...args: Parameters<typeof target.$queryRaw>) => {
              claimed = true;
              return target.$queryRaw(...args);
            }
          : Reflect.get(target, name),
  });
  let claimed = false;
  const never = () => Promise.reject(new Error('killed'));
  return { ...state, prisma };
}

it('two workers on one outbox send each row once', async () => {
  await queue(['1', '2', '3', '4'], true);
  const other = testOutbox(state, clock);
  let tried = 1;
  while (tried > 0) tried = (await Promise.all([outbox.runOnce(), other.runOnce()])).reduce((a, b) => a + b);
  expect(receiver.received).toHaveLength(8);
  expect((await rows()).every((row) => row.state === 'sent' && row.attempts === 1)).toBe(true);
  await other.close();
});

it('stopping in the middle of a request gives the row back at once', async () => {
  await queue(['1']);
  let arrived: () => void = () => undefined;
  const arrival = new Promise<void>((resolve) => {
    arrived = resolve;
  });
  receiver.answer = () => arrived();
  outbox.start();
  await arrival;
  await outbox.close();
  expect(await rows()).toMatchObject([{ state: 'queued', attempts: 0 }]);
  outbox = testOutbox(state, clock);
  receiver.answer = (response) => response.end('ok');
  expect(await drain()).toBe(1);
});

it('sends no more at once than the service takes, whoever claims', async () => {
  await state.prisma.notificationChannel.updateMany({ data: { kind: 'discord' } });
  await queue(['1', '2', '3', '4', '5', '6', '7']);
  const other = testOutbox(state, clock);
  expect(await drain()).toBe(5);
  expect(await other.runOnce()).toBe(0);
  clock.pass(2);
  expect(await other.runOnce()).toBe(1);
  expect(await drain()).toBe(1);
  await other.close();
});
