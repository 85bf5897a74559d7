import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { type ApiKeySummary, createApiKey, listApiKeys, revokeApiKey } from '@binnacle/db/state/api-keys.ts';
import { startEmbeddedPostgres } from '@binnacle/db/state/embedded-postgres.ts';
import { migrateState } from '@binnacle/db/state/migrate-state.ts';
import { openState, type State } from '@binnacle/db/state/open-state.ts';
import { type Scope, scopes } from '@binnacle/shared/access.ts';
import { BinnacleError } from '@binnacle/shared/errors.ts';
import { dataDirectory, type Flags } from '../config/settings.ts';
import { makeWritable } from '../gateway/data-directory.ts';
import { roleLog } from './role.ts';

export async function runKeyCreate(name: string, flags: Flags & { readonly scope: readonly string[] }): Promise<void> {
  const wanted = flags.scope.map((text): Scope => {
    const scope = scopes.find((known) => known === text);
    if (scope === undefined)
      throw new BinnacleError('bad_config', `--scope must be ${scopes.join(', ')}, got "${text}"`);
    return scope;
  });
  const trimmed = name.trim();
  if (trimmed === '' || trimmed.length > 100)
    throw new BinnacleError('bad_config', 'the name of a key has 1 to 100 characters');
  await withState(flags, async (state) => {
    const { id, key } = await createApiKey(state, { name: trimmed, scopes: [...new Set(wanted)] });
    console.error(`API key "${trimmed}" (${wanted.join(', ')}), id ${id}. Shown this once:`);
    console.log(key);
  });
}

export async function runKeyList(flags: Flags): Promise<void> {
  await withState(flags, async (state) => {
    const keys = await listApiKeys(state);
    if (keys.length === 0) console.log('There are no API keys. Make one: binnacle key create <name>');
    for (const key of keys) console.log(lineOf(key));
  });
}

export async function runKeyRevoke(idOrPrefix: string, flags: Flags): Promise<void> {
  await withState(flags, async (state) => {
    const matches = (await listApiKeys(state)).filter((key) => key.id === idOrPrefix || key.prefix === idOrPrefix);
    const [match] = matches;
    if (match === undefined)
      throw new BinnacleError('not_found', `there is no API key "${idOrPrefix}"; binnacle key list shows them`);
    if (matches.length > 1)
      throw new BinnacleError('conflict', `${matches.length} keys begin with "${idOrPrefix}": give the id`);
    if (match.revokedAt === null) await revokeApiKey(state, match.id);
    console.log(`revoked: ${match.name} (${match.prefix}…)`);
  });
}

function lineOf(key: ApiKeySummary): string {
  const used = key.lastUsedAt === null ? 'never used' : `last used ${key.lastUsedAt.toISOString()}`;
  const state = key.revokedAt === null ? used : `revoked ${key.revokedAt.toISOString()}`;
  return `${key.id}  ${key.prefix}…  ${key.scopes.join(',').padEnd(10)}  ${key.name}  (${state})`;
}

/** Opens the state store: by DATABASE_URL, or the embedded Postgres, which is started for the moment when it is not running. */
export async function withState(flags: Flags, work: (state: State) => Promise<void>): Promise<void> {
  const databaseUrl = process.env.DATABASE_URL;
  if (databaseUrl !== undefined && databaseUrl !== '') return useState(databaseUrl, work);
  const dataDir = path.join(dataDirectory(flags, process.env), 'postgres');
  const running = await runningUrl(dataDir);
  if (running !== undefined) return useState(running, work);
  await makeWritable(dataDir);
  const postgres = await startEmbeddedPostgres({ dataDir, log: roleLog('key').child({}, { level: 'warn' }) });
  try {
    await useState(postgres.databaseUrl, work);
  } finally {
    await postgres.stop();
  }
}

async function useState(databaseUrl: string, work: (state: State) => Promise<void>): Promise<void> {
  await migrateState(databaseUrl);
  const state = await openState({ databaseUrl, maxConnections: 1 });
  try {
    await work(state);
  } finally {
    await state.close();
  }
}

/** URL of the embedded Postgres that another process of Binnacle runs, from the files that it keeps. */
async function runningUrl(dataDir: string): Promise<string | undefined> {
  try {
    // Lines of postmaster.pid: process id, data directory, start time, port, …
    const lines = (await readFile(path.join(dataDir, 'cluster', 'postmaster.pid'), 'utf8')).split('\n');
    const password = (await readFile(path.join(dataDir, 'password'), 'utf8')).trim();
    const [pid, port] = [Number(lines[0]), Number(lines[3])];
    process.kill(pid, 0);
    return Number.isInteger(port) && port > 0
      ? `postgresql://binnacle:${password}@127.0.0.1:${port}/postgres`
      : undefined;
  } catch (error) {
    // EPERM: it runs as another user, as it does when Binnacle was started by root.
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return undefined;
    throw new BinnacleError(
      'forbidden',
      `the Postgres of ${dataDir} runs as another user: use DATABASE_URL, or the user who started it`,
    );
  }
}
