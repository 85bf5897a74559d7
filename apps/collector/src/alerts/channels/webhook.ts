import { createHmac } from 'node:crypto';
import { webhookSecretBytes } from '@binnacle/shared/alerts/channel.ts';
import { BinnacleError } from '@binnacle/shared/errors.ts';
import { alertmanagerData } from './alertmanager-data.ts';
import type { HttpChannel } from './channel.ts';
import { fitted } from './words.ts';

/**
 * Generic webhook, Standard Webhooks 1.0 (https://www.standardwebhooks.com): `webhook-id` is the same on every attempt,
 * `webhook-timestamp` is the attempt's time in seconds, `webhook-signature` is `v1,` and the base64 of HMAC-SHA256 over
 * `id.timestamp.body`. The body is `{ type, timestamp, data }`, `data` in the shape of Alertmanager's webhook, version 4.
 * Limits: 20 KB of body, so texts are cut. Any 2xx is success; 410 switches the channel off; redirects are failures.
 */
const maxBodyBytes = 20_000;

export const webhook: HttpChannel = {
  transport: 'http',
  rate: { ratePerMinute: 600, burst: 20 },
  render(notification, context) {
    const key = context.secret === null ? null : webhookSecretBytes(context.secret);
    if (key === null) {
      throw new BinnacleError('bad_config', 'The channel has no signing secret (whsec_…): save it with one.');
    }
    const { id, alerts, status, test } = notification;
    const atMs = Math.max(...alerts.map((alert) => alert.atMs));
    const make = (shown: number) =>
      JSON.stringify({
        type: test ? 'alert.test' : `alert.${status}`,
        timestamp: new Date(atMs).toISOString(),
        data: alertmanagerData(notification, context, shown),
      });
    const body = fitted(notification, 1_000, make, (made) => Buffer.byteLength(made) <= maxBodyBytes);
    if (Buffer.byteLength(body) > maxBodyBytes) {
      throw new BinnacleError(
        'bad_request',
        'The notification is over 20 KB: shorten the labels and annotations of the rule.',
      );
    }
    const timestamp = String(Math.floor(context.nowMs / 1000));
    const signature = createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64');
    return {
      headers: {
        'content-type': 'application/json',
        'webhook-id': id,
        'webhook-timestamp': timestamp,
        'webhook-signature': `v1,${signature}`,
      },
      body,
    };
  },
};
