import { BinnacleError } from '@binnacle/shared/errors.ts';
import { request } from 'undici';
import { z } from 'zod';
import type { OAuthOptions } from './client-options.ts';
import { readSecret } from './secret-file.ts';
import type { TlsAgent } from './tls-agent.ts';

const answer = z.object({
  access_token: z.string().min(1),
  expires_in: z.coerce.number().positive().optional(),
});
const maxAnswerBytes = 65_536;
/** A token is taken anew this long before it ends. */
const earlyMs = 10_000;
const withoutEndMs = 300_000;

/** A token by client credentials (RFC 6749, section 4.4), kept until shortly before its end. */
export class OAuthToken {
  readonly #options: OAuthOptions;
  readonly #agent: TlsAgent;
  #token: string | undefined;
  #endsAtMs = 0;

  constructor(options: OAuthOptions, agent: TlsAgent) {
    this.#options = options;
    this.#agent = agent;
  }

  /** Throws `upstream_failed` without a word of what the server said. */
  async get(signal: AbortSignal): Promise<string> {
    if (this.#token !== undefined && performance.now() < this.#endsAtMs) return this.#token;
    const { clientId, clientSecretFile, scopes, tokenUrl, endpointParams } = this.#options;
    const secret = await readSecret(clientSecretFile);
    const form = new URLSearchParams({ ...endpointParams, grant_type: 'client_credentials' });
    if (scopes.length > 0) form.set('scope', scopes.join(' '));
    const encode = (text: string) => new URLSearchParams([['', text]]).toString().slice(1);
    const response = await request(tokenUrl, {
      dispatcher: this.#agent.get(),
      signal,
      method: 'POST',
      headers: {
        authorization: `Basic ${Buffer.from(`${encode(clientId)}:${encode(secret)}`).toString('base64')}`,
        'content-type': 'application/x-www-form-urlencoded',
        accept: 'application/json',
      },
      body: form.toString(),
    });
    let text = '';
    for await (const chunk of response.body as AsyncIterable<Buffer>) {
      text += chunk.toString('utf8');
      if (text.length > maxAnswerBytes) break;
    }
    if (response.statusCode !== 200) throw failed(`answers ${response.statusCode}`);
    const parsed = answer.safeParse(jsonOrUndefined(text));
    if (!parsed.success) throw failed('answers without a token');
    this.#token = parsed.data.access_token;
    const seconds = parsed.data.expires_in;
    this.#endsAtMs = performance.now() + (seconds === undefined ? withoutEndMs : seconds * 1000 - earlyMs);
    return this.#token;
  }

  async destroy(): Promise<void> {
    await this.#agent.destroy();
  }
}

const failed = (what: string) => new BinnacleError('upstream_failed', `was not asked: the token URL ${what}`);

function jsonOrUndefined(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
