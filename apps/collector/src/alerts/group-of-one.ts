import { createHash } from 'node:crypto';
import type { Notification } from './channels/channel.ts';
import type { AlertEvent } from './instances.ts';

/** What the outbox hands in while alerts are not grouped: each alert is a group of its own, known by its labels. */
export function groupOfOne(id: string, alert: AlertEvent, test = false): Notification {
  return {
    id,
    groupKey: `{}:{alertname=${JSON.stringify(alert.alertname)}, fingerprint="${alert.fingerprint}"}`,
    groupLabels: { alertname: alert.alertname },
    status: alert.event,
    alerts: [alert],
    truncated: 0,
    test,
  };
}

/** The group's key in 64 hexadecimal digits, for services that want a short one. */
export function shortGroupKey(groupKey: string): string {
  return createHash('sha256').update(groupKey).digest('hex');
}
