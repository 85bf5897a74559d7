import { deflateSync, gunzipSync, gzipSync } from 'node:zlib';
import { status } from '@grpc/grpc-js';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { framed, RawGrpc } from '../../src/gateway/grpc/test-call.ts';
import { mutations } from '../../src/receivers/contract/mutations.ts';
import { requestFromJson } from '../../src/receivers/otlp/json-to-protobuf.ts';
import { exportMetricsRequest } from '../../src/receivers/otlp/metrics-schema.ts';
import { jsonRequest } from '../../src/receivers/otlp/test-requests.ts';
import { type GatewayProcess, startGateway } from '../gateway-process.ts';
import { hex, logsBytes, logsRequest, nano, text, traceBytes, traceRequest } from './otlp-bodies.ts';

let gateway: GatewayProcess;
let client: RawGrpc;
const now = Date.now();

beforeAll(async () => {
  gateway = await startGateway();
  client = new RawGrpc(gateway.grpc);
}, 90_000);
afterAll(async () => {
  client.close();
  await gateway.stop();
});

const values = [
  { key: 'text', value: text('Kiel ⚓') },
  { key: 'number', value: { intValue: '-5' } },
  {
    key: 'nested',
    value: {
      kvlistValue: { values: [{ key: 'list', value: { arrayValue: { values: [text('a'), { doubleValue: 1.5 }] } } }] },
    },
  },
];
const spans = traceRequest(
  [1, 2, 3].map((n) => ({
    traceId: hex(n, 32),
    spanId: hex(n, 16),
    parentSpanId: hex(n + 1, 16),
    name: 'step',
    kind: n,
    startTimeUnixNano: nano(now),
    endTimeUnixNano: nano(now + n),
    attributes: values,
    events: [{ timeUnixNano: nano(now), name: 'event', attributes: values }],
    links: [{ traceId: hex(9, 32), spanId: hex(9, 16), attributes: values }],
    status: { code: 2, message: 'failed' },
  })),
);
const records = logsRequest(
  [1, 2, 3].map((n) => ({
    timeUnixNano: nano(now),
    severityNumber: n,
    severityText: 'INFO',
    body: values[2]?.value,
    attributes: values,
    traceId: hex(n, 32),
    spanId: hex(n, 16),
    flags: 1,
    eventName: 'event',
  })),
);

const metrics = requestFromJson(
  Buffer.from(
    jsonRequest([
      { name: 'g', gauge: { dataPoints: [{ timeUnixNano: nano(now), asDouble: 1.5, attributes: values }] } },
      {
        name: 'h',
        histogram: {
          aggregationTemporality: 2,
          dataPoints: [
            {
              startTimeUnixNano: nano(now - 1),
              timeUnixNano: nano(now),
              count: '3',
              sum: 4,
              bucketCounts: ['1', '2'],
              explicitBounds: [1],
            },
          ],
        },
      },
    ]),
  ),
  exportMetricsRequest,
);

type Send = (body: Buffer) => Promise<string>;

const http =
  (path: string, headers: Record<string, string>): Send =>
  async (body) => {
    const answer = await fetch(`${gateway.url}${path}`, { method: 'POST', headers, body: Uint8Array.from(body) });
    await answer.arrayBuffer();
    return `HTTP ${answer.status}`;
  };
const grpc =
  (service: string, frame: (body: Buffer) => Buffer, headers: Record<string, string> = {}): Send =>
  async (body) =>
    `gRPC ${status[(await client.call(`/opentelemetry.proto.collector.${service}/Export`, frame(body), headers)).status]}`;

const protobuf = { 'content-type': 'application/x-protobuf' };
const json = { 'content-type': 'application/json' };
const zipped = { 'content-encoding': 'gzip' };

/** Each door with a good body and how many broken copies of it are sent; metrics over HTTP have their own test. */
const doors: readonly [name: string, good: Buffer, count: number, send: Send][] = [
  ['/v1/traces protobuf', traceBytes(spans), 1500, http('/v1/traces', protobuf)],
  ['/v1/traces JSON', Buffer.from(JSON.stringify(spans)), 1000, http('/v1/traces', json)],
  ['/v1/traces gzip', gzipSync(traceBytes(spans)), 500, http('/v1/traces', { ...protobuf, ...zipped })],
  ['/v1/logs protobuf', logsBytes(records), 1500, http('/v1/logs', protobuf)],
  ['/v1/logs JSON', Buffer.from(JSON.stringify(records)), 1000, http('/v1/logs', json)],
  ['TraceService', traceBytes(spans), 1000, grpc('trace.v1.TraceService', framed)],
  ['LogsService', logsBytes(records), 1000, grpc('logs.v1.LogsService', framed)],
  ['MetricsService', metrics, 1000, grpc('metrics.v1.MetricsService', framed)],
  ['MetricsService, broken frames', framed(metrics), 500, grpc('metrics.v1.MetricsService', (body) => body)],
  ['LogsService, broken frames', framed(logsBytes(records)), 500, grpc('logs.v1.LogsService', (body) => body)],
  [
    'TraceService, broken gzip',
    gzipSync(traceBytes(spans)),
    500,
    grpc('trace.v1.TraceService', (body) => framed(body, true), { 'grpc-encoding': 'gzip' }),
  ],
];
const allowed = /^HTTP (2\d\d|4\d\d)$|^gRPC (OK|INVALID_ARGUMENT|RESOURCE_EXHAUSTED|UNIMPLEMENTED)$/;

async function residentBytes(): Promise<number> {
  const body = await (await fetch(`${gateway.url}/metrics`)).text();
  return Number(/^process_resident_memory_bytes(?:\{[^}]*\})? (\S+)/m.exec(body)?.[1]);
}

async function sendAll(bodies: Iterable<Buffer>, send: Send): Promise<Map<string, number>> {
  const ends = new Map<string, number>();
  const queue = bodies[Symbol.iterator]();
  const worker = async () => {
    for (let next = queue.next(); !next.done; next = queue.next()) {
      const end = await send(next.value);
      ends.set(end, (ends.get(end) ?? 0) + 1);
    }
  };
  await Promise.all(Array.from({ length: 32 }, worker));
  return ends;
}

it('10,000 broken bodies: an answer of the protocol each, and no growth', { timeout: 120_000 }, async () => {
  let sent = 0;
  let before = Number.NaN;
  for (const [index, [name, good, count, send]] of doors.entries()) {
    expect(await send(good)).toMatch(/200|OK/);
    const ends = await sendAll(mutations(good, count, 20_261_123 + index), send);
    for (const end of ends.keys())
      expect(`${name}: ${end}`).toMatch(
        new RegExp(`${name}: (${allowed.source})`.replaceAll('^', '').replaceAll('$', '')),
      );
    // Most of them are broken, and some still hold together: both roads were taken.
    expect([...ends.keys()].some((end) => /4\d\d|INVALID/.test(end))).toBe(true);
    sent += count;
    if (Number.isNaN(before)) before = await residentBytes();
  }
  expect(sent).toBe(10_000);
  expect((await residentBytes()) - before).toBeLessThan(150 * 2 ** 20);
  expect((await fetch(`${gateway.url}/readyz`)).status).toBe(200);
});

it('a body that inflates without end is refused before memory grows', { timeout: 30_000 }, async () => {
  const zeros = Buffer.alloc(300 * 2 ** 20);
  const bomb = gzipSync(zeros);
  expect(gunzipSync(bomb).length).toBeGreaterThan(64 * 2 ** 20);
  const before = await residentBytes();
  const ends = await Promise.all([
    http('/v1/traces', { ...protobuf, ...zipped })(bomb),
    http('/v1/logs', { ...json, ...zipped })(bomb),
    grpc('trace.v1.TraceService', (body) => framed(body, true), { 'grpc-encoding': 'gzip' })(bomb),
    grpc('metrics.v1.MetricsService', (body) => framed(body, true), { 'grpc-encoding': 'gzip' })(bomb),
    grpc('logs.v1.LogsService', (body) => framed(body, true), { 'grpc-encoding': 'deflate' })(deflateSync(zeros)),
  ]);
  const over = 'gRPC RESOURCE_EXHAUSTED';
  expect(ends).toEqual(['HTTP 413', 'HTTP 413', over, over, over]);
  // Many at once, over several connections: each takes its turn.
  const clients = Array.from({ length: 4 }, () => new RawGrpc(gateway.grpc));
  const together = await Promise.all(
    clients.flatMap((other) =>
      Array.from({ length: 20 }, () =>
        other.call('/opentelemetry.proto.collector.metrics.v1.MetricsService/Export', framed(bomb, true), {
          'grpc-encoding': 'gzip',
        }),
      ),
    ),
  );
  for (const other of clients) other.close();
  expect([...new Set(together.map((end) => status[end.status]))]).toEqual(['RESOURCE_EXHAUSTED']);
  expect((await residentBytes()) - before).toBeLessThan(300 * 2 ** 20);
});

it('what was acknowledged is there after kill -9', { timeout: 90_000 }, async () => {
  const mine = hex(0xfeed, 32);
  const acknowledged: string[] = [];
  const sendOne = async (n: number): Promise<boolean> => {
    const spanId = hex(n, 16);
    const body = traceBytes(
      traceRequest([{ traceId: mine, spanId, name: 'kept', startTimeUnixNano: nano(now), endTimeUnixNano: nano(now) }]),
    );
    const end = await http('/v1/traces', protobuf)(body).catch(() => 'gone');
    if (end === 'HTTP 200') acknowledged.push(spanId);
    return end !== 'gone';
  };
  let next = 1;
  const worker = async () => {
    while (await sendOne(next++)) if (acknowledged.length === 100) gateway.child.kill('SIGKILL');
  };
  const ended = new Promise((resolve) => gateway.child.once('exit', resolve));
  await Promise.all([Promise.all(Array.from({ length: 8 }, worker)), ended]);
  expect(acknowledged.length).toBeGreaterThanOrEqual(100);
  gateway = await startGateway(undefined, gateway.directory);
  const answer = (await (await fetch(`${gateway.url}/api/binnacle/traces/${mine}`)).json()) as {
    spans: { spanId: string }[];
  };
  const stored = new Set(answer.spans.map(({ spanId }) => spanId));
  expect(acknowledged.filter((spanId) => !stored.has(spanId))).toEqual([]);
});
