import { BinnacleError } from '@binnacle/shared/errors.ts';
import { readMigrations, withSchemaEngine } from './schema-engine.ts';

/**
 * Applies the migrations that the database lacks, in order, and returns their names; `only` those named, where given. Two processes that do it at once
 * wait for each other (the engine takes an advisory lock). Keeps `_prisma_migrations` as Prisma's command line does.
 * Throws `state_unavailable` when Postgres cannot be reached, `internal` when a migration fails or was edited.
 */
export async function migrateState(databaseUrl: string, only?: ReadonlySet<string>): Promise<string[]> {
  try {
    return await withSchemaEngine(databaseUrl, async (engine) => {
      const all = await readMigrations();
      const { appliedMigrationNames } = await engine.applyMigrations({
        migrationsList: {
          ...all,
          migrationDirectories: all.migrationDirectories.filter(({ path }) => only === undefined || only.has(path)),
        },
        filters: { externalTables: [], externalEnums: [] },
      });
      return appliedMigrationNames;
    });
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const away = /P1001|P1002|P1003|P1017|ECONNREFUSED|not reachable|reach database|timeout|closed/i.test(message);
    throw away
      ? new BinnacleError('state_unavailable', 'Postgres cannot be reached: check DATABASE_URL and that it runs.', {
          cause: error,
        })
      : new BinnacleError('internal', `A database migration failed: ${message}`, { cause: error });
  }
}
