import { parseMailUrl } from '@binnacle/shared/alerts/mail-url.ts';
import { BinnacleError } from '@binnacle/shared/errors.ts';
import nodemailer from 'nodemailer';
import type { RenderedMail } from './channels/channel.ts';
import type { Outcome } from './outcome.ts';

export interface MailSender {
  /** Addresses of a name, each let through by the policy of targets; throws `blocked_address`, `upstream_failed`. */
  readonly addressOf: (hostname: string) => Promise<string>;
}

/**
 * Sends one message by the channel's SMTP address (`shared/alerts/mail-url.ts`). The connection goes to an address that
 * the policy let through; the certificate must bear the name. A password is sent over TLS alone. SMTP's 4xx come to pass,
 * its 5xx are final; no reason repeats the address.
 */
export async function sendMail(
  sender: MailSender,
  mailUrl: string,
  mail: RenderedMail,
  timeoutMs: number,
  signal?: AbortSignal,
): Promise<{ outcome: Outcome; answer: string }> {
  const server = parseMailUrl(mailUrl);
  if (server === null) throw new BinnacleError('bad_config', 'The channel has no SMTP address: save it with one.');
  const transport = nodemailer.createTransport({
    host: await sender.addressOf(server.host),
    port: server.port,
    secure: server.secure,
    requireTLS: !server.secure && server.user !== null,
    ...(server.user === null ? {} : { auth: { user: server.user, pass: server.password ?? '' } }),
    tls: { servername: server.host },
    connectionTimeout: 5_000,
    greetingTimeout: timeoutMs,
    socketTimeout: timeoutMs,
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  const stop = () => transport.close();
  signal?.addEventListener('abort', stop, { once: true });
  try {
    const sent = await transport.sendMail({ from: server.from, to: [...server.to], ...mail });
    // One recipient refused is enough to say so; the others have it, so trying again would send it twice.
    if (sent.rejected.length > 0) {
      const reason = `The mail server took the message for ${sent.accepted.length} and refused it for ${sent.rejected.length}.`;
      return { outcome: { kind: 'dead', status: 250, reason }, answer: sent.response };
    }
    return { outcome: { kind: 'sent', status: 250 }, answer: sent.response };
  } catch (error) {
    if (signal?.aborted) throw error;
    return {
      outcome: judgeMail(error),
      answer: String((error as { response?: unknown }).response ?? '').slice(0, 300),
    };
  } finally {
    signal?.removeEventListener('abort', stop);
    transport.close();
  }
}

function judgeMail(error: unknown): Outcome {
  const { responseCode, response, code, command } = error as Record<
    'response' | 'code' | 'command',
    string | undefined
  > & {
    responseCode?: number;
  };
  if (code === 'EAUTH') {
    return {
      kind: 'dead',
      status: responseCode ?? null,
      reason: 'The mail server does not take the user and password.',
    };
  }
  if (code === 'ETLS' || command === 'STARTTLS') {
    return { kind: 'dead', status: null, reason: 'The mail server offers no TLS that can be trusted.' };
  }
  const said = response === undefined ? '' : `: ${response.slice(0, 200)}`;
  if (responseCode !== undefined && responseCode >= 500) {
    return { kind: 'dead', status: responseCode, reason: `The mail server refused the message${said}` };
  }
  if (responseCode !== undefined) {
    return { kind: 'retry', status: responseCode, reason: `The mail server answered${said}`, retryAtMs: null };
  }
  const reason =
    code === 'ETIMEDOUT'
      ? 'The mail server did not answer in time.'
      : `The mail server cannot be reached${code === undefined ? '' : ` (${code})`}.`;
  return { kind: 'retry', status: null, reason, retryAtMs: null };
}
