import { createLeaderLock } from '@binnacle/db/state/leader-lock.ts';
import type { State } from '@binnacle/db/state/open-state.ts';
import { startTestPostgres, type TestPostgres } from '@binnacle/db/state/testing/state-for-tests.ts';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createAlertStore, evaluatorLockKey } from './alert-store.ts';
import type { Evaluator } from './evaluator.ts';
import {
  ruleRow,
  startReceiver,
  TestClock,
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
let queries: TestQueries;
let clock: TestClock;
const running: Evaluator[] = [];
beforeEach(async () => {
  await postgres.empty(state);
  queries = new TestQueries();
  clock = new TestClock();
});
afterEach(async () => {
  for (const evaluator of running.splice(0)) await evaluator.stop();
});

function begin(): Evaluator {
  const evaluator = testEvaluator(state, queries, clock);
  running.push(evaluator);
  return evaluator;
}

async function end(evaluator: Evaluator): Promise<void> {
  running.splice(running.indexOf(evaluator), 1);
  await evaluator.stop();
}

async function step(evaluator: Evaluator, seconds = 15): Promise<void> {
  clock.pass(seconds);
  await evaluator.runOnce();
}

const hot = (gpu: string, value = 91) => ({ labels: { __name__: 'temp', gpu }, value });
const rows = () => state.prisma.alertInstance.findMany({ orderBy: [{ activeAt: 'asc' }, { fingerprint: 'asc' }] });
const deliveries = () => state.prisma.delivery.findMany({ orderBy: { sequence: 'asc' } });
const slackChannel = (more: object = {}) =>
  state.prisma.notificationChannel.create({ data: { name: 'ops', kind: 'slack', url: 'http://127.0.0.1/x', ...more } });

describe('an alert', () => {
  it('is pending, fires once it was active for `for`, and resolves when the query returns it no more', async () => {
    await state.prisma.alertRule.create({ data: ruleRow('Hot', { forSeconds: 30 }) });
    await slackChannel();
    const evaluator = begin();
    const startedAt = new Date(clock.ms);
    queries.results.set('Hot', [hot('3')]);
    await evaluator.runOnce();
    expect(await rows()).toMatchObject([
      {
        state: 'pending',
        labels: { alertname: 'Hot', severity: 'critical', team: 'infra', gpu: '3' },
        activeAt: startedAt,
      },
    ]);
    await step(evaluator);
    expect(await rows()).toMatchObject([{ state: 'pending' }]);
    expect(await deliveries()).toEqual([]);
    queries.results.set('Hot', [hot('3', 95)]);
    await step(evaluator);
    expect(await rows()).toMatchObject([
      { state: 'firing', firedAt: new Date(clock.ms), value: 95, annotations: { summary: '3 at 95' } },
    ]);
    queries.results.set('Hot', []);
    await step(evaluator);
    expect(await rows()).toMatchObject([{ state: 'resolved', resolvedAt: new Date(clock.ms), activeAt: startedAt }]);
    expect(await deliveries()).toMatchObject([
      { event: 'firing', state: 'queued', payload: { alertname: 'Hot', valueText: '95', resolvedAtMs: null } },
      { event: 'resolved', payload: { resolvedAtMs: clock.ms } },
    ]);
    // a new occurrence is a new row
    queries.results.set('Hot', [hot('3')]);
    await step(evaluator);
    expect(await rows()).toHaveLength(2);
  });

  it('that goes away while pending leaves nothing', async () => {
    await state.prisma.alertRule.create({ data: ruleRow('Hot', { forSeconds: 30 }) });
    const evaluator = begin();
    queries.results.set('Hot', [hot('3')]);
    await evaluator.runOnce();
    queries.results.set('Hot', []);
    await step(evaluator);
    expect(await rows()).toEqual([]);
  });

  it('stays as it is while its query fails, and the rule says why', async () => {
    await state.prisma.alertRule.create({ data: ruleRow('Hot') });
    const evaluator = begin();
    queries.results.set('Hot', [hot('3')]);
    await evaluator.runOnce();
    queries.results.set('Hot', new Error('the store is away'));
    await step(evaluator);
    expect(await rows()).toMatchObject([{ state: 'firing' }]);
    expect(await state.prisma.alertRule.findFirst()).toMatchObject({
      lastError: 'the store is away',
      lastEvaluatedAt: new Date(clock.ms),
    });
    queries.results.set('Hot', [hot('3'), hot('3', 5)]);
    await step(evaluator);
    expect((await state.prisma.alertRule.findFirst())?.lastError).toContain('two series with the same labels');
    expect(await rows()).toMatchObject([{ state: 'firing' }]);
    queries.results.set('Hot', []);
    await step(evaluator);
    expect(await rows()).toMatchObject([{ state: 'resolved' }]);
    expect((await state.prisma.alertRule.findFirst())?.lastError).toBeNull();
  });

  it('resolves when its rule is switched off, and is told to the channels that heard of it', async () => {
    const rule = await state.prisma.alertRule.create({ data: ruleRow('Hot') });
    await slackChannel({ minSeverity: 'critical' });
    const evaluator = begin();
    queries.results.set('Hot', [hot('3', Number.NaN)]);
    await evaluator.runOnce();
    expect(await rows()).toMatchObject([{ state: 'firing', value: null, valueText: 'NaN' }]);
    await slackChannel({ name: 'late' });
    await state.prisma.alertRule.update({ where: { id: rule.id }, data: { enabled: false } });
    await step(evaluator);
    expect(await rows()).toMatchObject([{ state: 'resolved' }]);
    const told = await state.prisma.delivery.findMany({ include: { channel: true }, orderBy: { sequence: 'asc' } });
    expect(told.map(({ event, channel }) => [event, channel.name])).toEqual([
      ['firing', 'ops'],
      ['resolved', 'ops'],
    ]);
  });

  it('is not told to channels of a higher severity, or that are off', async () => {
    await state.prisma.alertRule.create({ data: { ...ruleRow('Hot'), severity: 'warning' } });
    await slackChannel({ minSeverity: 'critical' });
    await slackChannel({ name: 'off', enabled: false });
    await slackChannel({ name: 'heard', sendResolved: false });
    const evaluator = begin();
    queries.results.set('Hot', [hot('3')]);
    await evaluator.runOnce();
    queries.results.set('Hot', []);
    await step(evaluator);
    const told = await state.prisma.delivery.findMany({ include: { channel: true } });
    expect(told.map(({ event, channel }) => [event, channel.name])).toEqual([['firing', 'heard']]);
  });
});

describe('a restart', () => {
  it('forgets neither `for` nor what was sent', async () => {
    await state.prisma.alertRule.createMany({ data: [ruleRow('Slow', { forSeconds: 60 }), ruleRow('Fast')] });
    await slackChannel();
    queries.results.set('Slow', [hot('1')]);
    queries.results.set('Fast', [hot('2')]);
    const before = begin();
    await before.runOnce();
    await end(before);
    clock.pass(45);
    const after = begin();
    await after.runOnce();
    expect((await deliveries()).map(({ event }) => event)).toEqual(['firing']);
    await step(after);
    const sent = await deliveries();
    expect(sent.map(({ payload }) => (payload as { alertname: string }).alertname)).toEqual(['Fast', 'Slow']);
    expect(await rows()).toHaveLength(2);
  });

  it('does not resolve what the store cannot return again yet', async () => {
    await state.prisma.alertRule.create({ data: ruleRow('Hot') });
    queries.results.set('Hot', [hot('1')]);
    const before = begin();
    await before.runOnce();
    await end(before);
    queries.results.set('Hot', []);
    clock.pass(600);
    const after = begin();
    await after.runOnce();
    expect(await rows()).toMatchObject([{ state: 'firing' }]);
    await step(after, 61);
    expect(await rows()).toMatchObject([{ state: 'resolved' }]);
  });

  it('after hours lets a pending alert begin anew', async () => {
    await state.prisma.alertRule.create({ data: ruleRow('Hot', { forSeconds: 60 }) });
    queries.results.set('Hot', [hot('1')]);
    const before = begin();
    await before.runOnce();
    await end(before);
    clock.pass(3 * 3600);
    const after = begin();
    await after.runOnce();
    expect(await rows()).toMatchObject([{ state: 'pending', activeAt: new Date(clock.ms) }]);
  });
});

it('an evaluation that was missed is skipped, not made up for', async () => {
  await state.prisma.alertRule.create({ data: ruleRow('Hot') });
  const evaluator = begin();
  const startedMs = clock.ms;
  await evaluator.runOnce();
  await step(evaluator, 100);
  await step(evaluator, 1);
  await step(evaluator, 4);
  expect(queries.asked.map(({ timeMs }) => (timeMs - startedMs) / 1000)).toEqual([0, 100, 105]);
});

it('a query that hangs keeps no other rule waiting', async () => {
  await state.prisma.alertRule.createMany({ data: [ruleRow('Hangs'), ruleRow('Works')] });
  const evaluator = begin();
  let answer: () => void = () => undefined;
  queries.hold('Hangs', new Promise((resolve) => (answer = resolve)));
  queries.results.set('Works', [hot('1')]);
  const first = evaluator.runOnce();
  await expect.poll(() => evaluator.rules().find(({ rule }) => rule.name === 'Works')?.status).toBeTruthy();
  await step(evaluator);
  expect(await rows()).toMatchObject([{ state: 'firing', labels: { alertname: 'Works' } }]);
  expect(queries.asked.map(({ expr }) => expr).sort()).toEqual(['Hangs', 'Works', 'Works']);
  answer();
  await first;
});

it('one of two gateways evaluates, and the other takes over with everything it knew', async () => {
  await state.prisma.alertRule.create({ data: ruleRow('Hot', { forSeconds: 30 }) });
  queries.results.set('Hot', [hot('1')]);
  const [first, second] = [begin(), begin()];
  await first.runOnce();
  await second.runOnce();
  expect([first.role, second.role]).toEqual(['evaluating', 'standby']);
  expect(queries.asked).toHaveLength(1);
  await end(first);
  clock.pass(30);
  await expect
    .poll(async () => {
      clock.pass(5);
      await second.runOnce();
      return second.role;
    })
    .toBe('evaluating');
  expect(await rows()).toMatchObject([{ state: 'firing' }]);
});

it('nothing is written for an evaluator that lost its lock unnoticed', async () => {
  const rule = await state.prisma.alertRule.create({ data: ruleRow('Hot') });
  const lock = createLeaderLock(state.databaseUrl, evaluatorLockKey);
  await lock.hold();
  const held = lock.backendPid ?? 0;
  const store = createAlertStore(state);
  const status = { ruleId: rule.id, evaluatedAtMs: clock.ms, durationMs: 1, error: 'written' };
  const changes = { statuses: [status], instances: [], vanished: [] };
  await expect(store.save(changes, held + 1)).rejects.toMatchObject({ code: 'conflict' });
  expect((await state.prisma.alertRule.findFirst())?.lastError).toBeNull();
  await store.save(changes, held);
  expect((await state.prisma.alertRule.findFirst())?.lastError).toBe('written');
  await lock.release();
  await expect(store.save(changes, held)).rejects.toMatchObject({ code: 'conflict' });
});

describe('while Postgres is away', () => {
  let receiver: TestReceiver;
  beforeEach(async () => {
    receiver = await startReceiver();
  });
  afterEach(() => receiver.close());

  it('rules go on in memory, say so, and catch up in order when it is back', async () => {
    await state.prisma.alertRule.createMany({ data: [ruleRow('Short'), ruleRow('Long', { forSeconds: 30 })] });
    await slackChannel({ url: receiver.url });
    const evaluator = begin();
    const outbox = testOutbox(state, clock);
    queries.results.set('Long', [hot('1')]);
    await evaluator.runOnce();
    expect(evaluator.trouble).toBeNull();

    await postgres.stop();
    queries.results.set('Short', [hot('2')]);
    await step(evaluator);
    expect(evaluator.role).toBe('alone');
    expect(evaluator.trouble).toContain('Postgres is away');
    queries.results.set('Short', []);
    await step(evaluator);
    expect(evaluator.unsaved).toBeGreaterThan(0);
    expect(queries.asked.filter(({ expr }) => expr === 'Short')).toHaveLength(3);
    await expect(outbox.runOnce()).rejects.toThrow();

    await postgres.start();
    await step(evaluator);
    expect(evaluator.role).toBe('evaluating');
    expect(evaluator.trouble).toBeNull();
    expect(evaluator.unsaved).toBe(0);
    while ((await outbox.runOnce()) > 0);
    const titles = receiver.received.map(({ body }) =>
      (JSON.parse(body) as { text: string }).text.split(':').slice(0, 2).join(':'),
    );
    expect(titles.filter((title) => title.endsWith('Short'))).toEqual(['Firing, critical: Short', 'Resolved: Short']);
    expect(titles.filter((title) => title.endsWith('Long'))).toEqual(['Firing, critical: Long']);
    expect(await rows()).toHaveLength(2);
    await outbox.close();
  });
});
