import { readFile } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { BinnacleError } from '@binnacle/shared/errors.ts';
import postgres from 'postgres';
import { schemaFile } from './schema-engine.ts';

/** What a dump of the state store holds besides the rows. */
export interface StateDump {
  /** Names of the migrations that had been applied, oldest first. */
  readonly migrations: readonly string[];
  readonly tables: readonly { readonly name: string; readonly columns: readonly string[] }[];
  /** Next values of sequences: `setval` with both puts one back. */
  readonly sequences: readonly { readonly name: string; readonly value: string; readonly called: boolean }[];
}

/**
 * Copies every table of the state store out, all as of one moment (a transaction that reads repeatably), while others read
 * and write. `writeTable` gets each table's rows as Postgres' COPY text. Errors: `state_unavailable`.
 */
export async function dumpState(
  databaseUrl: string,
  writeTable: (name: string, rows: Readable) => Promise<void>,
): Promise<StateDump> {
  const sql = postgres(databaseUrl, { max: 1, connect_timeout: 5, onnotice: () => undefined });
  try {
    return await sql.begin('isolation level repeatable read read only', async (tx) => {
      const migrations = await tx<{ name: string }[]>`
        SELECT migration_name AS name FROM _prisma_migrations
        WHERE finished_at IS NOT NULL AND rolled_back_at IS NULL ORDER BY migration_name`;
      const tables: { name: string; columns: string[] }[] = [];
      for (const name of await ourTables()) {
        const columns = await tx<{ name: string }[]>`
          SELECT column_name AS name FROM information_schema.columns
          WHERE table_schema = current_schema() AND table_name = ${name} ORDER BY ordinal_position`;
        const names = columns.map((column) => column.name);
        if (names.length === 0) continue;
        await writeTable(name, await tx`COPY ${tx(name)} (${tx(names)}) TO STDOUT`.readable());
        tables.push({ name, columns: names });
      }
      const owned = await tx<{ name: string }[]>`
        SELECT sequencename AS name FROM pg_sequences WHERE schemaname = current_schema() ORDER BY 1`;
      const sequences: { name: string; value: string; called: boolean }[] = [];
      for (const { name } of owned) {
        const [row] = await tx<{ value: string; called: boolean }[]>`
          SELECT last_value::text AS value, is_called AS called FROM ${tx(name)}`;
        if (row !== undefined) sequences.push({ name, ...row });
      }
      return { migrations: migrations.map(({ name }) => name), tables, sequences };
    });
  } catch (cause) {
    if (cause instanceof BinnacleError) throw cause;
    throw new BinnacleError('state_unavailable', 'Postgres could not be read for the backup.', { cause });
  } finally {
    await sql.end({ timeout: 5 });
  }
}

/** Tables of the models: a database of the user's may have others beside them. */
async function ourTables(): Promise<string[]> {
  const schema = await readFile(schemaFile, 'utf8');
  const names: string[] = [];
  for (const [, body = ''] of schema.matchAll(/^model \w+ \{([\s\S]*?)^\}/gm)) {
    const name = /@@map\("(\w+)"\)/.exec(body)?.[1];
    if (name !== undefined) names.push(name);
  }
  return names;
}
