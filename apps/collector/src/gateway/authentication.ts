import { createHash, timingSafeEqual } from 'node:crypto';
import { type Action, may, type Principal } from '@binnacle/shared/access.ts';
import { BinnacleError } from '@binnacle/shared/errors.ts';
import { browserRefusal, isLoopbackHost } from './loopback.ts';

/** What a door needs of whoever asks; `open` is for the liveness probe alone. */
export type DoorAction = Action | 'open';

/** The parts of a request that say who asks. */
export interface Caller {
  readonly method: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

export interface AuthenticationOptions {
  /** Address that the server is bound to. */
  readonly host: string;
  /** A key that opens every door, from the settings: what the web app shows, which checks its own users. */
  readonly apiKey: string | undefined;
  /** Looks a key up in Postgres; undefined for one that is unknown or revoked. May throw `state_unavailable`. */
  readonly verifyKey: (key: string) => Promise<Principal | undefined>;
}

export type Authorize = (caller: Caller, action: DoorAction) => Promise<Principal | undefined>;

/**
 * The one place that decides who gets in. On loopback everyone is the local user, as far as browsers can be trusted;
 * anywhere else every door but the open one wants a key, as `Authorization: Bearer <key>` or as the password of Basic
 * (Prometheus can send either). Throws `unauthenticated` or `forbidden`.
 */
export function createAuthorize(options: AuthenticationOptions): Authorize {
  const local = isLoopbackHost(options.host);
  const settingsKey = options.apiKey === undefined ? undefined : digest(options.apiKey);
  return async (caller, action) => {
    if (local) {
      const refusal = browserRefusal(caller.method, {
        host: one(caller.headers.host),
        origin: one(caller.headers.origin),
        site: one(caller.headers['sec-fetch-site']),
        destination: one(caller.headers['sec-fetch-dest']),
      });
      if (refusal !== undefined) throw new BinnacleError('forbidden', refusal);
      return { kind: 'local' };
    }
    if (action === 'open') return undefined;
    const key = keyOf(one(caller.headers.authorization));
    if (key === undefined)
      throw new BinnacleError(
        'unauthenticated',
        'an API key is needed: send Authorization: Bearer <key>, or Basic with the key as password',
      );
    const principal: Principal | undefined =
      settingsKey !== undefined && timingSafeEqual(settingsKey, digest(key))
        ? { kind: 'person', id: 'settings', name: 'BINNACLE_API_KEY', role: 'admin' }
        : await options.verifyKey(key);
    if (principal === undefined) throw new BinnacleError('unauthenticated', 'this API key is unknown or revoked');
    if (!may(principal, action)) throw new BinnacleError('forbidden', `this API key may not do ${action}`);
    return principal;
  };
}

const maxKeyCharacters = 512;

function keyOf(authorization: string | undefined): string | undefined {
  if (authorization === undefined) return undefined;
  const [, scheme, rest] = /^(\S+) +(\S+) *$/.exec(authorization) ?? [];
  let key: string | undefined;
  if (scheme?.toLowerCase() === 'bearer') key = rest;
  else if (scheme?.toLowerCase() === 'basic') {
    const pair = Buffer.from(rest ?? '', 'base64').toString('utf8');
    key = pair.includes(':') ? pair.slice(pair.indexOf(':') + 1) : undefined;
  }
  return key === undefined || key === '' || key.length > maxKeyCharacters ? undefined : key;
}

function one(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value[0] : value;
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
