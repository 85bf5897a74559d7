/** Where an e-mail channel sends: its address is `smtp[s]://user:password@host:port/?from=…&to=…,…`. */
export interface MailServer {
  readonly host: string;
  readonly port: number;
  /** TLS from the first byte (smtps); otherwise STARTTLS where the server offers it, and always with a password. */
  readonly secure: boolean;
  readonly user: string | null;
  readonly password: string | null;
  readonly from: string;
  readonly to: readonly string[];
}

const mailbox = /^[^\s@<>,;"]+@[^\s@<>,;"]+$/;
const maxRecipients = 20;

/** Reads an e-mail channel's address; null for what is none, or has no sender or no recipient. */
export function parseMailUrl(text: string): MailServer | null {
  if (!URL.canParse(text)) return null;
  const url = new URL(text);
  if (!/^smtps?:$/.test(url.protocol) || url.hostname === '') return null;
  const from = url.searchParams.get('from') ?? '';
  const to = (url.searchParams.get('to') ?? '').split(',').map((one) => one.trim());
  if (![from, ...to].every((one) => mailbox.test(one)) || to.length > maxRecipients) return null;
  const secure = url.protocol === 'smtps:';
  try {
    return {
      host: url.hostname.replace(/^\[|\]$/g, ''),
      port: url.port === '' ? (secure ? 465 : 587) : Number(url.port),
      secure,
      user: url.username === '' ? null : decodeURIComponent(url.username),
      password: url.password === '' ? null : decodeURIComponent(url.password),
      from,
      to,
    };
  } catch {
    return null;
  }
}

/** The address of a server, a user and people; the opposite of `parseMailUrl`. Null where that would be none. */
export function mailUrl(server: string, user: string, password: string, from: string, to: string): string | null {
  if (!URL.canParse(server)) return null;
  const url = new URL(server);
  url.username = encodeURIComponent(user);
  url.password = encodeURIComponent(password);
  url.pathname = '/';
  url.search = new URLSearchParams({ from, to: to.replace(/\s*[,;\n]\s*/g, ',').trim() }).toString();
  return parseMailUrl(url.href) === null ? null : url.href;
}
