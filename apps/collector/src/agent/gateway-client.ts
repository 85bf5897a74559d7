import { Agent as HttpAgent, type IncomingMessage, request as openHttp } from 'node:http';
import { Agent as HttpsAgent, request as openHttps } from 'node:https';

export interface PostAnswer {
  readonly status: number;
  /** From `Retry-After`, in seconds or as a date. */
  readonly retryAfterSeconds: number | undefined;
  /** First characters of a refusal's body, for the log. */
  readonly text: string;
}

export interface GatewayClient {
  post(
    path: string,
    headers: Readonly<Record<string, string>>,
    body: Uint8Array,
    signal: AbortSignal,
  ): Promise<PostAnswer>;
  close(): void;
}

const timeoutMs = 30_000;
const maxTextCharacters = 300;

/** Requests to one gateway over a kept connection. Redirects are answers: a key must not travel to another place. */
export function createGatewayClient(gatewayUrl: string, apiKey: string | undefined): GatewayClient {
  const base = new URL(gatewayUrl);
  const secure = base.protocol === 'https:';
  const agent = secure
    ? new HttpsAgent({ keepAlive: true, maxSockets: 2 })
    : new HttpAgent({ keepAlive: true, maxSockets: 2 });
  const authorization = apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` };
  return {
    post(path, headers, body, signal) {
      const url = new URL(`${base.pathname.replace(/\/$/, '')}${path}`, base);
      return new Promise((resolve, reject) => {
        const asked = (secure ? openHttps : openHttp)(
          url,
          {
            method: 'POST',
            agent,
            signal,
            timeout: timeoutMs,
            headers: {
              ...headers,
              ...authorization,
              'content-length': String(body.byteLength),
              'user-agent': 'binnacle-agent',
            },
          },
          (response) => readAnswer(response).then(resolve, reject),
        );
        asked.on('timeout', () => asked.destroy(new Error(`${url.host} did not answer within ${timeoutMs / 1000} s`)));
        asked.on('error', reject);
        asked.end(body);
      });
    },
    close: () => agent.destroy(),
  };
}

async function readAnswer(response: IncomingMessage): Promise<PostAnswer> {
  let text = '';
  response.setEncoding('utf8');
  for await (const chunk of response) if (text.length < maxTextCharacters) text += chunk;
  return {
    status: response.statusCode ?? 0,
    retryAfterSeconds: retryAfter(response.headers['retry-after']),
    text: text.slice(0, maxTextCharacters),
  };
}

/** Seconds of a `Retry-After` header (RFC 9110, 10.2.3): a number of seconds, or a date. */
export function retryAfter(header: string | undefined, nowMs = Date.now()): number | undefined {
  if (header === undefined) return undefined;
  if (/^\d{1,9}$/.test(header)) return Number(header);
  const atMs = Date.parse(header);
  return Number.isNaN(atMs) ? undefined : Math.max(0, (atMs - nowMs) / 1000);
}
