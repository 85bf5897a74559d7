import { createHmac } from 'node:crypto';
import { webhookSecretBytes } from '@binnacle/shared/alerts/channel.ts';
import { BinnacleError } from '@binnacle/shared/errors.ts';
import { type Channel, cut, pageUrl } from './channel.ts';

/**
 * Generic webhook, Standard Webhooks 1.0 (https://www.standardwebhooks.com): `webhook-id` is the same on every attempt,
 * `webhook-timestamp` is the attempt's time in seconds, `webhook-signature` is `v1,` and the base64 of HMAC-SHA256 over
 * `id.timestamp.body`. The body is `{ type, timestamp, data }`, `data` in the shape of Alertmanager's webhook, version 4.
 * Limits: 20 KB of body, so texts are cut. Any 2xx is success; 410 switches the channel off; redirects are failures.
 */
const maxText = 2_000;
const maxBodyBytes = 20_000;
/** What Alertmanager writes for "has not ended". */
const zeroTime = '0001-01-01T00:00:00Z';

export const webhook: Channel = {
  render({ id, alert, test }, context) {
    const key = context.secret === null ? null : webhookSecretBytes(context.secret);
    if (key === null) {
      throw new BinnacleError('bad_config', 'The channel has no signing secret (whsec_…): save it with one.');
    }
    const labels = cutAll(alert.labels);
    const annotations = cutAll(alert.annotations);
    const resolved = alert.resolvedAtMs !== null;
    const status = resolved ? 'resolved' : 'firing';
    const data = {
      version: '4',
      groupKey: `{}:{alertname=${JSON.stringify(alert.alertname)}}`,
      truncatedAlerts: 0,
      status,
      receiver: context.channelName,
      groupLabels: { alertname: alert.alertname },
      commonLabels: labels,
      commonAnnotations: annotations,
      externalURL: context.externalUrl ?? '',
      alerts: [
        {
          status,
          labels,
          annotations,
          startsAt: new Date(alert.firedAtMs).toISOString(),
          endsAt: alert.resolvedAtMs === null ? zeroTime : new Date(alert.resolvedAtMs).toISOString(),
          generatorURL: pageUrl(alert, context.externalUrl) ?? '',
          fingerprint: alert.fingerprint,
          value: alert.valueText,
        },
      ],
    };
    const type = test ? 'alert.test' : `alert.${alert.event}`;
    const body = JSON.stringify({ type, timestamp: new Date(alert.atMs).toISOString(), data });
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

function cutAll(texts: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(texts).map(([name, text]) => [name, cut(text, maxText)]));
}
