import { cut, type Notification, type RenderContext } from './channel.ts';
import { pageUrl } from './words.ts';

/** What Alertmanager writes for "has not ended". */
const zeroTime = '0001-01-01T00:00:00Z';
const maxText = 2_000;

/** The first `shown` alerts of a notification in the shape of Alertmanager's webhook, version 4. */
export function alertmanagerData(notification: Notification, context: RenderContext, shown: number) {
  const alerts = notification.alerts.slice(0, shown).map((alert) => ({
    status: alert.resolvedAtMs === null ? 'firing' : 'resolved',
    labels: cutAll(alert.labels),
    annotations: cutAll({ ...alert.annotations, ...(alert.cause === undefined ? {} : { cause: alert.cause }) }),
    startsAt: new Date(alert.firedAtMs).toISOString(),
    endsAt: alert.resolvedAtMs === null ? zeroTime : new Date(alert.resolvedAtMs).toISOString(),
    generatorURL: pageUrl(alert, context) ?? '',
    fingerprint: alert.fingerprint,
    value: alert.valueText,
  }));
  return {
    version: '4',
    groupKey: notification.groupKey,
    truncatedAlerts: notification.truncated + notification.alerts.length - alerts.length,
    status: notification.status,
    receiver: context.channelName,
    groupLabels: notification.groupLabels,
    commonLabels: common(alerts.map(({ labels }) => labels)),
    commonAnnotations: common(alerts.map(({ annotations }) => annotations)),
    externalURL: context.externalUrl ?? '',
    alerts,
  };
}

function cutAll(texts: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(texts).map(([name, text]) => [name, cut(text, maxText)]));
}

/** What all have with the same value. */
function common(all: ReadonlyArray<Record<string, string>>): Record<string, string> {
  const [first = {}, ...others] = all;
  return Object.fromEntries(
    Object.entries(first).filter(([name, value]) => others.every((other) => other[name] === value)),
  );
}
