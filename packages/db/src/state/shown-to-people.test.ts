import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { listAlertOccurrences, listAlertRules, setAlertRuleEnabled } from './alert-history.ts';
import { createChannel, deleteChannel, listChannels, setChannelEnabled } from './notification-channels.ts';
import type { State } from './open-state.ts';
import { createSealer, publishSealingKey } from './sealing.ts';
import { startTestPostgres, type TestPostgres } from './testing/state-for-tests.ts';
import { listUsers } from './users.ts';

let postgres: TestPostgres;
let state: State;
beforeAll(async () => {
  postgres = await startTestPostgres();
  state = await postgres.freshState();
});
afterAll(() => postgres?.remove());

const minute = (n: number) => new Date(Date.UTC(2026, 0, 1, 12, n));
const url = 'https://hooks.example.org/very-secret';
const secret = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
const channel = { name: 'ops', url, minSeverity: 'info', sendResolved: true, enabled: true } as const;

async function seed() {
  await postgres.empty(state);
  await publishSealingKey(state, createSealer(new Uint8Array(32)));
  const { prisma } = state;
  const rule = await prisma.alertRule.create({
    data: { name: 'hot', layer: 'gpu', expr: 'x > 1', severity: 'warning' },
  });
  const { id } = await createChannel(state, { kind: 'webhook', ...channel, secret });
  const instance = (fingerprint: string, from: number, to: number | null) =>
    prisma.alertInstance.create({
      data: {
        ruleId: rule.id,
        fingerprint,
        state: to === null ? 'firing' : 'resolved',
        labels: { gpu: fingerprint },
        annotations: {},
        valueText: '2',
        activeAt: minute(from),
        resolvedAt: to === null ? null : minute(to),
      },
    });
  const open = await instance('open', 1, null);
  await instance('earlier', 2, 3);
  await instance('overlapping', 2, 20);
  await instance('later', 40, 41);
  await prisma.delivery.create({
    data: {
      channelId: id,
      instanceId: open.id,
      event: 'firing',
      payload: {},
      state: 'dead',
      attempts: 10,
      lastStatus: 500,
    },
  });
  return { ruleId: rule.id, channelId: id };
}

describe('alert history', () => {
  it('holds what was open at some time of the range, what is open first, with its deliveries', async () => {
    await seed();
    const found = await listAlertOccurrences(state, { fromMs: +minute(10), toMs: +minute(30), limit: 10 });
    expect(found.map(({ fingerprint }) => fingerprint)).toEqual(['open', 'overlapping']);
    expect(found[0]).toMatchObject({ labels: { gpu: 'open' }, rule: { name: 'hot' }, resolvedAt: null });
    expect(found[0]?.deliveries).toMatchObject([{ channel: 'ops', state: 'dead', attempts: 10, lastStatus: 500 }]);
    expect(JSON.stringify(found)).not.toContain('very-secret');
  });
  it('never loses what is open to the limit', async () => {
    await seed();
    const found = await listAlertOccurrences(state, { fromMs: 0, toMs: +minute(59), limit: 1 });
    expect(found.map(({ fingerprint }) => fingerprint)).toEqual(['open']);
  });
  it('lets a rule be switched, and says that there is none', async () => {
    const { ruleId } = await seed();
    await setAlertRuleEnabled(state, ruleId, false);
    expect((await listAlertRules(state)).map(({ name, enabled, edited }) => ({ name, enabled, edited }))).toEqual([
      { name: 'hot', enabled: false, edited: false },
    ]);
    await expect(setAlertRuleEnabled(state, 'none', true)).rejects.toMatchObject({ code: 'not_found' });
  });
});

describe('channels', () => {
  it('are listed without address and secret, with their newest delivery', async () => {
    await seed();
    const channels = await listChannels(state);
    expect(channels).toMatchObject([{ name: 'ops', kind: 'webhook', last: { state: 'dead', lastStatus: 500 } }]);
    expect(JSON.stringify(channels)).not.toMatch(/very-secret|whsec_/);
  });
  it('have names of their own, are switched and deleted', async () => {
    const { channelId } = await seed();
    await expect(createChannel(state, { kind: 'slack', ...channel })).rejects.toMatchObject({ code: 'conflict' });
    await state.prisma.notificationChannel.update({ where: { id: channelId }, data: { disabledReason: '410 Gone' } });
    await setChannelEnabled(state, channelId, false);
    expect(await listChannels(state)).toMatchObject([{ enabled: false, disabledReason: '410 Gone' }]);
    await setChannelEnabled(state, channelId, true);
    expect(await listChannels(state)).toMatchObject([{ enabled: true, disabledReason: null }]);
    await deleteChannel(state, channelId);
    expect(await listChannels(state)).toEqual([]);
    await expect(deleteChannel(state, channelId)).rejects.toMatchObject({ code: 'not_found' });
    await expect(setChannelEnabled(state, channelId, true)).rejects.toMatchObject({ code: 'not_found' });
  });
});

describe('people', () => {
  it('of an unknown role count as viewers', async () => {
    await postgres.empty(state);
    for (const [id, role] of [
      ['b', 'admin'],
      ['a', 'owner'],
    ] as const)
      await state.prisma.user.create({ data: { id, name: id, email: `${id}@example.org`, role } });
    expect((await listUsers(state)).map(({ email, role }) => `${email} ${role}`)).toEqual([
      'a@example.org viewer',
      'b@example.org admin',
    ]);
  });
});
