import { createHmac } from 'node:crypto';
import { channelKinds } from '@binnacle/shared/alerts/channel.ts';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { addressPolicy } from '../../net/address-policy.ts';
import { createGuardedFetch } from '../../net/guarded-fetch.ts';
import { attemptDelivery } from '../attempt.ts';
import type { AlertEvent } from '../instances.ts';
import { startReceiver, type TestReceiver } from '../testing/alert-bench.ts';
import { type FakeMailServer, startFakeMailServer } from '../testing/fake-mail-server.ts';
import {
  type FakeService,
  fakeAlertmanagerReceiver,
  fakeDiscord,
  fakeGoogleChat,
  fakeMattermost,
  fakePagerDuty,
  fakeSlack,
  fakeTeams,
  isAlertmanagerData,
} from '../testing/fake-services.ts';
import type { Notification, NotifiedAlert } from './channel.ts';

const nowMs = Date.parse('2026-03-01T12:01:00.500Z');
const secret = `whsec_${Buffer.alloc(32, 1).toString('base64')}`;

/** A receiver that verifies the signature as Standard Webhooks says. */
const signed: FakeService = (body) => {
  if (Buffer.byteLength(body) > 20_000) return { status: 413, body: '' };
  const { headers } = receiver.received.at(-1) as (typeof receiver.received)[number];
  const text = `${headers['webhook-id']}.${headers['webhook-timestamp']}.${body}`;
  const expected = createHmac('sha256', Buffer.alloc(32, 1)).update(text).digest('base64');
  if (headers['webhook-signature'] !== `v1,${expected}`) return { status: 401, body: '' };
  return { status: isAlertmanagerData(JSON.parse(body).data) ? 200 : 400, body: '' };
};

const services: Record<Exclude<(typeof channelKinds)[number], 'email'>, { service: FakeService; secret?: string }> = {
  slack: { service: fakeSlack },
  discord: { service: fakeDiscord },
  teams: { service: fakeTeams },
  'google-chat': { service: fakeGoogleChat },
  mattermost: { service: fakeMattermost },
  pagerduty: { service: fakePagerDuty, secret: 'r'.repeat(32) },
  alertmanager: { service: fakeAlertmanagerReceiver },
  webhook: { service: signed, secret },
};

const fetchGuarded = createGuardedFetch(addressPolicy('127.0.0.1'));
const sender = { fetchGuarded, externalUrl: 'https://binnacle.example', now: () => nowMs };
let receiver: TestReceiver;
let mail: FakeMailServer;
beforeAll(async () => {
  receiver = await startReceiver();
  mail = await startFakeMailServer();
});
beforeEach(() => {
  receiver.received.length = 0;
  mail.received.length = 0;
});
afterAll(async () => {
  await fetchGuarded.close();
  await receiver.close();
  await mail.close();
});

const event = (more: Partial<NotifiedAlert> = {}): NotifiedAlert => ({
  event: 'firing',
  atMs: nowMs,
  alertname: 'GPU hot',
  severity: 'critical',
  layer: 'gpu',
  expr: 'temp > 84',
  fingerprint: '0123456789abcdef',
  labels: { alertname: 'GPU hot', severity: 'critical', hostname: 'gpu-node-01' },
  annotations: {
    summary: 'GPU 3 is hot',
    description: 'It slows down',
    runbook: 'Look at the fans',
    page: '/gpus?node=1',
  },
  valueText: '91',
  activeAtMs: Date.parse('2026-03-01T12:00:00Z'),
  firedAtMs: Date.parse('2026-03-01T12:01:00Z'),
  resolvedAtMs: null,
  ...more,
});
const group = (alerts: readonly AlertEvent[], more: Partial<Notification> = {}): Notification => ({
  id: '018f0000-0000-7000-8000-000000000001',
  groupKey: '{}:{alertname="GPU hot"}',
  groupLabels: { alertname: 'GPU hot' },
  status: 'firing',
  alerts,
  truncated: 0,
  test: false,
  ...more,
});
const resolved = { event: 'resolved', resolvedAtMs: Date.parse('2026-03-01T12:31:00Z') } as const;

/** Delivers to the service of the kind, and says what came of it and what arrived, with its texts unescaped. */
async function deliver(kind: (typeof channelKinds)[number], notification: Notification) {
  if (kind === 'email') {
    const attempt = await attemptDelivery(sender, { name: 'ops', kind, url: mail.url, secret: null }, notification);
    return { attempt, said: mail.received.at(-1)?.text ?? '' };
  }
  const { service, secret: key = null } = services[kind];
  receiver.answer = (response, { body, url }) => {
    const answer = service(body, new URL(url, 'http://localhost'));
    response.writeHead(answer.status, answer.headers ?? {}).end(answer.body);
  };
  const url = kind === 'google-chat' ? `${receiver.url}?key=k&token=t` : receiver.url;
  const attempt = await attemptDelivery(sender, { name: 'ops', kind, url, secret: key }, notification);
  return { attempt, said: plain(receiver.received.at(-1)?.body ?? '{}') };
}

/** A body without the escapes of JSON, HTML and Markdown. */
function plain(body: string): string {
  const texts: string[] = [];
  JSON.parse(body, (_, value) => {
    if (typeof value === 'string' || typeof value === 'number') texts.push(String(value));
    return value;
  });
  return texts
    .join('\n')
    .replace(/\\([\\*_~`|>#[\]])/g, '$1')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&');
}

describe.each(channelKinds)('%s', (kind) => {
  it('says what, where, since when, how bad, why, and links to the time around it', async () => {
    const cause = 'Switch leaf-2 is down';
    const { attempt, said } = await deliver(kind, group([event({ cause })]));
    expect(attempt.outcome.kind).toBe('sent');
    for (const text of ['GPU 3 is hot', 'It slows down', 'gpu-node-01', '91', cause]) expect(said).toContain(text);
    expect(said).toMatch(/2026-03-01T12:0[01]:00/);
    expect(said).toMatch(
      /https:\/\/binnacle\.example\/gpus\?node=1&from=2026-03-01T11%3A30%3A00.000Z&to=2026-03-01T12%3A31/,
    );
    // Receivers of Alertmanager's shape find the rule behind the link.
    if (kind !== 'alertmanager' && kind !== 'webhook') expect(said).toContain('temp > 84');
  });

  it('says that it is over', async () => {
    const { attempt, said } = await deliver(kind, group([event(resolved)], { status: 'resolved' }));
    expect(attempt.outcome.kind).toBe('sent');
    expect(said).toMatch(/resolved/i);
    if (kind !== 'pagerduty') expect(said).toContain('2026-03-01T12:31:00');
  });

  it('keeps the limits of the service for a long group of long texts, and says how many are left out', async () => {
    const long = (character: string) => character.repeat(5000);
    const labels = Object.fromEntries(Array.from({ length: 64 }, (_, i) => [`label_${i}`, long('&')]));
    const alerts = Array.from({ length: 150 }, (_, i) =>
      event({
        alertname: long('n'),
        labels,
        annotations: { summary: long('<'), description: long('_'), runbook: long('ü'), page: '/x' },
        cause: long('@'),
        fingerprint: i.toString(16).padStart(16, '0'),
      }),
    );
    const one = await deliver(kind, group(alerts.slice(0, 1)));
    // Standard Webhooks take 20 KB: an alert over that is refused in words.
    if (kind === 'webhook')
      expect(one.attempt.outcome).toMatchObject({ kind: 'dead', reason: expect.stringContaining('20 KB') });
    else expect(one.attempt.outcome).toMatchObject({ kind: 'sent' });
    const short = alerts.map(({ fingerprint }) => event({ fingerprint }));
    for (const many of kind === 'webhook' ? [short] : [alerts, short]) {
      const { attempt, said } = await deliver(kind, group(many, { truncated: 7 }));
      expect(attempt.outcome).toMatchObject({ kind: 'sent' });
      const structured = kind === 'alertmanager' || kind === 'webhook';
      const left = structured ? JSON.parse(attempt.requestBody) : /\+(\d+) more/.exec(said)?.[1];
      const count = structured ? (left.data ?? left).truncatedAlerts : Number(left ?? 7);
      expect(count).toBeGreaterThanOrEqual(7);
      expect(count).toBeLessThan(157);
    }
  });

  it('does not let a label link, mention or lead away', async () => {
    const evil = { summary: '<!channel> @everyone <a href="https://evil.example">x</a>', page: '//evil.example/' };
    const { attempt, said } = await deliver(kind, group([event({ annotations: evil })]));
    expect(attempt.outcome.kind).toBe('sent');
    expect(said).not.toContain('https://evil.example/?');
    expect(said).toContain('https://binnacle.example/alerts?from=');
    const body = kind === 'email' ? (mail.received.at(-1)?.html ?? '') : (receiver.received.at(-1)?.body ?? '');
    if (kind === 'slack' || kind === 'google-chat' || kind === 'email')
      expect(body).not.toContain('<a href=\\"https://evil');
    if (kind === 'slack') expect(body).not.toContain('<!channel>');
    if (kind === 'discord') expect(JSON.parse(body).allowed_mentions).toEqual({ parse: [] });
    if (kind === 'mattermost') expect(body).not.toContain('@everyone <');
  });

  it('shows the request without what is secret', async () => {
    const { attempt } = await deliver(kind, group([event()], { test: true }));
    expect(attempt.requestBody).not.toBe('');
    expect(attempt.requestBody).not.toMatch(/r{32}|whsec_|token=t/);
  });
});

describe('what a service says of itself', () => {
  const slackSays = (word: string, kind: string): [string, number, string, string] => ['slack', 400, word, kind];
  it.each([
    ['slack', 404, 'no_service', 'gone'],
    ['slack', 410, 'channel_is_archived', 'gone'],
    ['slack', 403, 'invalid_token', 'gone'],
    slackSays('invalid_payload', 'dead'),
    ['slack', 200, '<html>a login page</html>', 'dead'],
    ['slack', 500, 'rollup_error', 'retry'],
    ['discord', 404, '{"message":"Unknown Webhook","code":10015}', 'gone'],
    ['discord', 410, '', 'gone'],
    ['discord', 400, '{"embeds":["0"]}', 'dead'],
    ['teams', 404, '{"error":{"code":"WorkflowNotFound"}}', 'gone'],
    ['teams', 404, '', 'dead'],
    ['teams', 429, '', 'retry'],
    ['google-chat', 404, '{"error":{"status":"NOT_FOUND"}}', 'gone'],
    ['google-chat', 403, '', 'dead'],
    ['mattermost', 400, '{"id":"web.incoming_webhook.invalid.app_error"}', 'gone'],
    ['mattermost', 501, '{"id":"web.incoming_webhook.disabled.app_error"}', 'dead'],
    ['pagerduty', 400, '{"errors":["invalid routing key"]}', 'dead'],
    ['pagerduty', 429, '', 'retry'],
    ['alertmanager', 429, '', 'retry'],
    ['webhook', 410, '', 'gone'],
  ])('%s: %i %s is %s', async (kind, status, body, outcome) => {
    receiver.answer = (response) => response.writeHead(status).end(body);
    const key = kind === 'pagerduty' ? 'r'.repeat(32) : kind === 'webhook' ? secret : null;
    const attempt = await attemptDelivery(
      sender,
      { name: 'ops', kind, url: receiver.url, secret: key },
      group([event()]),
    );
    expect(attempt.outcome.kind).toBe(outcome);
    if (outcome !== 'retry')
      expect(attempt.outcome).toMatchObject({ reason: expect.stringMatching(/^\w.*[.\]}…:>\d?]$|^The service/) });
  });

  it.each([
    ['{"message":"You are being rate limited.","retry_after":64.57,"global":false}', { 'retry-after': '65' }, 64_570],
    ['', { 'retry-after': '65' }, 65_000],
    ['', { 'retry-after': new Date(nowMs + 60_000).toUTCString() }, 59_500],
  ])('the pause of Discord, %s', async (body, headers, pauseMs) => {
    receiver.answer = (response) => response.writeHead(429, headers).end(body);
    const { outcome } = await attemptDelivery(
      sender,
      { name: 'ops', kind: 'discord', url: receiver.url, secret: null },
      group([event()]),
    );
    expect(outcome).toMatchObject({ kind: 'retry', retryAtMs: nowMs + pauseMs });
  });

  it.each([
    ['greylisted', 451, 'retry'],
    ['no such user', 550, 'dead'],
  ])('mail: %s (%i) is %s', async (text, code, outcome) => {
    mail.refuse = { code, text };
    const { attempt } = await deliver('email', group([event()]));
    mail.refuse = null;
    expect(attempt.outcome).toMatchObject({ kind: outcome, status: code, reason: expect.stringContaining(text) });
  });

  it('mail: no password is sent without TLS', async () => {
    const url = mail.url.replace('//', '//binnacle:hunter2@');
    const { outcome } = await attemptDelivery(
      sender,
      { name: 'ops', kind: 'email', url, secret: null },
      group([event()]),
    );
    expect(outcome).toMatchObject({ kind: 'dead', reason: expect.stringContaining('TLS') });
    expect(mail.received).toEqual([]);
  });

  it('mail: goes to no address that is not let through', async () => {
    const url = mail.url.replace('127.0.0.1', '127.0.0.2');
    const { outcome } = await attemptDelivery(
      sender,
      { name: 'ops', kind: 'email', url, secret: null },
      group([event()]),
    );
    expect(outcome).toMatchObject({ kind: 'dead', reason: expect.stringContaining('BINNACLE_ALLOW_PRIVATE_TARGETS') });
  });

  it('PagerDuty closes what it opened', async () => {
    await deliver('pagerduty', group([event()]));
    await deliver('pagerduty', group([event(resolved)], { status: 'resolved' }));
    const [opened, closed] = receiver.received.map(({ body }) => JSON.parse(body));
    expect([opened.event_action, closed.event_action]).toEqual(['trigger', 'resolve']);
    expect(closed.dedup_key).toBe(opened.dedup_key);
  });
});
