import { randomUUID } from 'node:crypto';
import type { Notification } from './channels/channel.ts';
import { groupOfOne } from './group-of-one.ts';
import { fingerprintOf } from './instances.ts';

/** A notification that says that it is a test. */
export function testNotification(nowMs: number): Notification {
  const labels = { alertname: 'Test notification', severity: 'info' };
  return groupOfOne(
    randomUUID(),
    {
      event: 'firing',
      atMs: nowMs,
      alertname: labels.alertname,
      severity: labels.severity,
      layer: 'collector',
      expr: 'vector(1)',
      fingerprint: fingerprintOf(labels),
      labels,
      annotations: {
        summary: 'Binnacle can reach this channel.',
        description: 'Somebody pressed "Send a test". Nothing is wrong.',
        page: '/alerts',
      },
      valueText: '1',
      activeAtMs: nowMs,
      firedAtMs: nowMs,
      resolvedAtMs: null,
    },
    true,
  );
}
