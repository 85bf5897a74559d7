import { type LookupAddress, lookup as systemLookup } from 'node:dns';
import type { LookupFunction } from 'node:net';
import { BinnacleError } from '@binnacle/shared/errors.ts';
import ipaddr from 'ipaddr.js';
import { Agent, request } from 'undici';
import type { AddressPolicy } from './address-policy.ts';

export interface GuardedRequest {
  readonly method: 'GET' | 'POST';
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly signal?: AbortSignal;
  /** From the first byte to the last, connection included; 10 s where not given. */
  readonly timeoutMs?: number;
}

export interface GuardedAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** At most 16 KiB of the body. */
  readonly text: string;
}

export interface GuardedFetch {
  (url: string, wanted: GuardedRequest): Promise<GuardedAnswer>;
  /** An address of a name, for connections other than HTTP: each of the name's must pass the policy. Throws as above. */
  addressOf(hostname: string): Promise<string>;
  close(): Promise<void>;
}

const maxAnswerBytes = 16_384;

/**
 * Requests to addresses that people typed in: every address that a name resolves to must pass the policy, and the
 * connection goes to just those addresses, so that a name cannot change its meaning in between. Redirects are not
 * followed. Throws `blocked_address` for what the policy refuses, `bad_request` for a URL that is none, and
 * `upstream_failed` for names, connections and answers that fail. No message repeats the URL, which may be a secret.
 */
export function createGuardedFetch(policy: AddressPolicy, resolve: typeof systemLookup = systemLookup): GuardedFetch {
  const lookup: LookupFunction = (hostname, options, done) => {
    resolve(hostname, { ...options, all: true }, (error, found) => {
      if (error !== null) return done(error, '', 0);
      const addresses = found as unknown as LookupAddress[];
      for (const { address } of addresses) {
        const reason = policy(address);
        if (reason !== null) return done(blocked(reason), '', 0);
      }
      if (options.all === true) return done(null, addresses);
      const [first] = addresses;
      if (first === undefined) return done(new Error('no address'), '', 0);
      done(null, first.address, first.family);
    });
  };
  const agent = new Agent({
    connect: { lookup, timeout: 5_000 },
    connections: 4,
    pipelining: 1,
    keepAliveTimeout: 4_000,
  });

  const fetchGuarded = async (text: string, wanted: GuardedRequest): Promise<GuardedAnswer> => {
    const url = parseUrl(text);
    // An address in the URL is connected to without a look-up.
    const literal = url.hostname.replace(/^\[|\]$/g, '');
    const reason = ipaddr.isValid(literal) ? policy(literal) : null;
    if (reason !== null) throw blocked(reason);
    const timeout = AbortSignal.timeout(wanted.timeoutMs ?? 10_000);
    const signal = wanted.signal === undefined ? timeout : AbortSignal.any([timeout, wanted.signal]);
    try {
      const answer = await request(url, {
        dispatcher: agent,
        method: wanted.method,
        headers: { 'user-agent': 'binnacle', ...wanted.headers },
        ...(wanted.body === undefined ? {} : { body: wanted.body }),
        signal,
      });
      return { status: answer.statusCode, headers: answer.headers, text: await readSome(answer.body) };
    } catch (error) {
      if (error instanceof BinnacleError) throw error;
      if (wanted.signal?.aborted) throw error;
      throw new BinnacleError('upstream_failed', explain(error, timeout.aborted), { cause: error });
    }
  };
  const addressOf = (hostname: string) =>
    new Promise<string>((done, fail) => {
      const reason = ipaddr.isValid(hostname) ? policy(hostname) : null;
      if (reason !== null) return fail(blocked(reason));
      if (ipaddr.isValid(hostname)) return done(hostname);
      lookup(hostname, {}, (error, address) => {
        if (error === null) return done(String(address));
        const known = error instanceof BinnacleError;
        fail(known ? error : new BinnacleError('upstream_failed', explain(error, false), { cause: error }));
      });
    });
  return Object.assign(fetchGuarded, { addressOf, close: () => agent.close() });
}

function parseUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || !/^https?:$/.test(url.protocol)) {
    throw new BinnacleError('bad_request', 'An http or https URL is expected.');
  }
  if (url.username !== '' || url.password !== '') {
    throw new BinnacleError('bad_request', 'A URL with a user name or password in it is not used.');
  }
  return url;
}

function blocked(reason: string): BinnacleError {
  return new BinnacleError(
    'blocked_address',
    `The target's address ${reason}; an operator can allow ranges in BINNACLE_ALLOW_PRIVATE_TARGETS.`,
  );
}

async function readSome(body: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body) {
    chunks.push(chunk);
    size += chunk.length;
    if (size >= maxAnswerBytes) break;
  }
  return Buffer.concat(chunks).subarray(0, maxAnswerBytes).toString('utf8');
}

function explain(error: unknown, timedOut: boolean): string {
  if (timedOut) return 'The target did not answer in time.';
  const code = (error as { code?: unknown }).code;
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return "The target's name cannot be resolved.";
  if (code === 'ECONNREFUSED') return 'The target refuses connections.';
  if (typeof code === 'string' && /CERT|TLS|SSL/.test(code))
    return `The target's certificate is not trusted (${code}).`;
  return `The request failed${typeof code === 'string' ? ` (${code})` : ''}.`;
}
