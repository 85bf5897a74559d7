import { alertmanagerData } from './alertmanager-data.ts';
import type { HttpChannel } from './channel.ts';
import { fitted } from './words.ts';

/**
 * What Alertmanager posts to a webhook receiver, version "4", unsigned: for programs written for Alertmanager.
 * Limits: ours, 1 MB and 1000 alerts a message. Any 2xx is success; 429 and 5xx come to pass.
 */
const limits = { bytes: 1_000_000, alerts: 1_000 };

export const alertmanager: HttpChannel = {
  transport: 'http',
  rate: { ratePerMinute: 600, burst: 20 },
  render(notification, context) {
    const make = (shown: number) => JSON.stringify(alertmanagerData(notification, context, shown));
    return {
      headers: { 'content-type': 'application/json' },
      body: fitted(notification, limits.alerts, make, (made) => Buffer.byteLength(made) <= limits.bytes),
    };
  },
};
