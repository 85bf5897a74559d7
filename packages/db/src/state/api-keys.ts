import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { type Principal, type Scope, scopes } from '@binnacle/shared/access.ts';
import { BinnacleError } from '@binnacle/shared/errors.ts';
import type { State } from './open-state.ts';
import { isStateAway } from './state-away.ts';

export type KeyPrincipal = Extract<Principal, { kind: 'key' }>;

/** What may be shown of a key; the key itself is shown once, when it is made. */
export interface ApiKeySummary {
  readonly id: string;
  readonly name: string;
  /** First characters, to recognise it by. */
  readonly prefix: string;
  readonly scopes: readonly Scope[];
  readonly createdAt: Date;
  readonly lastUsedAt: Date | null;
  readonly revokedAt: Date | null;
}

// A revoked key is refused after at most `freshMs`; while Postgres is away, keys known to be good work for `staleMs`.
const freshMs = 10_000;
const staleMs = 3_600_000;
const usedEveryMs = 60_000;
const maxCached = 1_000;

interface Cached {
  readonly principal: KeyPrincipal | null;
  readonly readAtMs: number;
}
const caches = new WeakMap<State, Map<string, Cached>>();

/** Makes a key: `bnk_` and 256 random bits. Only its SHA-256 is kept. `key` is returned here and never again. */
export async function createApiKey(
  state: State,
  { name, scopes: wanted }: { name: string; scopes: readonly Scope[] },
): Promise<{ id: string; key: string; prefix: string }> {
  const key = `bnk_${randomBytes(32).toString('base64url')}`;
  const prefix = key.slice(0, 10);
  const { id } = await state.prisma.apiKey.create({
    data: { name, prefix, hash: hashOf(key), scopes: [...wanted] },
  });
  return { id, key, prefix };
}

/**
 * Who a key belongs to, or null where it is unknown or revoked. Throws `state_unavailable` when Postgres is away and the
 * key was not seen lately.
 */
export async function verifyApiKey(state: State, key: string, nowMs = Date.now()): Promise<KeyPrincipal | null> {
  if (!/^bnk_[\w-]{43}$/.test(key)) return null;
  const hash = hashOf(key);
  const cache = caches.get(state) ?? new Map<string, Cached>();
  caches.set(state, cache);
  const known = cache.get(hash);
  if (known !== undefined && nowMs - known.readAtMs < freshMs) return known.principal;
  let principal: KeyPrincipal | null;
  try {
    principal = await readKey(state, hash, nowMs);
  } catch (error) {
    if (!isStateAway(error)) throw error;
    if (known?.principal != null && nowMs - known.readAtMs < staleMs) return known.principal;
    throw new BinnacleError('state_unavailable', 'The key cannot be checked: Postgres is away.', {
      cause: error,
      retryAfterSeconds: 5,
    });
  }
  cache.delete(hash);
  if (cache.size >= maxCached) {
    // Guessed keys must not push out those that are to work while Postgres is away.
    if (principal === null) return null;
    cache.delete(cache.keys().next().value as string);
  }
  cache.set(hash, { principal, readAtMs: nowMs });
  return principal;
}

/** Ends a key. Throws `not_found` where there is none of that id. */
export async function revokeApiKey(state: State, id: string): Promise<void> {
  const { count } = await state.prisma.apiKey.updateMany({ where: { id }, data: { revokedAt: new Date() } });
  if (count === 0) throw new BinnacleError('not_found', 'There is no API key with that id.');
  caches.delete(state);
}

/** All keys, newest first, the revoked ones too. */
export async function listApiKeys(state: State): Promise<ApiKeySummary[]> {
  const rows = await state.prisma.apiKey.findMany({ orderBy: { createdAt: 'desc' }, omit: { hash: true } });
  return rows.map((row) => ({ ...row, scopes: knownScopes(row.scopes) }));
}

async function readKey(state: State, hash: string, nowMs: number): Promise<KeyPrincipal | null> {
  const row = await state.prisma.apiKey.findUnique({ where: { hash } });
  if (row === null || row.revokedAt !== null || !sameHash(row.hash, hash)) return null;
  if (row.lastUsedAt === null || nowMs - row.lastUsedAt.getTime() > usedEveryMs) {
    await state.prisma.apiKey.update({ where: { id: row.id }, data: { lastUsedAt: new Date(nowMs) } });
  }
  return { kind: 'key', id: row.id, name: row.name, scopes: knownScopes(row.scopes) };
}

function hashOf(key: string): string {
  return createHash('sha256').update(key).digest('hex');
}

function sameHash(a: string, b: string): boolean {
  return a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b));
}

function knownScopes(found: readonly string[]): Scope[] {
  return scopes.filter((scope) => found.includes(scope));
}
