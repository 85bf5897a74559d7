import { readFileSync, statSync } from 'node:fs';
import { BinnacleError } from '@binnacle/shared/errors.ts';
import { Agent } from 'undici';
import type { TlsOptions } from './client-options.ts';

const versions = { TLS10: 'TLSv1', TLS11: 'TLSv1.1', TLS12: 'TLSv1.2', TLS13: 'TLSv1.3' } as const;
/** Files are looked at this often: certificates rotate. */
const lookAgainMs = 10_000;

/**
 * The connections of one client. Connections are kept, and not shared between requests under way: a server that hangs
 * holds only its own. When a certificate file changes, new connections are made with what it holds then.
 */
export class TlsAgent {
  readonly #tls: TlsOptions;
  readonly #timeoutMs: number;
  readonly #keepAliveMs: number;
  #agent: Agent | undefined;
  #stamp = '';
  #lookedAtMs = Number.NEGATIVE_INFINITY;

  constructor(tls: TlsOptions, times: { readonly timeoutMs: number; readonly keepAliveMs: number }) {
    this.#tls = tls;
    this.#timeoutMs = times.timeoutMs;
    this.#keepAliveMs = times.keepAliveMs;
  }

  /** The agent for the next request. Throws `upstream_failed`, which names the file, where one cannot be read. */
  get(): Agent {
    const now = performance.now();
    if (this.#agent !== undefined && now - this.#lookedAtMs < lookAgainMs) return this.#agent;
    this.#lookedAtMs = now;
    const stamp = this.#files().map(stampOf).join(' ');
    if (this.#agent !== undefined && stamp === this.#stamp) return this.#agent;
    const fresh = this.#make();
    // Requests under way end on the old one.
    void this.#agent?.close().catch(() => {});
    this.#agent = fresh;
    this.#stamp = stamp;
    return fresh;
  }

  async destroy(): Promise<void> {
    await this.#agent?.destroy();
    this.#agent = undefined;
  }

  #files(): string[] {
    const { caFile, certFile, keyFile } = this.#tls;
    return [caFile, certFile, keyFile].filter((file) => file !== undefined);
  }

  #make(): Agent {
    const { ca, caFile, cert, certFile, keyFile, serverName, insecure, minVersion, maxVersion } = this.#tls;
    const read = (file: string | undefined) => (file === undefined ? undefined : readPem(file));
    const connect = {
      timeout: this.#timeoutMs,
      ca: ca ?? read(caFile),
      cert: cert ?? read(certFile),
      key: read(keyFile),
      servername: serverName,
      rejectUnauthorized: insecure === true ? false : undefined,
      minVersion: minVersion === undefined ? undefined : versions[minVersion],
      maxVersion: maxVersion === undefined ? undefined : versions[maxVersion],
    };
    return new Agent({
      connect: Object.fromEntries(Object.entries(connect).filter(([, value]) => value !== undefined)),
      headersTimeout: this.#timeoutMs + 1000,
      bodyTimeout: this.#timeoutMs + 1000,
      keepAliveTimeout: this.#keepAliveMs,
      pipelining: 1,
    });
  }
}

function readPem(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (error) {
    throw new BinnacleError('upstream_failed', `was not asked: the file ${file} cannot be read`, { cause: error });
  }
}

function stampOf(file: string): string {
  try {
    const { mtimeMs, size, ino } = statSync(file);
    return `${mtimeMs},${size},${ino}`;
  } catch {
    return 'none';
  }
}
