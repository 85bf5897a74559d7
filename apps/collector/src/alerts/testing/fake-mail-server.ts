import type { AddressInfo } from 'node:net';
import { SMTPServer } from 'smtp-server';

export interface FakeMailServer {
  /** Address of an e-mail channel that this server takes. */
  readonly url: string;
  readonly received: Array<{ readonly raw: string; readonly text: string; readonly html: string }>;
  /** What the server says to the next messages instead of taking them. */
  refuse: { readonly code: number; readonly text: string } | null;
  close(): Promise<void>;
}

/** An SMTP server on loopback, without TLS: its certificate would be nobody's. */
export async function startFakeMailServer(): Promise<FakeMailServer> {
  const received: FakeMailServer['received'] = [];
  const server = new SMTPServer({
    disabledCommands: ['STARTTLS'],
    authOptional: true,
    allowInsecureAuth: true,
    onData(stream, _, done) {
      let raw = '';
      stream.setEncoding('utf8').on('data', (chunk: string) => {
        raw += chunk;
      });
      stream.on('end', () => {
        if (fake.refuse !== null) {
          return done(Object.assign(new Error(fake.refuse.text), { responseCode: fake.refuse.code }));
        }
        const [text = '', html = ''] = parts(raw);
        received.push({ raw, text, html });
        done();
      });
    },
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.server.address() as AddressInfo;
  const fake: FakeMailServer = {
    url: `smtp://127.0.0.1:${port}/?from=binnacle%40example.com&to=ops%40example.com`,
    received,
    refuse: null,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
  return fake;
}

/** The plain and the HTML part of a message. */
function parts(raw: string): string[] {
  const boundary = /boundary="([^"]+)"/.exec(raw)?.[1];
  if (boundary === undefined) return [raw];
  return raw
    .split(`--${boundary}`)
    .slice(1, 3)
    .map((part) => {
      const [head = '', ...rest] = part.trimStart().split('\r\n\r\n');
      const body = rest.join('\r\n\r\n');
      if (/base64/i.test(head)) return Buffer.from(body, 'base64').toString('utf8');
      if (!/quoted-printable/i.test(head)) return body;
      const bytes = body
        .replace(/=\r\n/g, '')
        .replace(/=([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
      return Buffer.from(bytes, 'latin1').toString('utf8');
    });
}
