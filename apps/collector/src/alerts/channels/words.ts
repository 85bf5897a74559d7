import { cut, type Notification, type NotifiedAlert, type RenderContext } from './channel.ts';

/** What a message says of one alert, as plain text: every channel says the same in its own form. */
export interface AlertWords {
  /** What, in one line. */
  readonly what: string;
  readonly description: string | null;
  /** Where: the labels that tell this alert from others, `name=value`. */
  readonly where: string;
  /** Since when, and until when. */
  readonly since: string;
  /** The value, and the rule that it broke. */
  readonly value: string;
  /** What probably caused it. */
  readonly cause: string | null;
  /** What to do about it; null once it is resolved. */
  readonly todo: string | null;
  readonly url: string | null;
}

export interface Words {
  readonly title: string;
  readonly alerts: readonly AlertWords[];
  readonly url: string | null;
}

/** Time shown around an alert by its link, ms. */
const marginMs = 30 * 60_000;

/** Most important colour of the group: `#rrggbb`. */
export function colorOf({ status, alerts }: Notification): string {
  if (status === 'resolved') return '#2e9e5b';
  const firing = alerts.filter(({ event }) => event === 'firing');
  if (firing.some(({ severity }) => severity === 'critical')) return '#d32f2f';
  return firing.some(({ severity }) => severity === 'warning') ? '#ed8b00' : '#2f6fd3';
}

export function wordsOf(notification: Notification, context: RenderContext, textLimit = 600): Words {
  const [first] = notification.alerts;
  return {
    title: titleOf(notification),
    alerts: notification.alerts.map((alert) => wordsOfAlert(alert, notification, context, textLimit)),
    url:
      first === undefined
        ? null
        : notification.alerts.length === 1
          ? pageUrl(first, context)
          : context.externalUrl === null
            ? null
            : `${context.externalUrl}/alerts`,
  };
}

function titleOf({ alerts, truncated, status, test, groupLabels }: Notification): string {
  const count = alerts.length + truncated;
  const severity = severityOf(alerts);
  const state = status === 'resolved' ? 'Resolved' : `Firing, ${severity}`;
  const name = groupLabels.alertname ?? alerts[0]?.alertname ?? 'alerts';
  return `${test ? 'Test. ' : ''}${state}: ${name}${count > 1 ? ` (${count} alerts)` : ''}`;
}

/** The worst severity among those that still fire. */
export function severityOf(alerts: readonly NotifiedAlert[]): string {
  const firing = alerts.filter(({ event }) => event === 'firing').map(({ severity }) => severity);
  return ['critical', 'warning', 'info'].find((severity) => firing.includes(severity)) ?? firing[0] ?? 'info';
}

function wordsOfAlert(
  alert: NotifiedAlert,
  notification: Notification,
  context: RenderContext,
  limit: number,
): AlertWords {
  const { summary, description, runbook, runbook_url: runbookUrl } = alert.annotations;
  const resolved = alert.event === 'resolved';
  const since = `Since ${new Date(alert.activeAtMs).toISOString()}.`;
  const todo = runbook ?? runbookUrl;
  const text = summary ?? alert.alertname;
  return {
    what: cut(
      notification.alerts.length > 1 && resolved && notification.status === 'firing' ? `Resolved: ${text}` : text,
      limit,
    ),
    description: description === undefined ? null : cut(description, limit),
    where: cut(
      labelsOf(alert)
        .map(([name, value]) => `${name}=${cut(value, 120)}`)
        .join(', '),
      limit,
    ),
    since:
      alert.resolvedAtMs === null
        ? since
        : `From ${new Date(alert.activeAtMs).toISOString()} to ${new Date(alert.resolvedAtMs).toISOString()}.`,
    value: `${resolved ? 'Last value' : 'Value'} ${cut(alert.valueText, 60)}; the rule: ${cut(alert.expr, 300)}`,
    cause: alert.cause === undefined ? null : cut(alert.cause, limit),
    todo: todo === undefined || resolved ? null : cut(todo, limit),
    url: pageUrl(alert, context),
  };
}

/** Labels but the name, which stands in the title. */
export function labelsOf({ labels }: NotifiedAlert): Array<[string, string]> {
  return Object.entries(labels).filter(([name]) => name !== 'alertname');
}

/**
 * Link to the page that shows the alert, its annotation `page` (a path of the web app), over the time around the alert;
 * null where the app's address is not known. Never leads out of the app.
 */
export function pageUrl(alert: NotifiedAlert, { externalUrl }: RenderContext): string | null {
  if (externalUrl === null) return null;
  const page = alert.annotations.page ?? '/alerts';
  // `//host` and `/\\host` are addresses of another site
  const link = new URL(externalUrl + (/^\/(?![/\\])/.test(page) ? page : '/alerts'));
  link.searchParams.set('from', new Date(alert.activeAtMs - marginMs).toISOString());
  link.searchParams.set('to', new Date((alert.resolvedAtMs ?? alert.firedAtMs) + marginMs).toISOString());
  return link.href;
}

/** "+N more" for what a message has no room for; null for none. */
export function moreText(notification: Notification, shown: number): string | null {
  const more = notification.alerts.length + notification.truncated - shown;
  return more > 0 ? `+${more} more` : null;
}

/**
 * The message with as many alerts as the service takes: `make(shown)` for the greatest count up to `most` that `fits`.
 * One alert must always fit: texts are cut before.
 */
export function fitted<T>(
  { alerts }: Notification,
  most: number,
  make: (shown: number) => T,
  fits: (message: T) => boolean,
): T {
  let low = Math.min(alerts.length, 1);
  let high = Math.min(alerts.length, most);
  let best = make(high);
  if (fits(best)) return best;
  high--;
  best = make(low);
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    const message = make(middle);
    if (fits(message)) {
      best = message;
      low = middle;
    } else high = middle - 1;
  }
  return best;
}
