import { BinnacleError } from '@binnacle/shared/errors.ts';
import { type Dispatcher, errors, request } from 'undici';
import type { ClientOptions } from './client-options.ts';
import { OAuthToken } from './oauth.ts';
import { readSecret } from './secret-file.ts';
import { TlsAgent } from './tls-agent.ts';

export interface GetOptions {
  readonly signal: AbortSignal;
  readonly headers?: Readonly<Record<string, string>>;
}

/** As in Go's client, which Prometheus uses. */
const maxRedirects = 10;

/** Asks over HTTP on behalf of a scrape job or a service discovery: connections, credentials, redirects. */
export class HttpClient {
  readonly #options: ClientOptions;
  readonly #agent: TlsAgent;
  readonly #oauth: OAuthToken | undefined;

  constructor(options: ClientOptions, times: { readonly timeoutSeconds: number; readonly keepAliveSeconds: number }) {
    this.#options = options;
    const milliseconds = { timeoutMs: times.timeoutSeconds * 1000, keepAliveMs: times.keepAliveSeconds * 1000 };
    this.#agent = new TlsAgent(options.tls, milliseconds);
    if (options.oauth2 !== undefined)
      this.#oauth = new OAuthToken(options.oauth2, new TlsAgent(options.oauth2.tls, milliseconds));
  }

  /**
   * The answer to a GET, whose body the caller reads or destroys. Throws `upstream_failed` where a secret or certificate
   * cannot be read, and undici's errors for the rest; `failureSentence` makes sentences of them.
   */
  async get(url: URL, options: GetOptions): Promise<Dispatcher.ResponseData> {
    const credentials = await this.#credentials(options.signal);
    let at = url;
    for (let hops = 0; ; hops++) {
      // Credentials must not travel to where somebody points.
      const headers = { ...options.headers, ...(at.origin === url.origin ? credentials : {}) };
      const response = await this.#once(at, { ...options, headers });
      const next = this.#options.followRedirects ? redirectOf(response, at) : undefined;
      if (next === undefined) return response;
      response.body.on('error', () => {}).destroy();
      if (hops === maxRedirects)
        throw new BinnacleError('upstream_failed', `redirects more than ${maxRedirects} times`);
      at = next;
    }
  }

  async destroy(): Promise<void> {
    await Promise.all([this.#agent.destroy(), this.#oauth?.destroy()]);
  }

  async #once(url: URL, { signal, headers }: GetOptions): Promise<Dispatcher.ResponseData> {
    const ask = () => request(url, { dispatcher: this.#agent.get(), signal, headers: headers ?? {}, method: 'GET' });
    try {
      return await ask();
    } catch (error) {
      // A kept connection that the server closed just now says nothing about it: once more, on a fresh one.
      if (!(error instanceof errors.SocketError) || signal.aborted) throw error;
      return ask();
    }
  }

  async #credentials(signal: AbortSignal): Promise<Record<string, string>> {
    const { basicAuth, authorization, headers = [] } = this.#options;
    const result: Record<string, string> = {};
    for (const { name, values, files } of headers) {
      result[name.toLowerCase()] = [...values, ...(await Promise.all(files.map(readSecret)))].join(', ');
    }
    if (this.#oauth !== undefined) result.authorization = `Bearer ${await this.#oauth.get(signal)}`;
    if (authorization !== undefined)
      result.authorization = `${authorization.type} ${await readSecret(authorization.credentialsFile)}`;
    if (basicAuth !== undefined) {
      const { username = '', usernameFile, passwordFile } = basicAuth;
      const user = usernameFile === undefined ? username : await readSecret(usernameFile);
      const password = passwordFile === undefined ? '' : await readSecret(passwordFile);
      result.authorization = `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
    }
    return result;
  }
}

const redirects = new Set([301, 302, 303, 307, 308]);

function redirectOf(response: Dispatcher.ResponseData, from: URL): URL | undefined {
  if (!redirects.has(response.statusCode)) return undefined;
  const { location } = response.headers;
  const text = Array.isArray(location) ? location[0] : location;
  if (text === undefined || !URL.canParse(text, from)) return undefined;
  const next = new URL(text, from);
  return next.protocol === 'http:' || next.protocol === 'https:' ? next : undefined;
}
