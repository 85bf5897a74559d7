import {
  type LogsAnswer,
  type LogsQuery,
  maxBodyShown,
  maxSpansShown,
  type StoredLog,
  type StoredSpan,
  type TraceAnswer,
} from '@binnacle/shared/api/otel.ts';
import type { LogBatch, SpanBatch } from '@binnacle/shared/telemetry/rows/otel-rows.ts';
import type { Engine } from '../engine/engine.ts';
import { nativeBlock } from '../native/native-writer.ts';
import { setTtl } from '../schema/migrate.ts';
import { otelLogs, otelTraces, otelTraceTimes } from './tables.ts';

/** Days that spans and log records are kept; `null` for ever. */
export interface OtelRetention {
  readonly spanDays: number | null;
  readonly logDays: number | null;
}

/** Spans and log records in the telemetry store. Errors are `BinnacleError`s, `store_unavailable` where ClickHouse fails. */
export class OtelStore {
  readonly #engine: Engine;
  readonly #database: string;

  constructor(engine: Engine, database: string) {
    this.#engine = engine;
    this.#database = database;
  }

  /** Resolves when all rows are in the table. Rows of a group that failed may be there or not. */
  insertSpans(batches: readonly SpanBatch[]): Promise<void> {
    return this.#insert(otelTraces.name, batches);
  }

  insertLogs(batches: readonly LogBatch[]): Promise<void> {
    return this.#insert(otelLogs.name, batches);
  }

  /** The spans of a trace; `traceId` is 32 lower-case hexadecimal digits. A span that was sent twice comes once. */
  async trace(traceId: string): Promise<TraceAnswer> {
    const [span] = await this.#engine.rows<{ count: string; start: string; end: string }>(
      'SELECT toString(count()) AS count, toString(toUnixTimestamp(min(Start))) AS start, ' +
        `toString(toUnixTimestamp(max(End)) + 1) AS end FROM ${this.#database}.${otelTraceTimes.name} WHERE TraceId = {traceId:String}`,
      { traceId },
    );
    if (span === undefined || span.count === '0') return { traceId, spans: [], cut: false };
    const rows = await this.#engine.rows<SpanRow>(
      `SELECT ${spanFields} FROM ${this.#database}.${otelTraces.name} WHERE TraceId = {traceId:String} ` +
        'AND Timestamp >= fromUnixTimestamp64Nano({start:Int64} * 1000000000) ' +
        'AND Timestamp <= fromUnixTimestamp64Nano({end:Int64} * 1000000000) ' +
        'ORDER BY Timestamp, SpanId LIMIT 1 BY SpanId LIMIT {limit:UInt32}',
      { traceId, start: Number(span.start), end: Number(span.end), limit: maxSpansShown + 1 },
    );
    return { traceId, spans: rows.slice(0, maxSpansShown).map(spanOf), cut: rows.length > maxSpansShown };
  }

  /** Log records of a time range, the newest first. */
  async logs(query: LogsQuery): Promise<LogsAnswer> {
    const conditions = [
      'Timestamp >= fromUnixTimestamp64Milli({from:Int64})',
      'Timestamp < fromUnixTimestamp64Milli({to:Int64} + 1)',
      'toStartOfFiveMinutes(Timestamp) >= toStartOfFiveMinutes(fromUnixTimestamp64Milli({from:Int64}))',
      'toStartOfFiveMinutes(Timestamp) <= toStartOfFiveMinutes(fromUnixTimestamp64Milli({to:Int64}))',
    ];
    const parameters: Record<string, string | number> = {
      from: Math.max(0, Math.floor(query.fromMs)),
      to: Math.min(latestMs, Math.floor(query.toMs)),
      limit: query.limit + 1,
    };
    const where = (condition: string, name: string, value: string | number) => {
      conditions.push(condition);
      parameters[name] = value;
    };
    if (query.service !== undefined) where('ServiceName = {service:String}', 'service', query.service);
    if (query.minSeverity !== undefined) where('SeverityNumber >= {severity:UInt8}', 'severity', query.minSeverity);
    if (query.traceId !== undefined) where('TraceId = {traceId:String}', 'traceId', query.traceId);
    const rows = await this.#engine.rows<Omit<StoredLog, 'bodyCut'> & { bodyCut: number }>(
      `SELECT ${logFields} FROM ${this.#database}.${otelLogs.name} WHERE ${conditions.join(' AND ')} ` +
        'ORDER BY toStartOfFiveMinutes(Timestamp) DESC, Timestamp DESC, ServiceName LIMIT {limit:UInt32}',
      parameters,
    );
    const logs = rows.slice(0, query.limit).map((row) => ({ ...row, bodyCut: Number(row.bodyCut) === 1 }));
    return { logs, more: rows.length > query.limit };
  }

  /** Sets how long rows are kept. Whole days are dropped when their last row is that old. */
  async applyRetention({ spanDays, logDays }: OtelRetention): Promise<void> {
    const ttl = (column: string, days: number | null) =>
      days === null ? null : `toDateTime(${column}) + toIntervalDay(${days})`;
    const set = (table: string, text: string | null) => setTtl(this.#engine, this.#database, table, text);
    await set(otelTraces.name, ttl('Timestamp', spanDays));
    // A week's part lives until its last trace is that old.
    await set(otelTraceTimes.name, ttl('End', spanDays));
    await set(otelLogs.name, ttl('Timestamp', logDays));
  }

  async #insert(table: string, batches: readonly (SpanBatch | LogBatch)[]): Promise<void> {
    const filled = batches.filter(({ rows }) => rows > 0);
    const [first] = filled;
    if (first === undefined) return;
    const columns = first.columns.map(({ name }) => `\`${name}\``);
    const pieces = filled.flatMap((batch) =>
      nativeBlock(
        batch.rows,
        batch.columns.map(({ name, type, column }) => ({ name, type, data: column.data() })),
      ),
    );
    await this.#engine.insertNative(`${this.#database}.${table}`, columns, pieces);
  }
}

/** The last whole day that a time in seconds of 32 bits can say: the key's buckets of five minutes are such times. */
const latestMs = 4_294_944_000_000;

interface SpanRow extends Omit<StoredSpan, 'events' | 'links'> {
  readonly eventTimes: readonly string[];
  readonly eventNames: readonly string[];
  readonly eventAttributes: readonly Record<string, string>[];
  readonly linkTraceIds: readonly string[];
  readonly linkSpanIds: readonly string[];
  readonly linkTraceStates: readonly string[];
  readonly linkAttributes: readonly Record<string, string>[];
}

const spanFields = [
  'TraceId AS traceId',
  'SpanId AS spanId',
  'ParentSpanId AS parentSpanId',
  'TraceState AS traceState',
  'SpanName AS name',
  'SpanKind AS kind',
  'ServiceName AS service',
  'toString(toUnixTimestamp64Nano(Timestamp)) AS startUnixNano',
  'toString(Duration) AS durationNano',
  'StatusCode AS status',
  'StatusMessage AS statusMessage',
  'ScopeName AS scopeName',
  'ScopeVersion AS scopeVersion',
  'SpanAttributes AS attributes',
  'ResourceAttributes AS resourceAttributes',
  'arrayMap(time -> toString(toUnixTimestamp64Nano(time)), `Events.Timestamp`) AS eventTimes',
  '`Events.Name` AS eventNames',
  '`Events.Attributes` AS eventAttributes',
  '`Links.TraceId` AS linkTraceIds',
  '`Links.SpanId` AS linkSpanIds',
  '`Links.TraceState` AS linkTraceStates',
  '`Links.Attributes` AS linkAttributes',
].join(', ');

const logFields = [
  'toString(toUnixTimestamp64Nano(Timestamp)) AS timeUnixNano',
  'SeverityNumber AS severityNumber',
  'SeverityText AS severityText',
  'ServiceName AS service',
  `substringUTF8(Body, 1, ${maxBodyShown}) AS body`,
  `lengthUTF8(Body) > ${maxBodyShown} AS bodyCut`,
  'EventName AS eventName',
  'TraceId AS traceId',
  'SpanId AS spanId',
  'TraceFlags AS traceFlags',
  'ScopeName AS scopeName',
  'ScopeVersion AS scopeVersion',
  'LogAttributes AS attributes',
  'ScopeAttributes AS scopeAttributes',
  'ResourceAttributes AS resourceAttributes',
].join(', ');

function spanOf(row: SpanRow): StoredSpan {
  const {
    eventTimes,
    eventNames,
    eventAttributes,
    linkTraceIds,
    linkSpanIds,
    linkTraceStates,
    linkAttributes,
    ...span
  } = row;
  return {
    ...span,
    events: eventTimes.map((timeUnixNano, i) => ({
      timeUnixNano,
      name: eventNames[i] ?? '',
      attributes: eventAttributes[i] ?? {},
    })),
    links: linkTraceIds.map((traceId, i) => ({
      traceId,
      spanId: linkSpanIds[i] ?? '',
      traceState: linkTraceStates[i] ?? '',
      attributes: linkAttributes[i] ?? {},
    })),
  };
}
