import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { BinnacleError } from '@binnacle/shared/errors.ts';
import postgres from 'postgres';
import type { StateDump } from './dump-state.ts';
import { migrateState } from './migrate-state.ts';
import { readMigrations } from './schema-engine.ts';

/** Throws `conflict` for a dump with migrations that this Binnacle does not know. */
export async function checkMigrations(dump: Pick<StateDump, 'migrations'>): Promise<void> {
  const known = new Set((await readMigrations()).migrationDirectories.map(({ path }) => path));
  const newer = dump.migrations.find((name) => !known.has(name));
  if (newer === undefined) return;
  throw new BinnacleError(
    'conflict',
    `The backup has rules and channels of a newer Binnacle (migration ${newer}): restore it with that one.`,
  );
}

/**
 * Loads a dump into a database that has none of our tables: makes the schema that the dump had, copies all rows in one
 * transaction, and applies the migrations that have come since. Errors: `conflict` where there are tables already.
 */
export async function loadState(
  databaseUrl: string,
  dump: StateDump,
  readTable: (name: string) => Readable,
): Promise<void> {
  await checkMigrations(dump);
  const sql = postgres(databaseUrl, { max: 1, connect_timeout: 5, onnotice: () => undefined });
  try {
    const [taken] = await sql`SELECT to_regclass('_prisma_migrations') IS NOT NULL AS taken`;
    if (taken?.taken === true) {
      throw new BinnacleError(
        'conflict',
        'The Postgres database has tables of Binnacle already: restore into an empty one.',
      );
    }
    await migrateState(databaseUrl, new Set(dump.migrations));
    await sql.begin(async (tx) => {
      for (const name of await parentsFirst(
        tx,
        dump.tables.map((table) => table.name),
      )) {
        const columns = dump.tables.find((table) => table.name === name)?.columns ?? [];
        await pipeline(readTable(name), await tx`COPY ${tx(name)} (${tx([...columns])}) FROM STDIN`.writable());
      }
      for (const { name, value, called } of dump.sequences) {
        await tx`SELECT setval(${name}::regclass, ${value}::bigint, ${called})`;
      }
    });
  } finally {
    await sql.end({ timeout: 5 });
  }
  await migrateState(databaseUrl);
}

/** Tables in an order in which foreign keys are satisfied: a table after those that it refers to. */
async function parentsFirst(tx: postgres.TransactionSql, names: readonly string[]): Promise<string[]> {
  const references = await tx<{ child: string; parent: string }[]>`
    SELECT child.relname AS child, parent.relname AS parent FROM pg_constraint
    JOIN pg_class child ON child.oid = conrelid JOIN pg_class parent ON parent.oid = confrelid
    WHERE contype = 'f' AND conrelid <> confrelid`;
  const ordered: string[] = [];
  const add = (name: string, below: readonly string[]) => {
    if (ordered.includes(name) || below.includes(name) || !names.includes(name)) return;
    for (const { child, parent } of references) if (child === name) add(parent, [...below, name]);
    ordered.push(name);
  };
  for (const name of names) add(name, []);
  return ordered;
}
