// `npm run migration -w @binnacle/db -- <name>`: writes prisma/migrations/<time>_<name>/migration.sql with what leads from
// the migrations there are to the schema file. Uses a throw-away Postgres; reads and changes no database of yours.
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { startEmbeddedPostgres } from '../src/state/embedded-postgres.ts';
import { migrateState } from '../src/state/migrate-state.ts';
import { migrationsFolder, sqlToSchema } from '../src/state/schema-engine.ts';

const name = process.argv[2];
if (name === undefined || !/^[a-z0-9_]+$/.test(name)) {
  process.stderr.write('usage: npm run migration -w @binnacle/db -- <name_in_snake_case>\n');
  process.exit(2);
}
const folder = await mkdtemp(path.join(tmpdir(), 'binnacle-migration-'));
const quiet = { debug: () => undefined, info: () => undefined, warn: () => undefined };
const postgres = await startEmbeddedPostgres({ dataDir: path.join(folder, 'pg'), log: quiet });
try {
  await migrateState(postgres.databaseUrl);
  const sql = await sqlToSchema(postgres.databaseUrl);
  if (sql === '') process.stdout.write('the schema and the migrations agree\n');
  else {
    const time = new Date().toISOString().replace(/\D/g, '').slice(0, 14);
    const target = path.join(migrationsFolder, `${time}_${name}`);
    await mkdir(target, { recursive: true });
    await writeFile(path.join(target, 'migration.sql'), sql);
    process.stdout.write(`wrote ${path.join(target, 'migration.sql')}\n`);
  }
} finally {
  await postgres.stop();
  await rm(folder, { recursive: true, force: true });
}
