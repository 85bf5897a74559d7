import { BinnacleError } from '@binnacle/shared/errors.ts';
import type { Logger } from 'pino';
import { addToCounter } from '../../../telemetry/instruments.ts';
import { HttpClient } from '../http-client/client.ts';
import type { ClientOptions } from '../http-client/client-options.ts';
import { failureSentence } from '../http-client/failure-sentence.ts';
import type { ProviderState, TargetGroup, TargetProvider } from './provider.ts';
import { countTargets, readTargetList } from './target-list.ts';

export interface HttpTargetsOptions {
  readonly url: URL;
  readonly refreshSeconds: number;
  readonly client: ClientOptions;
  readonly changed: () => void;
  readonly log: Logger;
}

const maxBodyBytes = 64 * 1024 * 1024;
const longestRequestSeconds = 60;

/** Lists of targets from an HTTP endpoint (prometheus.io/docs/prometheus/latest/http_sd). A failure keeps the last good list. */
export class HttpTargets implements TargetProvider {
  readonly #options: HttpTargetsOptions;
  readonly #client: HttpClient;
  readonly #place: string;
  #groups: readonly TargetGroup[] | null = null;
  #text = '';
  #error: string | null = null;
  #timer: NodeJS.Timeout | undefined;
  #asking: AbortController | undefined;
  #reading: Promise<void> = Promise.resolve();
  #stopped = false;

  constructor(options: HttpTargetsOptions) {
    this.#options = options;
    const { url, client, refreshSeconds } = options;
    // Parameters of the URL may be secret.
    this.#place = `${url.origin}${url.pathname}`;
    this.#client = new HttpClient(client, {
      timeoutSeconds: Math.min(refreshSeconds, longestRequestSeconds),
      keepAliveSeconds: Math.min(600, refreshSeconds * 1.5),
    });
  }

  groups(): readonly TargetGroup[] {
    return this.#groups ?? [];
  }

  states(): readonly ProviderState[] {
    const targets = this.#groups === null ? null : countTargets(this.#groups);
    return [{ place: this.#place, targets, error: this.#error }];
  }

  start(): void {
    this.#reading = this.#refresh().finally(() => {
      if (!this.#stopped) this.#timer = setTimeout(() => this.start(), this.#options.refreshSeconds * 1000);
    });
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    this.#asking?.abort();
    await this.#reading;
    await this.#client.destroy();
  }

  async #refresh(): Promise<void> {
    const before = this.#error;
    try {
      const text = await this.#read();
      if (text === this.#text && this.#groups !== null && before === null) return;
      if (text !== this.#text || this.#groups === null) this.#groups = this.#parse(text);
      this.#text = text;
      this.#error = null;
    } catch (error) {
      if (this.#stopped) return;
      const { message } = failureSentence(error, 'tls_config');
      addToCounter('binnacle_scrape_discovery_failures_total', 1, { mechanism: 'http' });
      if (before === message) return;
      this.#error = message;
      this.#options.log.warn(
        { url: this.#place, reason: message },
        'a list of targets is not used; the last good one stays',
      );
    }
    if (!this.#stopped) this.#options.changed();
  }

  async #read(): Promise<string> {
    const { url, refreshSeconds } = this.#options;
    this.#asking = new AbortController();
    const seconds = Math.min(refreshSeconds, longestRequestSeconds);
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      this.#asking?.abort();
    }, seconds * 1000);
    const failed = (what: string) => new BinnacleError('upstream_failed', what);
    try {
      const { statusCode, headers, body } = await this.#client.get(url, {
        signal: this.#asking.signal,
        headers: {
          accept: 'application/json',
          'user-agent': 'binnacle',
          'x-prometheus-refresh-interval-seconds': String(refreshSeconds),
        },
      });
      const type = String(headers['content-type'] ?? '');
      const fault =
        statusCode !== 200
          ? `answers ${statusCode}`
          : /^application\/json(?:\s*;\s*charset="?utf-8"?)?\s*$/i.test(type)
            ? undefined
            : 'does not answer with application/json';
      if (fault !== undefined) {
        body.on('error', () => {}).destroy();
        throw failed(fault);
      }
      const chunks: Buffer[] = [];
      let length = 0;
      for await (const chunk of body as AsyncIterable<Buffer>) {
        length += chunk.length;
        if (length > maxBodyBytes) throw failed(`answers with more than ${maxBodyBytes} bytes`);
        chunks.push(chunk);
      }
      return Buffer.concat(chunks, length).toString('utf8');
    } catch (error) {
      throw late ? failed(`gave no complete answer within ${seconds} s`) : error;
    } finally {
      clearTimeout(timer);
    }
  }

  #parse(text: string): TargetGroup[] {
    let content: unknown;
    try {
      content = JSON.parse(text);
    } catch (error) {
      throw new BinnacleError('bad_config', 'does not answer with valid JSON', { cause: error });
    }
    try {
      return readTargetList(content, { __meta_url: this.#options.url.href });
    } catch (error) {
      throw new BinnacleError('bad_config', `answers with a list that is none: ${(error as Error).message}`, {
        cause: error,
      });
    }
  }
}
