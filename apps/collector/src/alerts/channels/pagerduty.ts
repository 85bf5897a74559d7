import { BinnacleError } from '@binnacle/shared/errors.ts';
import { shortGroupKey } from '../group-of-one.ts';
import { cut, type HttpChannel, type ServiceAnswer } from './channel.ts';
import { fitted, moreText, severityOf, wordsOf } from './words.ts';

/**
 * PagerDuty Events API v2 (https://developer.pagerduty.com/docs/events-api-v2/trigger-events/): one incident per group,
 * opened and closed by the same `dedup_key`. Limits: 512,000 bytes, `dedup_key` 255 characters, `summary` 1024. 202 is
 * success, 400 final, 429 and 5xx come to pass. The routing key of the integration is the channel's secret. Nothing is
 * published but "a large number a minute": 120 a minute are sent at most.
 */
const limits = { bytes: 500_000, summary: 1024, alerts: 200 };
const severities: Readonly<Record<string, string>> = { critical: 'critical', warning: 'warning', info: 'info' };

export const pagerduty: HttpChannel = {
  transport: 'http',
  rate: { ratePerMinute: 120, burst: 10 },
  render(notification, context) {
    const key = context.secret;
    if (key === null) throw new BinnacleError('bad_config', 'The channel has no routing key: save it with one.');
    const words = wordsOf(notification, context);
    const [first] = notification.alerts;
    const make = (shown: number, routingKey: string) =>
      JSON.stringify({
        routing_key: routingKey,
        event_action: notification.status === 'resolved' ? 'resolve' : 'trigger',
        dedup_key: shortGroupKey(notification.groupKey),
        client: 'Binnacle',
        ...(context.externalUrl === null ? {} : { client_url: context.externalUrl }),
        payload: {
          summary: cut(`${words.title}: ${words.alerts[0]?.what ?? ''}`, limits.summary),
          source: cut(
            first?.labels.hostname ?? first?.labels.node ?? first?.labels.instance ?? context.channelName,
            255,
          ),
          severity: severities[severityOf(notification.alerts)] ?? 'error',
          timestamp: new Date(first?.firedAtMs ?? context.nowMs).toISOString(),
          ...(first === undefined ? {} : { component: first.layer, class: cut(first.alertname, 255) }),
          custom_details: {
            alerts: words.alerts.slice(0, shown).map(({ url, ...alert }) => ({ ...alert, link: url })),
            more: moreText(notification, shown),
          },
        },
        links: words.url === null ? [] : [{ href: words.url, text: 'Open in Binnacle' }],
      });
    const fits = (made: number) => Buffer.byteLength(make(made, key)) <= limits.bytes;
    const shown = fitted(notification, limits.alerts, (count) => count, fits);
    return {
      headers: { 'content-type': 'application/json' },
      body: make(shown, key),
      shownBody: make(shown, '…'),
    };
  },
  judge({ status, text }: ServiceAnswer) {
    if (status === 400 && /routing key/i.test(text)) {
      return { kind: 'dead', status, reason: 'PagerDuty does not know this routing key.' };
    }
    return null;
  },
};
