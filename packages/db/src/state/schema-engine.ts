import { readdir, readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { PrismaPg } from '@prisma/adapter-pg';
import {
  bindMigrationAwareSqlAdapterFactory,
  ColumnTypeEnum,
  type SqlDriverAdapter,
  type SqlQuery,
} from '@prisma/driver-adapter-utils';
import type { MigrationList, SchemaEngine } from '@prisma/schema-engine-wasm';

const prismaFolder = fileURLToPath(new URL('../../prisma/', import.meta.url));
export const migrationsFolder = path.join(prismaFolder, 'migrations');
export const schemaFile = path.join(prismaFolder, 'schema.prisma');

type EngineModule = {
  SchemaEngine: typeof SchemaEngine;
  __wbg_set_wasm(exports: unknown): void;
};

/** The one function used of WebAssembly, whose types come only with those of a browser. */
const { WebAssembly } = globalThis as unknown as {
  WebAssembly: {
    instantiate(
      bytes: Uint8Array,
      imports: Record<string, object>,
    ): Promise<{ instance: { exports: { __wbindgen_start(): void } } }>;
  };
};

let engineModule: Promise<EngineModule> | undefined;

/** Prisma's own schema engine as WebAssembly from its package: nothing is downloaded, so it works without a network. */
async function loadEngine(): Promise<EngineModule> {
  const entry = createRequire(import.meta.url).resolve('@prisma/schema-engine-wasm');
  const wasmFile = path.join(path.dirname(entry), 'schema_engine_bg.wasm');
  // The package's main file imports the .wasm as a module, which Node does only behind a flag: do it by hand.
  const bindings = (await import('@prisma/schema-engine-wasm/schema_engine_bg' as string)) as EngineModule;
  const { instance } = await WebAssembly.instantiate(await readFile(wasmFile), {
    './schema_engine_bg.js': bindings,
  });
  // Where the engine puts its last words before it gives up.
  const registry = globalThis as { PRISMA_WASM_PANIC_REGISTRY?: { set_message(message: string): void } };
  registry.PRISMA_WASM_PANIC_REGISTRY ??= { set_message: (message) => process.emitWarning(message) };
  bindings.__wbg_set_wasm(instance.exports);
  instance.exports.__wbindgen_start();
  return bindings;
}

/** Runs `use` with a schema engine connected to the database, and frees the engine afterwards. */
export async function withSchemaEngine<T>(databaseUrl: string, use: (engine: SchemaEngine) => Promise<T>): Promise<T> {
  engineModule ??= loadEngine();
  const { SchemaEngine } = await engineModule;
  const factory = new PrismaPg({ connectionString: databaseUrl, max: 2, connectionTimeoutMillis: 5000 });
  // The engine leaves the connections that it asked for open: keep them, to close them here.
  const opened: Array<Awaited<ReturnType<PrismaPg['connect']>>> = [];
  const connect = factory.connect.bind(factory);
  factory.connect = async () => {
    const connection = await connect();
    readSingleCharacters(connection);
    opened.push(connection);
    return connection;
  };
  const adapter = bindMigrationAwareSqlAdapterFactory(factory);
  const schema = await readFile(schemaFile, 'utf8');
  const engine = await SchemaEngine.new({ datamodels: [['schema.prisma', schema]] }, () => undefined, adapter);
  try {
    return await use(engine);
  } finally {
    engine.free();
    await Promise.all(opened.map((connection) => connection.dispose()));
  }
}

/**
 * The adapter refuses Postgres' type "char" (object id 18), which the catalogue tables use and the engine reads when it
 * describes a database: pass it through as text (25), then name it what the engine expects.
 */
function readSingleCharacters(connection: SqlDriverAdapter): void {
  type Answer = { fields: Array<{ dataTypeID: number }>; rows: unknown[][] };
  const inner = connection as unknown as { performIO(query: SqlQuery): Promise<Answer> };
  const performIO = inner.performIO.bind(connection);
  const queryRaw = connection.queryRaw.bind(connection);
  const characterColumns = new WeakMap<unknown[][], number[]>();
  inner.performIO = async (query) => {
    const answer = await performIO(query);
    const found = answer.fields.flatMap((field, i) => (field.dataTypeID === 18 ? [i] : []));
    for (const i of found) answer.fields[i] = { ...answer.fields[i], dataTypeID: 25 };
    characterColumns.set(answer.rows, found);
    return answer;
  };
  connection.queryRaw = async (query) => {
    const result = await queryRaw(query);
    for (const i of characterColumns.get(result.rows) ?? []) result.columnTypes[i] = ColumnTypeEnum.Character;
    return result;
  };
}

/** The migrations of `prisma/migrations`, oldest first, in the form that the engine takes. */
export async function readMigrations(): Promise<MigrationList> {
  const entries = await readdir(migrationsFolder, { withFileTypes: true });
  const names = entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
  const migrationDirectories = await Promise.all(
    names.sort().map(async (name) => ({
      path: name,
      migrationFile: {
        path: 'migration.sql',
        content: {
          tag: 'ok' as const,
          value: await readFile(path.join(migrationsFolder, name, 'migration.sql'), 'utf8'),
        },
      },
    })),
  );
  return {
    baseDir: migrationsFolder,
    lockfile: { path: 'migration_lock.toml', content: 'provider = "postgresql"\n' },
    shadowDbInitScript: '',
    migrationDirectories,
  };
}

/** SQL that leads from the database as it is to the schema file; empty where they agree. */
export async function sqlToSchema(databaseUrl: string): Promise<string> {
  const content = await readFile(schemaFile, 'utf8');
  return withSchemaEngine(databaseUrl, async (engine) => {
    const { stdout, exitCode } = await engine.diff({
      from: { tag: 'schemaDatasource', files: [{ path: 'schema.prisma', content }], configDir: prismaFolder },
      to: { tag: 'schemaDatamodel', files: [{ path: 'schema.prisma', content }] },
      script: true,
      exitCode: true,
      filters: { externalTables: [], externalEnums: [] },
    });
    return exitCode === 0 ? '' : (stdout ?? '');
  });
}
