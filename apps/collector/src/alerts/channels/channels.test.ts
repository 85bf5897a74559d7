import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { judge, retryTime } from '../attempt.ts';
import { groupOfOne } from '../group-of-one.ts';
import type { AlertEvent } from '../instances.ts';
import { backoffMs } from '../outbox.ts';
import { cut } from './channel.ts';
import { webhook } from './webhook.ts';

const alert: AlertEvent = {
  event: 'firing',
  atMs: Date.parse('2026-03-01T12:01:00Z'),
  alertname: 'GPU <hot> & bothered',
  severity: 'critical',
  layer: 'gpu',
  expr: 'temp > 84',
  fingerprint: '0123456789abcdef',
  labels: { alertname: 'GPU <hot> & bothered', severity: 'critical', hostname: 'gpu-node-01' },
  annotations: { summary: 'GPU 3 <b>is</b> hot & loud', description: 'See <!channel>', page: '/gpus?node=1' },
  valueText: '91',
  activeAtMs: Date.parse('2026-03-01T12:00:00Z'),
  firedAtMs: Date.parse('2026-03-01T12:01:00Z'),
  resolvedAtMs: null,
};
const secret = `whsec_${Buffer.alloc(32, 1).toString('base64')}`;
const context = {
  externalUrl: 'https://binnacle.example',
  nowMs: 1_772_366_460_500,
  channelName: 'ops',
  url: 'https://x.example',
  secret,
};

describe('the generic webhook', () => {
  it('signs as Standard Webhooks 1.0 says, over data in the shape of Alertmanager', () => {
    const { headers, body } = webhook.render(groupOfOne('msg_1', alert), context);
    const expected = createHmac('sha256', Buffer.alloc(32, 1)).update(`msg_1.1772366460.${body}`).digest('base64');
    expect(headers).toMatchObject({
      'webhook-id': 'msg_1',
      'webhook-timestamp': '1772366460',
      'webhook-signature': `v1,${expected}`,
    });
    expect(JSON.parse(body)).toMatchObject({
      type: 'alert.firing',
      timestamp: '2026-03-01T12:01:00.000Z',
      data: {
        version: '4',
        status: 'firing',
        receiver: 'ops',
        alerts: [
          {
            status: 'firing',
            labels: { hostname: 'gpu-node-01' },
            startsAt: '2026-03-01T12:01:00.000Z',
            endsAt: '0001-01-01T00:00:00Z',
            fingerprint: '0123456789abcdef',
          },
        ],
      },
    });
  });

  // the example of the Standard Webhooks specification's reference libraries
  it('agrees with the published test vector of the signature', () => {
    const key = Buffer.from('MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw', 'base64');
    const signed = createHmac('sha256', key)
      .update('msg_p5jXN8AQM9LWM0D4loKWxJek.1614265330.{"test": 2432232314}')
      .digest('base64');
    expect(signed).toBe('g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=');
  });

  it('is not sent without a secret', () => {
    expect(() => webhook.render(groupOfOne('1', alert), { ...context, secret: null })).toThrow('signing secret');
  });
});

it('cuts no character in half', () => {
  expect(cut('ab😀cd', 4)).toBe('ab…');
  expect(cut('ab😀', 4)).toBe('ab😀');
});

describe('an answer', () => {
  it.each([
    [200, 'sent'],
    [204, 'sent'],
    [301, 'dead'],
    [400, 'dead'],
    [403, 'dead'],
    [404, 'dead'],
    [408, 'retry'],
    [410, 'gone'],
    [429, 'retry'],
    [500, 'retry'],
    [503, 'retry'],
  ])('%i means %s', (status, kind) => {
    expect(judge(status, undefined, '', 0).kind).toBe(kind);
  });

  it.each([
    ['120', 120_000],
    ['0', 0],
    ['Thu, 01 Jan 1970 00:01:00 GMT', 60_000],
    ['Wed, 31 Dec 1969 23:00:00 GMT', 0],
    ['999999999', 86_400_000],
    ['soon', null],
    ['-5', null],
    [undefined, null],
  ])('Retry-After %s is %s ms from now', (header, expected) => {
    expect(retryTime(header, 0)).toBe(expected);
  });

  it('makes pauses that grow to an hour, a fifth around', () => {
    expect([1, 2, 3, 10].map((n) => backoffMs(n, 0.5))).toEqual([5_000, 15_000, 45_000, 3_600_000]);
    expect([backoffMs(1, 0), backoffMs(1, 1)]).toEqual([4_000, 6_000]);
  });
});
