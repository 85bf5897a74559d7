import { isSealed } from '@binnacle/db/state/sealing.ts';
import { BinnacleError } from '@binnacle/shared/errors.ts';
import type { GuardedFetch } from '../net/guarded-fetch.ts';
import { lostKey } from './channel-secrets.ts';
import type { Notification } from './channels/channel.ts';
import { channelOf } from './channels/registry.ts';
import { type Outcome, retryAt } from './outcome.ts';
import { sendMail } from './send-mail.ts';

export type { Outcome } from './outcome.ts';

/** What a channel's row says. `url` and `secret` are secrets. */
export interface ChannelTarget {
  readonly name: string;
  readonly kind: string;
  readonly url: string;
  readonly secret: string | null;
}

export interface Attempt {
  readonly outcome: Outcome;
  /** What was sent, without the address and the signature. */
  readonly requestBody: string;
  /** First characters of the answer. */
  readonly answer: string;
  readonly durationMs: number;
}

export interface Sender {
  readonly fetchGuarded: GuardedFetch;
  readonly externalUrl: string | null;
  readonly now: () => number;
  /** Opens what lies sealed in a channel's row; null where it cannot. */
  readonly unseal?: (sealed: string) => string | null;
}

const timeoutMs = 15_000;

/** Renders a notification for a channel and tries to deliver it once. Rejects only when `signal` is aborted. */
export async function attemptDelivery(
  sender: Sender,
  row: ChannelTarget,
  notification: Notification,
  signal?: AbortSignal,
): Promise<Attempt> {
  const startedAt = performance.now();
  let requestBody = '';
  let answer = '';
  const finish = (outcome: Outcome): Attempt => ({
    outcome,
    requestBody,
    answer,
    durationMs: performance.now() - startedAt,
  });
  try {
    const target = opened(row, sender.unseal);
    if (target === null) return finish({ kind: 'gone', status: null, reason: lostKey });
    const channel = channelOf(target.kind);
    if (channel === undefined) {
      return finish({ kind: 'dead', status: null, reason: `There is no channel kind "${target.kind}".` });
    }
    const context = {
      externalUrl: sender.externalUrl,
      nowMs: sender.now(),
      channelName: target.name,
      url: target.url,
      secret: target.secret,
    };
    if (channel.transport === 'smtp') {
      const mail = channel.render(notification, context);
      requestBody = `Subject: ${mail.subject}\n\n${mail.text}`;
      const sent = await sendMail(sender.fetchGuarded, target.url, mail, timeoutMs, signal);
      answer = sent.answer;
      return finish(sent.outcome);
    }
    const rendered = channel.render(notification, context);
    requestBody = rendered.shownBody ?? rendered.body;
    const { status, headers, text } = await sender.fetchGuarded(rendered.url ?? target.url, {
      method: 'POST',
      headers: rendered.headers,
      body: rendered.body,
      timeoutMs,
      ...(signal === undefined ? {} : { signal }),
    });
    answer = text.slice(0, 300);
    const nowMs = sender.now();
    return finish(
      channel.judge?.({ status, text: text.slice(0, 2000), nowMs }) ??
        judge(status, headers['retry-after'], answer, nowMs),
    );
  } catch (error) {
    if (signal?.aborted) throw error;
    if (!(error instanceof BinnacleError)) throw error;
    return finish(
      error.retry
        ? { kind: 'retry', status: null, reason: error.message, retryAtMs: null }
        : { kind: 'dead', status: null, reason: error.message },
    );
  }
}

function opened(row: ChannelTarget, unseal: Sender['unseal']): ChannelTarget | null {
  const open = (text: string) => (isSealed(text) ? (unseal?.(text) ?? null) : text);
  const url = open(row.url);
  const secret = row.secret === null ? null : open(row.secret);
  return url === null || (row.secret !== null && secret === null) ? null : { ...row, url, secret };
}

/** 2xx is success; 408, 429 and 5xx come to pass; 410 is for ever; every other answer says that the request is wrong. */
export function judge(
  status: number,
  retryAfter: string | string[] | undefined,
  answer: string,
  nowMs: number,
): Outcome {
  const said = `The service answered ${status}${answer === '' ? '' : `: ${answer}`}`;
  if (status >= 200 && status < 300) return { kind: 'sent', status };
  if (status === 410) return { kind: 'gone', status, reason: said };
  if (status === 408 || status === 425 || status === 429 || status >= 500) {
    return { kind: 'retry', status, reason: said, retryAtMs: retryTime(retryAfter, nowMs) };
  }
  if (status >= 300 && status < 400) {
    return {
      kind: 'dead',
      status,
      reason: `The service answered ${status}; redirects are not followed: use the final address.`,
    };
  }
  return { kind: 'dead', status, reason: said };
}

/** `Retry-After` as a time: seconds from now or an HTTP date, a day ahead at most; null where it is absent or no such. */
export function retryTime(header: string | string[] | undefined, nowMs: number): number | null {
  const text = (Array.isArray(header) ? header[0] : header)?.trim();
  if (text === undefined || text === '') return null;
  const atMs = /^\d+(\.\d+)?$/.test(text)
    ? nowMs + Number(text) * 1000
    : /^[A-Za-z]/.test(text)
      ? Date.parse(text)
      : Number.NaN;
  if (Number.isNaN(atMs)) return null;
  return retryAt(atMs - nowMs, nowMs);
}
