import { createHmac } from 'node:crypto';
import type { State } from '@binnacle/db/state/open-state.ts';
import { startTestPostgres, type TestPostgres } from '@binnacle/db/state/testing/state-for-tests.ts';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { addressPolicy } from '../net/address-policy.ts';
import { createGuardedFetch } from '../net/guarded-fetch.ts';
import { defaultRules } from './default-rules.ts';
import { type Alerts, openAlerts } from './open-alerts.ts';
import { quiet, startReceiver, TestQueries, type TestReceiver } from './testing/alert-bench.ts';

let postgres: TestPostgres;
let state: State;
let receiver: TestReceiver;
let queries: TestQueries;
const open: Alerts[] = [];
beforeAll(async () => {
  postgres = await startTestPostgres();
  state = await postgres.freshState();
});
afterAll(() => postgres?.remove());
beforeEach(async () => {
  await postgres.empty(state);
  receiver = await startReceiver();
  queries = new TestQueries();
});
afterEach(async () => {
  for (const alerts of open.splice(0)) await alerts.stop();
  await receiver.close();
});

function begin(allowed = '127.0.0.0/8'): Alerts {
  const alerts = openAlerts({
    state,
    evaluate: queries.evaluate,
    log: quiet,
    fetchGuarded: createGuardedFetch(addressPolicy(allowed)),
    externalUrl: 'http://localhost:3000/',
  });
  open.push(alerts);
  alerts.start();
  return alerts;
}

const secret = `whsec_${Buffer.alloc(24, 9).toString('base64')}`;
const channel = () =>
  state.prisma.notificationChannel.create({ data: { name: 'hook', kind: 'webhook', url: receiver.url, secret } });

it('from a fault to a signed notification, with the rules and alerts in the shapes of Prometheus', async () => {
  await channel();
  const xid = defaultRules.find(({ key }) => key === 'gpu-xid');
  queries.results.set(xid?.expr ?? '', [{ labels: { __name__: 'x', gpu: '1', hostname: 'n6' }, value: 79 }]);
  const alerts = begin();
  await expect(alerts.rulesAnswer()).rejects.toMatchObject({ code: 'state_unavailable' });
  await expect.poll(() => receiver.received.length, { timeout: 10_000 }).toBe(1);
  const [{ headers, body }] = receiver.received as [TestReceiver['received'][number]];
  const signed = `${headers['webhook-id']}.${headers['webhook-timestamp']}.${body}`;
  const signature = createHmac('sha256', Buffer.alloc(24, 9)).update(signed).digest('base64');
  expect(headers['webhook-signature']).toBe(`v1,${signature}`);
  expect(JSON.parse(body).data.alerts).toMatchObject([
    {
      annotations: { summary: 'XID 79 on n6 GPU 1' },
      generatorURL: expect.stringMatching(/^http:\/\/localhost:3000\/gpus\?from=.+&to=.+Z$/),
    },
  ]);

  const { alerts: firing } = await alerts.alertsAnswer();
  expect(firing).toMatchObject([
    {
      state: 'firing',
      value: '79',
      labels: { alertname: 'GPU XID error', gpu: '1', hostname: 'n6', severity: 'critical' },
    },
  ]);
  const { groups } = await alerts.rulesAnswer();
  expect(groups.flatMap(({ rules }) => rules)).toHaveLength(defaultRules.length);
  const rule = groups.find(({ name }) => name === 'gpu')?.rules.find(({ name }) => name === 'GPU XID error');
  expect(rule).toMatchObject({ type: 'alerting', state: 'firing', health: 'ok', duration: 0, query: xid?.expr });
  await expect
    .poll(() => alerts.health())
    .toMatchObject({ role: 'evaluating', problem: null, failing: [], unsaved: 0, outbox: { queued: 0, dead: 0 } });
  expect(alerts.problem()).toBeUndefined();

  // a second gateway on the same Postgres stands by and answers the same
  const other = begin();
  await expect.poll(async () => (await other.health()).role, { timeout: 10_000 }).toBe('standby');
  expect((await other.alertsAnswer()).alerts).toMatchObject([{ state: 'firing', value: '79' }]);
  expect((await other.rulesAnswer()).groups.flatMap(({ rules }) => rules)).toHaveLength(defaultRules.length);
});

it('a test of a channel tells what was sent and answered, and nothing secret', async () => {
  const { id } = await channel();
  const alerts = begin();
  receiver.answer = (response) => response.writeHead(404).end('no such hook');
  const failed = await alerts.testChannel(id);
  expect(failed).toMatchObject({
    ok: false,
    status: 404,
    answer: 'no such hook',
    reason: 'The service answered 404: no such hook',
  });
  receiver.answer = (response) => response.end('ok');
  const sent = await alerts.testChannel(id);
  expect(sent).toMatchObject({ ok: true, status: 200, reason: null });
  expect(JSON.parse(sent.request)).toMatchObject({ type: 'alert.test' });
  expect(JSON.stringify(sent)).not.toMatch(/whsec|secret|127\.0\.0\.1/);
  await expect(alerts.testChannel('none')).rejects.toMatchObject({ code: 'not_found' });
  const strict = begin('');
  expect(await strict.testChannel(id)).toMatchObject({
    ok: false,
    status: null,
    reason: expect.stringContaining('BINNACLE_ALLOW_PRIVATE_TARGETS'),
  });
});
