import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import postgres from 'postgres';
import { type EmbeddedPostgres, type StateLog, startEmbeddedPostgres } from '../embedded-postgres.ts';
import { migrateState } from '../migrate-state.ts';
import { openState, type State } from '../open-state.ts';

export const quietLog: StateLog = { debug: () => undefined, info: () => undefined, warn: () => undefined };

/** A real Postgres of a test file: start it in `beforeAll`, remove it in `afterAll`. */
export interface TestPostgres {
  readonly dataDir: string;
  readonly databaseUrl: string;
  /** Opens a migrated database of its own, empty but for its tables. */
  freshState(): Promise<State>;
  /** Deletes all rows; faster than a fresh database. */
  empty(state: State): Promise<void>;
  /** Ends the server; `start` brings it back on the same port with the same data. */
  stop(): Promise<void>;
  start(): Promise<void>;
  /** Ends everything and deletes the files. */
  remove(): Promise<void>;
}

export async function startTestPostgres(): Promise<TestPostgres> {
  const folder = await mkdtemp(path.join(tmpdir(), 'binnacle-state-'));
  const dataDir = path.join(folder, 'postgres');
  // What a crash of the machine would do is not what tests ask.
  const settings = { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' };
  let server: EmbeddedPostgres = await startEmbeddedPostgres({ dataDir, log: quietLog, settings });
  const { databaseUrl, port } = server;
  await migrateState(databaseUrl);
  const states: State[] = [];
  let databases = 0;
  return {
    dataDir,
    databaseUrl,
    async freshState() {
      const name = `test_${++databases}`;
      const admin = postgres(databaseUrl.replace(/postgres$/, 'template1'), { max: 1, onnotice: () => undefined });
      await admin.unsafe(`CREATE DATABASE ${name} TEMPLATE postgres`);
      await admin.end();
      const state = await openState({ databaseUrl: databaseUrl.replace(/postgres$/, name), maxConnections: 4 });
      states.push(state);
      return state;
    },
    async empty({ prisma }) {
      const tables = await prisma.$queryRaw<Array<{ name: string }>>`
        SELECT quote_ident(tablename) AS name FROM pg_tables WHERE schemaname = 'public' AND tablename NOT LIKE '\\_prisma%'`;
      await prisma.$executeRawUnsafe(`TRUNCATE ${tables.map(({ name }) => name).join(', ')}`);
    },
    stop: () => server.stop(),
    async start() {
      server = await startEmbeddedPostgres({ dataDir, port, log: quietLog, settings });
    },
    async remove() {
      await Promise.all(states.map((state) => state.close()));
      await server.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
