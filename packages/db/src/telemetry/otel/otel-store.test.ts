import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LogBatch, SpanBatch } from '@binnacle/shared/telemetry/rows/otel-rows.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openEmbeddedEngine } from '../engine/embedded-engine.ts';
import type { Engine } from '../engine/engine.ts';
import { migrate } from '../schema/migrate.ts';
import { OtelStore } from './otel-store.ts';

const dataDir = mkdtempSync(join(tmpdir(), 'binnacle-otel-'));
const nowMs = Date.now();
let engine: Engine;
let store: OtelStore;

beforeAll(async () => {
  engine = await openEmbeddedEngine(dataDir, 1, { maxExecutionSeconds: 10, maxMemoryBytes: 1e9 });
  await migrate(engine, 'binnacle');
  store = new OtelStore(engine, 'binnacle');
});

afterAll(async () => {
  await engine.close();
  rmSync(dataDir, { recursive: true, force: true });
});

const nanoseconds = (ms: number, more = 0): Buffer => {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(ms) * 1_000_000n + BigInt(more));
  return bytes;
};
const id = (text: string) => Buffer.from(text, 'hex');

interface Span {
  readonly traceId: string;
  readonly spanId: string;
  readonly ms: number;
  readonly events?: readonly { readonly name: string; readonly attributes: Readonly<Record<string, string>> }[];
}

function addSpan(batch: SpanBatch, { traceId, spanId, ms, events = [] }: Span): void {
  batch.begin();
  batch.timestamp.addBytes(nanoseconds(ms, 123), 0);
  batch.traceId.addHex(id(traceId), 0, 16);
  batch.spanId.addHex(id(spanId), 0, 8);
  batch.parentSpanId.addText('');
  batch.traceState.addText('');
  batch.spanName.addText('schedule Kiel ⚓');
  batch.spanKind.addText('Server');
  batch.serviceName.addText('scheduler');
  batch.resourceAttributes.keys.addText('service.name');
  batch.resourceAttributes.values.addText('scheduler');
  batch.resourceAttributes.endRow(1);
  batch.scopeName.addText('scope');
  batch.scopeVersion.addText('1');
  batch.spanAttributes.endRow(0);
  batch.duration.addNumber(2 ** 52 + 1);
  batch.statusCode.addText('Ok');
  batch.statusMessage.addText('');
  for (const { name, attributes } of events) {
    batch.eventTimes.items.addBytes(nanoseconds(ms, 7), 0);
    batch.eventNames.items.addText(name);
    for (const [key, value] of Object.entries(attributes)) {
      batch.eventAttributes.items.keys.addText(key);
      batch.eventAttributes.items.values.addText(value);
    }
    batch.eventAttributes.items.endRow(Object.keys(attributes).length);
  }
  for (const column of [batch.eventTimes, batch.eventNames, batch.eventAttributes]) column.endRow(events.length);
  batch.linkTraceIds.items.addText('00');
  batch.linkSpanIds.items.addText('01');
  batch.linkTraceStates.items.addText('a=b');
  batch.linkAttributes.items.endRow(0);
  for (const column of [batch.linkTraceIds, batch.linkSpanIds, batch.linkTraceStates, batch.linkAttributes])
    column.endRow(1);
}

const traceId = '0af7651916cd43dd8448eb211c80319c';

test('spans come back by their trace, with events and links, in order, each once', async () => {
  const first = new SpanBatch();
  addSpan(first, { traceId, spanId: '00000000000000aa', ms: nowMs + 5 });
  first.keep();
  // A row that is dropped leaves nothing, whatever it had written.
  addSpan(first, { traceId, spanId: '00000000000000ff', ms: nowMs, events: [{ name: 'x', attributes: { y: 'z' } }] });
  first.drop();
  const events: Span['events'] = [
    { name: 'queued', attributes: { queue: 'research', depth: '3' } },
    { name: 'bound', attributes: {} },
  ];
  addSpan(first, { traceId, spanId: '00000000000000bb', ms: nowMs, events });
  first.keep();
  const again = new SpanBatch();
  addSpan(again, { traceId, spanId: '00000000000000bb', ms: nowMs, events });
  again.keep();
  addSpan(again, { traceId: 'ff'.repeat(16), spanId: '00000000000000cc', ms: nowMs });
  again.keep();
  await store.insertSpans([first, new SpanBatch(), again]);

  const { spans, cut } = await store.trace(traceId);
  expect(cut).toBe(false);
  expect(spans.map(({ spanId }) => spanId)).toEqual(['00000000000000bb', '00000000000000aa']);
  expect(spans[0]).toEqual({
    traceId,
    spanId: '00000000000000bb',
    parentSpanId: '',
    traceState: '',
    name: 'schedule Kiel ⚓',
    kind: 'Server',
    service: 'scheduler',
    startUnixNano: String(BigInt(nowMs) * 1_000_000n + 123n),
    durationNano: String(2 ** 52 + 1),
    status: 'Ok',
    statusMessage: '',
    scopeName: 'scope',
    scopeVersion: '1',
    attributes: {},
    resourceAttributes: { 'service.name': 'scheduler' },
    events: events.map((event) => ({ timeUnixNano: String(BigInt(nowMs) * 1_000_000n + 7n), ...event })),
    links: [{ traceId: '00', spanId: '01', traceState: 'a=b', attributes: {} }],
  });
  expect((await store.trace('1'.repeat(32))).spans).toEqual([]);
});

function addLog(batch: LogBatch, ms: number, fields: { service?: string; severity?: number; body: string }): void {
  batch.begin();
  batch.timestamp.addBytes(nanoseconds(ms), 0);
  batch.traceId.addText('');
  batch.spanId.addText('');
  batch.traceFlags.add(1);
  batch.severityText.addText('INFO');
  batch.severityNumber.add(fields.severity ?? 9);
  batch.serviceName.addText(fields.service ?? 'trainer');
  batch.body.addText(fields.body);
  for (const text of [batch.resourceSchemaUrl, batch.scopeSchemaUrl, batch.scopeName, batch.scopeVersion])
    text.addText('');
  for (const map of [batch.resourceAttributes, batch.scopeAttributes, batch.logAttributes]) map.endRow(0);
  batch.eventName.addText('');
  batch.keep();
}

test('log records are found by time, service and severity, the newest first', async () => {
  const batch = new LogBatch();
  addLog(batch, nowMs - 1000, { body: 'first' });
  addLog(batch, nowMs, { body: 'second', severity: 17 });
  addLog(batch, nowMs - 400_000, { body: 'third', service: 'scheduler' });
  addLog(batch, nowMs - 86_400_000, { body: 'x'.repeat(20_000) });
  await store.insertLogs([batch]);
  const bodies = async (query: object) => {
    const range = { fromMs: nowMs - 3_600_000, toMs: nowMs, limit: 10 };
    return (await store.logs({ ...range, ...query })).logs.map(({ body }) => body);
  };
  expect(await bodies({})).toEqual(['second', 'first', 'third']);
  expect(await bodies({ service: 'scheduler' })).toEqual(['third']);
  expect(await bodies({ minSeverity: 13 })).toEqual(['second']);
  expect(await bodies({ toMs: nowMs - 1000 })).toEqual(['first', 'third']);
  expect(await bodies({ fromMs: nowMs - 999 })).toEqual(['second']);
  expect(await bodies({ traceId })).toEqual([]);
  expect(await store.logs({ fromMs: 0, toMs: Number.MAX_SAFE_INTEGER, limit: 3 })).toMatchObject({ more: true });
  const [, , , oldest] = (await store.logs({ fromMs: 0, toMs: nowMs, limit: 4 })).logs;
  expect(oldest).toMatchObject({ body: 'x'.repeat(16_384), bodyCut: true, traceFlags: 1 });
});

test('the tables have the columns, order and indexes of the exporter', async () => {
  const columns = await engine.rows<{ name: string; type: string }>(
    "SELECT name, type FROM system.columns WHERE database = 'binnacle' AND table = 'otel_traces' AND name LIKE 'Events%'",
  );
  expect(columns).toEqual([
    { name: 'Events.Timestamp', type: "Array(DateTime64(9, 'UTC'))" },
    { name: 'Events.Name', type: 'Array(LowCardinality(String))' },
    { name: 'Events.Attributes', type: 'Array(Map(LowCardinality(String), String))' },
  ]);
  const keys = await engine.rows<{ name: string; sorting_key: string }>(
    "SELECT name, sorting_key FROM system.tables WHERE database = 'binnacle' AND name IN ('otel_traces', 'otel_logs') ORDER BY name",
  );
  expect(keys).toEqual([
    { name: 'otel_logs', sorting_key: 'toStartOfFiveMinutes(Timestamp), ServiceName, Timestamp' },
    { name: 'otel_traces', sorting_key: 'ServiceName, SpanName, toDateTime(Timestamp), Timestamp' },
  ]);
});

test('the retention of spans and of logs is set apart, and goes away again', async () => {
  const ttls = async () => {
    const rows = await engine.rows<{ text: string }>(
      "SELECT extract(create_table_query, ' TTL (.+?) SETTINGS') AS text FROM system.tables WHERE database = 'binnacle' AND name IN ('otel_traces', 'otel_traces_trace_id_ts', 'otel_logs') ORDER BY name",
    );
    return rows.map(({ text }) => text);
  };
  await store.applyRetention({ spanDays: 14, logDays: 7 });
  const set = await ttls();
  expect(set).toEqual([
    'toDateTime(Timestamp) + toIntervalDay(7)',
    'toDateTime(Timestamp) + toIntervalDay(14)',
    'toDateTime(End) + toIntervalDay(14)',
  ]);
  await store.applyRetention({ spanDays: 14, logDays: 7 });
  expect(await ttls()).toEqual(set);
  await store.applyRetention({ spanDays: null, logDays: null });
  expect(await ttls()).toEqual(['', '', '']);
});
