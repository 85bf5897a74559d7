import type { Status } from '#components/ui/status.tsx';
import type { ActiveAlert } from '#data/prometheus.ts';
import { pages } from './navigation-items.ts';

/** Page of the layer that an alert belongs to; alerts of no known layer are the collector's own. */
export function alertPage(alert: ActiveAlert): string {
  return pages.find((page) => page.layers.includes(alert.layer))?.path ?? '/sources';
}

/** Whether the alert concerns the cluster; one without the label concerns all. */
export const ofCluster = (alert: ActiveAlert, cluster: string | undefined): boolean =>
  cluster === undefined || alert.labels.cluster === undefined || alert.labels.cluster === cluster;

const ranks: Record<string, number> = { critical: 0, warning: 1, info: 2 };

export const severityOf = (alert: ActiveAlert): string => alert.labels.severity ?? 'warning';

export const severityRank = (alert: ActiveAlert): number => ranks[severityOf(alert)] ?? 1;

export const severityStatus = (alert: ActiveAlert): Status =>
  severityOf(alert) === 'critical' ? 'bad' : severityOf(alert) === 'info' ? 'unknown' : 'attention';

/** Since when, ms since 1970; null where the gateway does not say. */
export function activeSince(alert: ActiveAlert): number | null {
  const time = alert.activeAt == null ? Number.NaN : Date.parse(alert.activeAt);
  return Number.isNaN(time) ? null : time;
}

/** One line on what is wrong: the rule's summary, else its name. */
export const alertTitle = (alert: ActiveAlert): string =>
  alert.annotations.summary ?? alert.labels.alertname ?? 'Alert without a name';
