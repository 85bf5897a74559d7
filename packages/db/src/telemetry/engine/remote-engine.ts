import { randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import { type ClickHouseClient, createClient } from '@clickhouse/client';
import { clusterSettings } from '../schema/cluster-form.ts';
import type { Engine, QueryLimits, QueryParameters, ReadOptions } from './engine.ts';
import { quote, settingsClause } from './engine.ts';
import { canceled, storeError } from './engine-errors.ts';
import { SlotPool } from './slot-pool.ts';

/** A ClickHouse server and how to log in; `url` may carry user and password, they are never logged. */
export interface RemoteAddress {
  readonly url: string;
  readonly username?: string;
  readonly password?: string;
  /** Name of the cluster, as the server's configuration has it, that the tables are spread over. */
  readonly cluster?: string;
}

/** Reads at most this many answers at once; more wait in a bounded queue. */
export const defaultConnections = 16;

/** A ClickHouse server over HTTP. Errors: `store_unavailable` where it does not answer. */
export async function openRemoteEngine(
  address: RemoteAddress,
  connections: number,
  limits: QueryLimits,
): Promise<Engine> {
  const url = new URL(address.url);
  // The path of the URL names our database, which may not exist yet; every statement of ours is qualified.
  url.pathname = '/';
  const client = createClient({
    url,
    ...(address.username === undefined ? {} : { username: address.username }),
    ...(address.password === undefined ? {} : { password: address.password }),
    database: 'default',
    application: 'binnacle',
    max_open_connections: connections + 2,
    request_timeout: (limits.maxExecutionSeconds + 10) * 1000,
    compression: { request: false, response: false },
    clickhouse_settings: {
      max_query_size: String(64 * 1024 * 1024),
      ...(address.cluster === undefined ? {} : clusterSettings),
    },
    log: { level: 127 },
  });
  const engine = new RemoteEngine(client, connections, limits, address.cluster);
  await engine.ping('SELECT 1');
  return engine;
}

class RemoteEngine implements Engine {
  readonly #client: ClickHouseClient;
  readonly #pool: SlotPool<number>;
  readonly limits: QueryLimits;
  readonly cluster: string | undefined;

  constructor(client: ClickHouseClient, connections: number, limits: QueryLimits, cluster: string | undefined) {
    this.cluster = cluster;
    this.#client = client;
    this.#pool = new SlotPool(Array.from({ length: connections }, (_, i) => i));
    this.limits = limits;
  }

  async command(sql: string): Promise<void> {
    try {
      await this.#client.command({ query: sql, clickhouse_settings: { wait_end_of_query: 1 } });
    } catch (error) {
      throw storeError(error, this.limits);
    }
  }

  async rows<Row>(sql: string, parameters: QueryParameters = {}): Promise<Row[]> {
    try {
      const query = `${sql} ${settingsClause(this.limits, { heavy: true })}`;
      const answer = await this.#client.query({ query, query_params: { ...parameters }, format: 'JSONEachRow' });
      return await answer.json<Row>();
    } catch (error) {
      throw storeError(error, this.limits);
    }
  }

  async *read(sql: string, options: ReadOptions): AsyncGenerator<Uint8Array> {
    const lease = await this.#pool.acquire(options.heavy, options.signal);
    const queryId = randomUUID();
    let ended = false;
    try {
      const answer = await this.#client.exec({
        query: `${sql} ${settingsClause(this.limits, { heavy: options.heavy, settings: options.settings })} FORMAT Native`,
        query_id: queryId,
        ...(options.signal === undefined ? {} : { abort_signal: options.signal }),
      });
      for await (const piece of answer.stream) yield piece as Uint8Array;
      ended = true;
      if (options.signal?.aborted) throw canceled(options.signal.reason);
    } catch (error) {
      throw options.signal?.aborted ? canceled(error) : storeError(error, this.limits);
    } finally {
      // A closed connection does not stop a query everywhere (proxies, clusters): say it.
      if (!ended) void this.#kill(queryId);
      lease.release();
    }
  }

  async insertNative(table: string, columns: readonly string[], pieces: readonly Uint8Array[]): Promise<void> {
    try {
      const answer = await this.#client.exec({
        query: `INSERT INTO ${table} (${columns.join(', ')}) FORMAT Native`,
        values: Readable.from(pieces, { objectMode: false }),
        clickhouse_settings: {
          async_insert: 0,
          wait_end_of_query: 1,
          min_insert_block_size_rows: '4000000',
          min_insert_block_size_bytes: '0',
          max_partitions_per_insert_block: '0',
        },
      });
      for await (const _ of answer.stream) {
        // Nothing is answered; the end says that the rows are in the table.
      }
    } catch (error) {
      throw storeError(error, this.limits);
    }
  }

  async ping(sql: string): Promise<void> {
    try {
      const answer = await this.#client.query({ query: sql, format: 'JSONEachRow' });
      await answer.json();
    } catch (error) {
      throw storeError(error, this.limits);
    }
  }

  async close(): Promise<void> {
    await this.#client.close();
  }

  async #kill(queryId: string): Promise<void> {
    await this.#client.command({ query: `KILL QUERY WHERE query_id = ${quote(queryId)} ASYNC` }).catch(() => {
      // The query then ends at max_execution_time.
    });
  }
}
