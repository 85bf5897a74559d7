import { ArrayColumn, ByteColumn, type GrowingColumn, MapColumn, TextColumn, WordColumn } from './growing-columns.ts';

/** A column of a table: its name and ClickHouse's type of what is written. */
export interface RowColumn {
  readonly name: string;
  readonly type: string;
  readonly column: GrowingColumn;
}

const time = "DateTime64(9, 'UTC')";
const map = 'Map(String, String)';

/**
 * Rows on their way into one table. A row is begun, gets a value in every column, and is kept or dropped; what a dropped
 * row had written is taken back.
 */
abstract class RowBatch {
  /** Rows that are kept. */
  rows = 0;
  abstract readonly columns: readonly RowColumn[];

  begin(): void {
    for (const { column } of this.columns) column.mark();
  }

  keep(): void {
    this.rows++;
  }

  drop(): void {
    for (const { column } of this.columns) column.rollback();
  }

  /** Memory that the rows hold. */
  get byteLength(): number {
    let bytes = 0;
    for (const { column } of this.columns) bytes += column.byteLength;
    return bytes;
  }
}

/** Spans for `otel_traces`. Times are nanoseconds since 1970 as eight little-endian bytes, ids bytes. */
export class SpanBatch extends RowBatch {
  readonly timestamp = new WordColumn();
  readonly traceId = new TextColumn();
  readonly spanId = new TextColumn();
  readonly parentSpanId = new TextColumn();
  readonly traceState = new TextColumn();
  readonly spanName = new TextColumn();
  readonly spanKind = new TextColumn();
  readonly serviceName = new TextColumn();
  readonly resourceAttributes = new MapColumn();
  readonly scopeName = new TextColumn();
  readonly scopeVersion = new TextColumn();
  readonly spanAttributes = new MapColumn();
  readonly duration = new WordColumn();
  readonly statusCode = new TextColumn();
  readonly statusMessage = new TextColumn();
  readonly eventTimes = new ArrayColumn(new WordColumn());
  readonly eventNames = new ArrayColumn(new TextColumn());
  readonly eventAttributes = new ArrayColumn(new MapColumn());
  readonly linkTraceIds = new ArrayColumn(new TextColumn());
  readonly linkSpanIds = new ArrayColumn(new TextColumn());
  readonly linkTraceStates = new ArrayColumn(new TextColumn());
  readonly linkAttributes = new ArrayColumn(new MapColumn());

  readonly columns: readonly RowColumn[] = [
    { name: 'Timestamp', type: time, column: this.timestamp },
    { name: 'TraceId', type: 'String', column: this.traceId },
    { name: 'SpanId', type: 'String', column: this.spanId },
    { name: 'ParentSpanId', type: 'String', column: this.parentSpanId },
    { name: 'TraceState', type: 'String', column: this.traceState },
    { name: 'SpanName', type: 'String', column: this.spanName },
    { name: 'SpanKind', type: 'String', column: this.spanKind },
    { name: 'ServiceName', type: 'String', column: this.serviceName },
    { name: 'ResourceAttributes', type: map, column: this.resourceAttributes },
    { name: 'ScopeName', type: 'String', column: this.scopeName },
    { name: 'ScopeVersion', type: 'String', column: this.scopeVersion },
    { name: 'SpanAttributes', type: map, column: this.spanAttributes },
    { name: 'Duration', type: 'UInt64', column: this.duration },
    { name: 'StatusCode', type: 'String', column: this.statusCode },
    { name: 'StatusMessage', type: 'String', column: this.statusMessage },
    { name: 'Events.Timestamp', type: `Array(${time})`, column: this.eventTimes },
    { name: 'Events.Name', type: 'Array(String)', column: this.eventNames },
    { name: 'Events.Attributes', type: `Array(${map})`, column: this.eventAttributes },
    { name: 'Links.TraceId', type: 'Array(String)', column: this.linkTraceIds },
    { name: 'Links.SpanId', type: 'Array(String)', column: this.linkSpanIds },
    { name: 'Links.TraceState', type: 'Array(String)', column: this.linkTraceStates },
    { name: 'Links.Attributes', type: `Array(${map})`, column: this.linkAttributes },
  ];
}

/** Log records for `otel_logs`. */
export class LogBatch extends RowBatch {
  readonly timestamp = new WordColumn();
  readonly traceId = new TextColumn();
  readonly spanId = new TextColumn();
  readonly traceFlags = new ByteColumn();
  readonly severityText = new TextColumn();
  readonly severityNumber = new ByteColumn();
  readonly serviceName = new TextColumn();
  readonly body = new TextColumn();
  readonly resourceSchemaUrl = new TextColumn();
  readonly resourceAttributes = new MapColumn();
  readonly scopeSchemaUrl = new TextColumn();
  readonly scopeName = new TextColumn();
  readonly scopeVersion = new TextColumn();
  readonly scopeAttributes = new MapColumn();
  readonly logAttributes = new MapColumn();
  readonly eventName = new TextColumn();

  readonly columns: readonly RowColumn[] = [
    { name: 'Timestamp', type: time, column: this.timestamp },
    { name: 'TraceId', type: 'String', column: this.traceId },
    { name: 'SpanId', type: 'String', column: this.spanId },
    { name: 'TraceFlags', type: 'UInt8', column: this.traceFlags },
    { name: 'SeverityText', type: 'String', column: this.severityText },
    { name: 'SeverityNumber', type: 'UInt8', column: this.severityNumber },
    { name: 'ServiceName', type: 'String', column: this.serviceName },
    { name: 'Body', type: 'String', column: this.body },
    { name: 'ResourceSchemaUrl', type: 'String', column: this.resourceSchemaUrl },
    { name: 'ResourceAttributes', type: map, column: this.resourceAttributes },
    { name: 'ScopeSchemaUrl', type: 'String', column: this.scopeSchemaUrl },
    { name: 'ScopeName', type: 'String', column: this.scopeName },
    { name: 'ScopeVersion', type: 'String', column: this.scopeVersion },
    { name: 'ScopeAttributes', type: map, column: this.scopeAttributes },
    { name: 'LogAttributes', type: map, column: this.logAttributes },
    { name: 'EventName', type: 'String', column: this.eventName },
  ];
}
