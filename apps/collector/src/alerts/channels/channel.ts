import type { AlertEvent } from '../instances.ts';
import type { Outcome } from '../outcome.ts';

/** An alert within a notification, with what explains it where that is known. */
export interface NotifiedAlert extends AlertEvent {
  /** One sentence: another alert that explains this one. */
  readonly cause?: string;
}

/** One group of alerts, ready to be rendered for a channel. */
export interface Notification {
  /** Idempotency key, the same on every attempt. */
  readonly id: string;
  /** Names the group over all its notifications: what a service joins a fire and its resolve by. */
  readonly groupKey: string;
  readonly groupLabels: Readonly<Record<string, string>>;
  /** firing while any of its alerts is. */
  readonly status: 'firing' | 'resolved';
  /** At least one, the most important first. */
  readonly alerts: readonly NotifiedAlert[];
  /** Alerts of the group that are not in `alerts`. */
  readonly truncated: number;
  /** A person pressed "send test". */
  readonly test: boolean;
}

export interface RenderContext {
  /** Address of the web app as people reach it, without a slash at the end; null where it is not known. */
  readonly externalUrl: string | null;
  /** Of this attempt, ms since 1970. */
  readonly nowMs: number;
  /** The channel's name, its address, and its secret where it has one. */
  readonly channelName: string;
  readonly url: string;
  readonly secret: string | null;
}

/** A POST to the channel's address. */
export interface RenderedRequest {
  /** The address, where it is another than the channel's. */
  readonly url?: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** The body as it may be shown, where `body` holds a credential. */
  readonly shownBody?: string;
}

export interface RenderedMail {
  readonly messageId: string;
  readonly subject: string;
  readonly text: string;
  readonly html: string;
}

/** What the service takes, by its own documentation. */
export interface Rate {
  /** Messages in any minute. */
  readonly ratePerMinute: number;
  /** Messages in any two seconds. */
  readonly burst: number;
}

interface Service {
  readonly rate: Rate;
}

/** A service that takes notifications: one file that renders, with the service's limits at its head. */
export interface HttpChannel extends Service {
  readonly transport: 'http';
  /** Throws `bad_config` where the channel lacks something. */
  render(notification: Notification, context: RenderContext): RenderedRequest;
  /** What an answer of this service means where it is not what its status says; null where it is. */
  judge?(answer: ServiceAnswer): Outcome | null;
}

export interface MailChannel extends Service {
  readonly transport: 'smtp';
  render(notification: Notification, context: RenderContext): RenderedMail;
}

export type Channel = HttpChannel | MailChannel;

export interface ServiceAnswer {
  readonly status: number;
  readonly text: string;
  readonly nowMs: number;
}

export function cut(text: string, limit: number): string {
  if (text.length <= limit) return text;
  // not through the middle of a pair of surrogates
  const end = limit - 1 - (/[\uD800-\uDBFF]/.test(text[limit - 2] ?? '') ? 1 : 0);
  return `${text.slice(0, end)}…`;
}
