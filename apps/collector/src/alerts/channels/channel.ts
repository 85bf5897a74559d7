import type { AlertEvent } from '../instances.ts';

/** One notification, ready to be rendered for a channel. */
export interface Notification {
  /** Idempotency key, the same on every attempt. */
  readonly id: string;
  readonly alert: AlertEvent;
  /** A person pressed "send test". */
  readonly test: boolean;
}

export interface RenderContext {
  /** Address of the web app as people reach it, without a slash at the end; null where it is not known. */
  readonly externalUrl: string | null;
  /** Of this attempt, ms since 1970. */
  readonly nowMs: number;
  /** The channel's name, and its secret where it has one. */
  readonly channelName: string;
  readonly secret: string | null;
}

export interface RenderedRequest {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** A service that takes notifications: one file that renders, with the service's limits at its head. */
export interface Channel {
  /** Throws `bad_config` where the channel lacks something. */
  render(notification: Notification, context: RenderContext): RenderedRequest;
}

/** Link to the page that shows the alert: its annotation `page`, a path of the web app. */
export function pageUrl(alert: AlertEvent, externalUrl: string | null): string | null {
  if (externalUrl === null) return null;
  const page = alert.annotations.page ?? '/alerts';
  return page.startsWith('/') && !page.startsWith('//') ? externalUrl + page : `${externalUrl}/alerts`;
}

export function cut(text: string, limit: number): string {
  return text.length <= limit ? text : `${text.slice(0, limit - 1)}…`;
}
