import { mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { access, chmod, constants, open, writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { BinnacleError } from '@binnacle/shared/errors.ts';
import { type ClickHouseClient, type ClickHouseClientConfigOptions, createClient } from '@clickhouse/client';
import { drainPending } from 'chdb';
import { type ChdbConnection, createChdbConnection } from 'chdb/connection';
import type { Engine, QueryLimits, QueryParameters, ReadOptions } from './engine.ts';
import { quote, settingsClause } from './engine.ts';
import { canceled, storeError } from './engine-errors.ts';
import { SlotPool } from './slot-pool.ts';

/** One Session of chDB. It answers one query at a time, and a stream owns it until its end. */
interface Session {
  readonly connection: ChdbConnection;
  readonly client: ClickHouseClient;
}

/** Enough for one base64 set of a million series ids; the default of 256 KiB is not. */
const maxQueryBytes = 64 * 1024 * 1024;

/**
 * How many Sessions answer reads. Each running query holds a thread of libuv's pool (`UV_THREADPOOL_SIZE`, 4 unless
 * set), and two threads must stay free: for inserts, and for `KILL QUERY` and `ping`.
 */
export function defaultSessions(): number {
  const threads = Number.parseInt(process.env.UV_THREADPOOL_SIZE ?? '', 10) || 4;
  return Math.max(1, Math.min(2 * availableParallelism(), threads - 2));
}

/**
 * chDB inside this process, its data in `dataDir`. One process owns a directory and one JavaScript thread uses chDB.
 * Errors: `bad_config` where the directory cannot be made or written, `conflict` where another process has it.
 */
export async function openEmbeddedEngine(dataDir: string, sessions: number, limits: QueryLimits): Promise<Engine> {
  // Answers lie outside of the heap and come and go by tens of megabytes; V8 would collect the whole heap for nearly each of
  // them (measured: 27 collections in 20 queries of 2.9 million samples, 2 with the limit that counts both memories as one).
  setFlagsFromString('--external-memory-accounted-in-global-limit');
  const path = join(dataDir, 'clickhouse');
  const inbox = join(dataDir, 'inbox');
  await prepareDirectory(dataDir, [path, inbox]);
  const control = openSession(dataDir, path);
  const others: Session[] = [];
  for (let i = 0; i < sessions + 1; i++) others.push(openSession(dataDir, path));
  const [writer, ...readers] = others as [Session, ...Session[]];
  // What a process left behind that died while it inserted. Only the owner of the directory gets this far.
  for (const file of readdirSync(inbox)) rmSync(join(inbox, file), { force: true });
  for (const session of readers) {
    await session.client.command({ query: `SET max_query_size = ${maxQueryBytes}` });
  }
  return new EmbeddedEngine(inbox, control, writer, readers, limits);
}

class EmbeddedEngine implements Engine {
  readonly #inbox: string;
  readonly #control: Session;
  readonly #writer: Session;
  readonly #readers: readonly Session[];
  readonly #pool: SlotPool<Session>;
  readonly limits: QueryLimits;
  /** What runs, and how to stop it. */
  readonly #running = new Map<{ readonly ended: boolean }, () => void>();
  #marks = 0;
  #writes: Promise<unknown> = Promise.resolve();
  #closed = false;
  #sessionsClosed = false;

  constructor(inbox: string, control: Session, writer: Session, readers: readonly Session[], limits: QueryLimits) {
    this.#inbox = inbox;
    this.#control = control;
    this.#writer = writer;
    this.#readers = readers;
    this.#pool = new SlotPool(readers);
    this.limits = limits;
  }

  command(sql: string): Promise<void> {
    return this.#write(async () => {
      await this.#writer.client.command({ query: sql });
    });
  }

  async rows<Row>(sql: string, parameters: QueryParameters = {}): Promise<Row[]> {
    this.#assertOpen();
    const lease = await this.#pool.acquire(false);
    try {
      this.#assertOpen();
      const query = `${sql} ${settingsClause(this.limits, { heavy: true })}`;
      const answer = await lease.slot.client.query({ query, query_params: { ...parameters }, format: 'JSONEachRow' });
      return await answer.json<Row>();
    } catch (error) {
      throw storeError(error, this.limits);
    } finally {
      lease.release();
    }
  }

  async *read(sql: string, options: ReadOptions): AsyncGenerator<Uint8Array> {
    this.#assertOpen();
    const lease = await this.#pool.acquire(options.heavy, options.signal);
    // chDB gives no handle on a running query: a mark in its text finds it in `system.processes`.
    const mark = `binnacle-read-${process.pid}-${++this.#marks}`;
    const query = `${sql} /* ${mark} */ ${settingsClause(this.limits, options)}`;
    const running = { ended: false };
    const kill = () => void this.#kill(mark, running);
    options.signal?.addEventListener('abort', kill, { once: true });
    this.#running.set(running, kill);
    try {
      // It may have waited for its Session until the store was closed or its signal had fired.
      this.#assertOpen();
      if (options.signal?.aborted) throw canceled(options.signal.reason);
      const pieces = options.maxResultRows === undefined ? streamed(lease.slot, query) : whole(lease.slot, query);
      for await (const piece of pieces) {
        if (options.signal?.aborted) throw canceled(options.signal.reason);
        yield piece;
      }
      if (options.signal?.aborted) throw canceled(options.signal.reason);
    } catch (error) {
      // What a failed query held stays with its Session until the next statement.
      await lease.slot.connection.chdb.queryAsync('SELECT 1', { format: 'Native' }).catch(() => {});
      throw options.signal?.aborted ? canceled(error) : storeError(error, this.limits);
    } finally {
      running.ended = true;
      this.#running.delete(running);
      options.signal?.removeEventListener('abort', kill);
      lease.release();
    }
  }

  /** Native goes into chDB through a file only; text formats would lose the bits of a stale marker. */
  insertNative(table: string, columns: readonly string[], pieces: readonly Uint8Array[]): Promise<void> {
    return this.#write(async () => {
      const path = join(this.#inbox, 'insert.native');
      try {
        await writePieces(path, pieces);
      } catch (error) {
        // On a full disk, half a file would keep room from what could be stored.
        rmSync(path, { force: true });
        throw error;
      }
      await this.#insertFile(table, columns, path);
    });
  }

  insertFile(table: string, columns: readonly string[], path: string): Promise<void> {
    return this.#write(() => this.#insertFile(table, columns, path));
  }

  async #insertFile(table: string, columns: readonly string[], path: string): Promise<void> {
    const list = columns.join(', ');
    await this.#writer.client.command({
      query: `INSERT INTO ${table} (${list}) SELECT ${list} FROM file(${quote(path)}, 'Native') ${insertSettings}`,
    });
  }

  async ping(sql: string): Promise<void> {
    this.#assertOpen();
    try {
      await this.#control.client.command({ query: sql });
    } catch (error) {
      throw storeError(error, this.limits);
    }
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#stopReads();
    this.#sessionsClosed = true;
    await this.#writes.catch(() => {});
    for (const session of [...this.#readers, this.#writer, this.#control]) await session.client.close();
    await drainPending();
  }

  /** A Session that is closed under a query holds the whole close up until the query ends. */
  async #stopReads(): Promise<void> {
    for (const kill of this.#running.values()) kill();
    // Bounded: a stream that nobody takes further does not end.
    for (let waits = 0; this.#running.size > 0 && waits < 100; waits++) await delay(20);
  }

  /** One write at a time: they share a Session and a file. */
  #write(work: () => Promise<void>): Promise<void> {
    const run = this.#writes.then(async () => {
      this.#assertOpen();
      try {
        await work();
      } catch (error) {
        throw storeError(error, this.limits);
      }
    });
    this.#writes = run.catch(() => {});
    return run;
  }

  /** Again and again until the query has ended: one that has just been handed over is not in the list yet. */
  async #kill(mark: string, running: { readonly ended: boolean }): Promise<void> {
    // ASYNC: the synchronous form hangs the process. The text of this statement does not hold the mark in one piece.
    const [head, tail] = [mark.slice(0, 4), mark.slice(4)];
    const query = `KILL QUERY WHERE position(query, concat(${quote(head)}, ${quote(`${tail} */`)})) > 0 ASYNC`;
    while (!running.ended && !this.#sessionsClosed) {
      await this.#control.client.command({ query }).catch(() => {
        // Where even this fails, the query ends at max_execution_time.
      });
      await delay(50);
    }
  }

  #assertOpen(): void {
    if (this.#closed) throw new BinnacleError('store_unavailable', 'The telemetry store is closed.');
  }
}

/** One part per day and insert, however many rows and days a group holds. */
const insertSettings =
  'SETTINGS max_insert_threads = 1, min_insert_block_size_rows = 4000000, min_insert_block_size_bytes = 0, ' +
  'max_partitions_per_insert_block = 0';

/** Few pieces are cheaper joined, many megabytes are not worth a copy. */
async function writePieces(path: string, pieces: readonly Uint8Array[]): Promise<void> {
  const size = pieces.reduce((sum, piece) => sum + piece.byteLength, 0);
  if (size < 1_000_000) return writeFile(path, Buffer.concat(pieces, size));
  const file = await open(path, 'w');
  try {
    for (const piece of pieces) await file.writeFile(piece);
  } finally {
    await file.close();
  }
}

/** The engine fills one buffer on a thread of its own and hands it over without a copy. */
async function* whole(session: Session, query: string): AsyncGenerator<Uint8Array> {
  const answer = await session.connection.chdb.queryAsync(query, { format: 'Native' });
  yield answer.bytes();
}

/** Starting a stream and copying its chunks are this thread's work. */
async function* streamed(session: Session, query: string): AsyncGenerator<Uint8Array> {
  for await (const chunk of session.connection.chdb.queryStream(query, { format: 'Native' })) yield chunk.raw();
}

async function prepareDirectory(dataDir: string, folders: readonly string[]): Promise<void> {
  try {
    // The engine makes its files readable to all, and the folder above may have to be passed by others: shut here.
    mkdirSync(dataDir, { recursive: true });
    await chmod(dataDir, 0o700);
    for (const folder of folders) {
      mkdirSync(folder, { recursive: true });
      await access(folder, constants.R_OK | constants.W_OK | constants.X_OK);
    }
  } catch (cause) {
    throw new BinnacleError('bad_config', `The data directory ${dataDir} cannot be made or written.`, { cause });
  }
}

function openSession(dataDir: string, path: string): Session {
  try {
    const connection = createChdbConnection({ path });
    // The two packages declare the same contract in copies of their own, which differ in settings that chDB ignores.
    const contract = connection as unknown as NonNullable<ClickHouseClientConfigOptions['connection']>;
    return { connection, client: createClient({ connection: contract }) };
  } catch (cause) {
    const owner = ownerOf(path);
    if (owner !== undefined) {
      throw new BinnacleError('conflict', `The data directory ${dataDir} is in use by process ${owner}.`, { cause });
    }
    throw new BinnacleError(
      'conflict',
      `The data directory ${dataDir} cannot be opened: another process has it, or it is not a telemetry store of this version.`,
      { cause },
    );
  }
}

/** The engine writes who has the directory into `status`. */
function ownerOf(path: string): number | undefined {
  try {
    const pid = Number(/^PID: (\d+)/m.exec(readFileSync(join(path, 'status'), 'utf8'))?.[1]);
    process.kill(pid, 0);
    return pid === process.pid ? undefined : pid;
  } catch {
    return undefined;
  }
}
