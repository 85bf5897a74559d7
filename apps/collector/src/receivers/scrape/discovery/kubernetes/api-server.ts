import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { BinnacleError } from '@binnacle/shared/errors.ts';
import { HttpClient } from '../../http-client/client.ts';
import type { ClientOptions } from '../../http-client/client-options.ts';
import { failureSentence } from '../../http-client/failure-sentence.ts';

/** What a pod finds of its service account (kubernetes.io/docs/tasks/run-application/access-api-from-pod). */
export const serviceAccountDirectory = '/var/run/secrets/kubernetes.io/serviceaccount';

export interface ApiServerOptions {
  /** Undefined: that of the cluster this runs in, with the pod's service account. */
  readonly apiServer: string | undefined;
  readonly client: ClientOptions;
  readonly environment?: Readonly<Record<string, string | undefined>>;
  readonly serviceAccount?: string;
}

/** The state that a watch should go on from is forgotten: list anew. */
export class ExpiredError extends Error {}

const listSeconds = 60;
/** A watch may be silent for minutes; it ends after five, as its address asks. */
const idleSeconds = 330;
const maxListBytes = 512 * 1024 * 1024;
const maxEventBytes = 16 * 1024 * 1024;
const newline = 10;

/** Asks a Kubernetes API server. Errors are sentences that name what the service account lacks, never what the server said. */
export class ApiServer {
  readonly address: URL;
  readonly #client: HttpClient;

  /** Throws `bad_config` where no address is given and this does not run in a cluster. */
  constructor(options: ApiServerOptions) {
    const { apiServer, client, environment = process.env, serviceAccount = serviceAccountDirectory } = options;
    const times = { timeoutSeconds: idleSeconds, keepAliveSeconds: 60 };
    if (apiServer !== undefined) {
      this.address = new URL(apiServer);
      this.#client = new HttpClient(client, times);
      return;
    }
    const { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port } = environment;
    if (!host || !port)
      throw new BinnacleError('bad_config', 'this does not run in a Kubernetes cluster: set api_server');
    this.address = new URL(`https://${host.includes(':') ? `[${host}]` : host}:${port}`);
    const inCluster: ClientOptions = {
      ...client,
      authorization: { type: 'Bearer', credentialsFile: join(serviceAccount, 'token') },
      tls: { ...client.tls, caFile: client.tls.caFile ?? join(serviceAccount, 'ca.crt') },
    };
    this.#client = new HttpClient(inCluster, times);
  }

  /** The whole answer as JSON. Throws `ExpiredError` and `upstream_failed`. */
  async getJson(path: string, signal: AbortSignal): Promise<unknown> {
    const text = await this.#within(listSeconds, signal, async (limited) => {
      const body = await this.#ask(path, limited);
      const chunks: Buffer[] = [];
      let length = 0;
      for await (const chunk of body) {
        length += chunk.length;
        if (length > maxListBytes) throw failed(`answers with more than ${maxListBytes} bytes`);
        chunks.push(chunk);
      }
      return Buffer.concat(chunks, length).toString('utf8');
    });
    return parsed(text);
  }

  /** The answer line by line, each a JSON document, for as long as the server goes on; `opened` when it has begun. */
  async *getLines(path: string, signal: AbortSignal, opened: () => void): AsyncGenerator<unknown> {
    const limited = new AbortController();
    const abort = () => limited.abort();
    signal.addEventListener('abort', abort, { once: true });
    try {
      yield* this.#lines(path, limited, opened);
    } finally {
      signal.removeEventListener('abort', abort);
    }
  }

  async *#lines(path: string, limited: AbortController, opened: () => void): AsyncGenerator<unknown> {
    let body: AsyncIterable<Buffer>;
    // Only the beginning of the answer must come soon.
    const timer = setTimeout(() => limited.abort(), listSeconds * 1000);
    try {
      body = await this.#ask(path, limited.signal);
    } catch (error) {
      throw sentence(error);
    } finally {
      clearTimeout(timer);
    }
    opened();
    let rest: Buffer[] = [];
    let length = 0;
    try {
      for await (const chunk of body) {
        let start = 0;
        for (let at = chunk.indexOf(newline); at >= 0; at = chunk.indexOf(newline, start)) {
          const line = Buffer.concat([...rest, chunk.subarray(start, at)]).toString('utf8');
          rest = [];
          length = 0;
          start = at + 1;
          if (line.trim() !== '') yield parsed(line);
        }
        rest.push(chunk.subarray(start));
        length += chunk.length - start;
        if (length > maxEventBytes) throw failed('sends an event that is too long');
      }
    } catch (error) {
      throw sentence(error);
    }
  }

  async destroy(): Promise<void> {
    await this.#client.destroy();
  }

  async #ask(path: string, signal: AbortSignal): Promise<AsyncIterable<Buffer>> {
    const { statusCode, body } = await this.#client.get(new URL(path, this.address), {
      signal,
      headers: { accept: 'application/json', 'user-agent': 'binnacle' },
    });
    if (statusCode === 200) return body as AsyncIterable<Buffer>;
    body.on('error', () => {}).destroy();
    if (statusCode === 410) throw new ExpiredError();
    const what = path.replace(/\?.*$/, '');
    if (statusCode === 401) throw failed('answers 401: the token is not accepted');
    if (statusCode === 403) throw failed(`answers 403: the service account may not list and watch ${what}`);
    throw failed(`answers ${statusCode} for ${what}`);
  }

  async #within<T>(seconds: number, signal: AbortSignal, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const limited = new AbortController();
    const abort = () => limited.abort();
    signal.addEventListener('abort', abort, { once: true });
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      limited.abort();
    }, seconds * 1000);
    try {
      return await work(limited.signal);
    } catch (error) {
      throw late ? failed(`gave no complete answer within ${seconds} s`) : sentence(error);
    } finally {
      clearTimeout(timer);
      signal.removeEventListener('abort', abort);
    }
  }
}

/** The namespace that this runs in, or undefined where it runs in none. */
export function ownNamespace(serviceAccount = serviceAccountDirectory): string | undefined {
  try {
    return readFileSync(join(serviceAccount, 'namespace'), 'utf8').trim() || undefined;
  } catch {
    return undefined;
  }
}

const failed = (what: string, cause?: unknown) => new BinnacleError('upstream_failed', what, { cause });

function sentence(error: unknown): Error {
  return error instanceof ExpiredError ? error : failureSentence(error, 'tls_config.ca_file');
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw failed('does not answer with valid JSON', error);
  }
}
