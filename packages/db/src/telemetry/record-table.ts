import type { RecordQuery, TelemetryRecord } from '@binnacle/shared/telemetry/records.ts';
import type { Engine } from './engine/engine.ts';
import { bytesOf, nativeBlock, stringColumn } from './native/native-writer.ts';

const columns = ['kind', 'key', 'at', 'cluster', 'body', 'version'] as const;

const atMs = 'toUnixTimestamp64Milli(at)';

interface StoredRecord {
  readonly kind: TelemetryRecord['kind'];
  readonly key: string;
  readonly recordAt: string;
  readonly cluster: string;
  readonly body: string;
}

/** Records: `(kind, cluster, key)` names one, the one put last stands, whatever its `at`. They are kept without end. */
export class RecordTable {
  readonly #engine: Engine;
  readonly #table: string;
  #version = 0n;

  constructor(engine: Engine, database: string) {
    this.#engine = engine;
    this.#table = `${database}.records`;
  }

  /** Versions go on from the highest stored one, even if the clock was set back meanwhile. */
  async load(): Promise<void> {
    const [row] = await this.#engine.rows<{ highest: string }>(
      `SELECT toString(max(version)) AS highest FROM ${this.#table}`,
    );
    this.#version = BigInt(row?.highest ?? 0);
  }

  async put(records: readonly TelemetryRecord[]): Promise<void> {
    if (records.length === 0) return;
    const at = new BigInt64Array(records.length);
    const versions = new BigUint64Array(records.length);
    for (let i = 0; i < records.length; i++) {
      at[i] = BigInt(Math.round((records[i] as TelemetryRecord).at));
      versions[i] = this.#nextVersion();
    }
    await this.#engine.insertNative(
      this.#table,
      columns,
      nativeBlock(records.length, [
        { name: 'kind', type: 'String', data: stringColumn(records.map((record) => record.kind)) },
        { name: 'key', type: 'String', data: stringColumn(records.map((record) => record.key)) },
        { name: 'at', type: "DateTime64(3, 'UTC')", data: [bytesOf(at)] },
        { name: 'cluster', type: 'String', data: stringColumn(records.map((record) => record.cluster)) },
        {
          name: 'body',
          type: 'String',
          data: stringColumn(records.map((record) => JSON.stringify(record.body ?? null))),
        },
        { name: 'version', type: 'UInt64', data: [bytesOf(versions)] },
      ]),
    );
  }

  async list(query: RecordQuery): Promise<TelemetryRecord[]> {
    const conditions = ['kind = {kind:String}'];
    const parameters: Record<string, string | number> = { kind: query.kind };
    const where = (condition: string, name: string, value: string | number) => {
      conditions.push(condition);
      parameters[name] = value;
    };
    if (query.key !== undefined) where('key = {key:String}', 'key', query.key);
    if (query.keyPrefix !== undefined) where('startsWith(key, {prefix:String})', 'prefix', query.keyPrefix);
    if (query.cluster !== undefined) where('cluster = {cluster:String}', 'cluster', query.cluster);
    if (query.fromMs !== undefined) where(`${atMs} >= {from:Int64}`, 'from', Math.ceil(query.fromMs));
    if (query.toMs !== undefined) where(`${atMs} <= {to:Int64}`, 'to', Math.floor(query.toMs));
    const rows = await this.#engine.rows<StoredRecord>(
      `SELECT kind, key, toString(${atMs}) AS recordAt, cluster, body FROM ${this.#table} FINAL ` +
        `WHERE ${conditions.join(' AND ')} ` +
        'ORDER BY at DESC, key LIMIT {limit:UInt32}',
      { ...parameters, limit: Math.max(0, Math.floor(query.limit)) },
    );
    return rows.map((row) => ({
      kind: row.kind,
      key: row.key,
      at: Number(row.recordAt),
      cluster: row.cluster,
      body: JSON.parse(row.body) as unknown,
    }));
  }

  /** Grows with every record, also within one millisecond: of two records put in one go, the later one stands. */
  #nextVersion(): bigint {
    const now = BigInt(Date.now()) * 1000n;
    this.#version = now > this.#version ? now : this.#version + 1n;
    return this.#version;
  }
}
