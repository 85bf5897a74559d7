import { logsAnswer, traceAnswer } from '@binnacle/shared/api/otel.ts';
import { status } from '@grpc/grpc-js';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { framed, RawGrpc } from '../../src/gateway/grpc/test-call.ts';
import { type GatewayProcess, startGateway } from '../gateway-process.ts';
import { hex, logsRequest, nano, text, traceBytes, traceRequest } from './otlp-bodies.ts';

let gateway: GatewayProcess;
const now = Date.now();
const dayMs = 86_400_000;
const traceId = hex(11, 32);

beforeAll(async () => {
  gateway = await startGateway(
    'limits: {attributesPerSpan: 8, attributeBytes: 64, eventsPerSpan: 8, logBodyBytes: 1024, spansPerRequest: 100, spanRetentionDays: 3}\n',
  );
}, 90_000);
afterAll(() => gateway.stop());

const post = (path: string, body: unknown) =>
  fetch(`${gateway.url}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });

let spanIds = 1;
const span = (more: object = {}) => ({
  traceId,
  spanId: hex(spanIds++, 16),
  name: 'step',
  startTimeUnixNano: nano(now),
  endTimeUnixNano: nano(now + 1),
  ...more,
});
const attributes = (count: number, value = 'v') =>
  Array.from({ length: count }, (_, i) => ({ key: `k${i}`, value: text(value) }));
const many = (count: number, one: object) => Array.from({ length: count }, () => one);

const counted = async (): Promise<string> => (await fetch(`${gateway.url}/metrics`)).text();

it('a span that breaks a limit is refused by name, and its neighbours are stored', async () => {
  const bad = {
    bad_id: [
      span({ traceId: '' }),
      span({ spanId: '00'.repeat(8) }),
      span({ traceId: 'abcd' }),
      span({ parentSpanId: 'ab' }),
    ],
    bad_time: [span({ startTimeUnixNano: undefined }), span({ events: [{ timeUnixNano: '18446744073709551615' }] })],
    too_many_attributes: [
      span({ attributes: attributes(9) }),
      span({ events: [{ timeUnixNano: nano(now), attributes: attributes(9) }] }),
      span({ links: [{ traceId, spanId: hex(1, 16), attributes: attributes(9) }] }),
    ],
    attribute_too_long: [
      span({ attributes: attributes(1, 'x'.repeat(65)) }),
      span({ attributes: [{ key: 'x'.repeat(65), value: text('') }] }),
      span({ attributes: [{ key: 'list', value: { arrayValue: { values: many(30, { intValue: 10 }) } } }] }),
      span({ name: 'x'.repeat(65) }),
      span({ traceState: 'x'.repeat(65) }),
      span({ status: { message: 'x'.repeat(65) } }),
      span({ events: [{ timeUnixNano: nano(now), name: 'x'.repeat(65) }] }),
    ],
    too_many_events: [
      span({ events: many(9, { timeUnixNano: nano(now), name: 'e' }) }),
      span({ links: many(9, { traceId, spanId: hex(1, 16) }) }),
    ],
    too_far_in_future: [
      span({ startTimeUnixNano: nano(now + dayMs) }),
      span({ startTimeUnixNano: '18446744073709551615' }),
    ],
    too_old: [span({ startTimeUnixNano: nano(now - 4 * dayMs) }), span({ startTimeUnixNano: '0' })],
  };
  const kept = [
    span(),
    span({ attributes: attributes(8, 'x'.repeat(64)) }),
    span({ startTimeUnixNano: nano(now - 2 * dayMs) }),
  ];
  const wrong = Object.values(bad).flat();
  const spans = [kept[0], ...wrong.slice(0, 10), kept[1], ...wrong.slice(10), kept[2]];
  const answer = await post('/v1/traces', traceRequest(spans as object[] as Record<string, unknown>[]));
  expect(answer.status).toBe(200);
  const { partialSuccess } = (await answer.json()) as {
    partialSuccess: { rejectedSpans: string; errorMessage: string };
  };
  expect(partialSuccess.rejectedSpans).toBe(String(wrong.length));
  for (const [reason, list] of Object.entries(bad)) {
    expect(partialSuccess.errorMessage).toContain(`${reason} (${list.length}), such as `);
    expect(await counted()).toContain(
      `binnacle_otel_refused_rows_total{signal="spans",reason="${reason}"} ${list.length}\n`,
    );
  }
  const shown = traceAnswer.parse(await (await fetch(`${gateway.url}/api/binnacle/traces/${traceId}`)).json());
  expect(new Set(shown.spans.map(({ spanId }) => spanId))).toEqual(new Set(kept.map(({ spanId }) => spanId)));
  expect(await counted()).toContain('binnacle_otel_rows_total{signal="spans"} 3\n');
  const { doors } = (await (await fetch(`${gateway.url}/api/binnacle/sources`)).json()) as {
    doors: { path: string }[];
  };
  expect(doors).toContainEqual(
    expect.objectContaining({
      path: '/v1/traces',
      accepted: 3,
      refused: expect.objectContaining({ bad_id: 4, too_old: 2 }),
    }),
  );
  expect(doors).toContainEqual({ receiver: 'otlp-records', path: '/v1/logs', accepted: 0, refused: {} });
});

it('what is wrong with a resource or a scope refuses its rows alone', async () => {
  const resource = { attributes: attributes(9) };
  const request = {
    resourceSpans: [
      ...traceRequest([span(), span()], resource).resourceSpans,
      { resource: {}, scopeSpans: [{ scope: { name: 'x'.repeat(65) }, spans: [span()] }] },
      ...traceRequest([span({ traceId: hex(12, 32) })]).resourceSpans,
    ],
  };
  expect(await (await post('/v1/traces', request)).json()).toMatchObject({ partialSuccess: { rejectedSpans: '3' } });
  const shown = traceAnswer.parse(await (await fetch(`${gateway.url}/api/binnacle/traces/${hex(12, 32)}`)).json());
  expect(shown.spans).toHaveLength(1);
});

it('log records too, and their bodies', async () => {
  const request = logsRequest([
    { timeUnixNano: nano(now), body: text('x'.repeat(1024)) },
    { timeUnixNano: nano(now), body: text('x'.repeat(1025)) },
    { timeUnixNano: nano(now), body: { kvlistValue: { values: attributes(100) } } },
    { timeUnixNano: nano(now - 30 * dayMs), body: text('old') },
    { timeUnixNano: nano(now), attributes: attributes(9) },
    // Ids that are none: the record belongs to no trace, as the protocol says.
    { timeUnixNano: nano(now + 1), body: text('kept'), traceId: 'abcd', spanId: '00'.repeat(8) },
  ]);
  const answer = (await (await post('/v1/logs', request)).json()) as { partialSuccess: Record<string, string> };
  expect(answer.partialSuccess.rejectedLogRecords).toBe('4');
  expect(answer.partialSuccess.errorMessage).toMatch(
    /body_too_long \(2\).*record 2 of the request.*too_old \(1\).*too_many_attributes \(1\)/,
  );
  const { logs } = logsAnswer.parse(await (await fetch(`${gateway.url}/api/binnacle/logs?to=${now + 10}`)).json());
  expect(logs.map(({ body, traceId: id }) => [body.length, id])).toEqual([
    [4, ''],
    [1024, ''],
  ]);
});

it('a request of too many rows is refused whole', async () => {
  const answer = await post('/v1/traces', traceRequest(many(101, span()) as Record<string, unknown>[]));
  expect(answer.status).toBe(413);
  expect(await answer.json()).toMatchObject({ message: expect.stringContaining('limits.spansPerRequest') });
});

it('over gRPC partial success says the same, and a malformed message is INVALID_ARGUMENT', async () => {
  const client = new RawGrpc(gateway.grpc);
  const path = '/opentelemetry.proto.collector.trace.v1.TraceService/Export';
  const message = traceBytes(traceRequest([span({ traceId: hex(13, 32) }), span({ traceId: '' })]));
  const end = await client.call(path, framed(message));
  expect(end.status).toBe(status.OK);
  // partial_success {rejected_spans 1, error_message}
  expect(end.answer?.subarray(2, 4)).toEqual(Buffer.from([0x08, 1]));
  expect(end.answer?.toString()).toContain('bad_id (1)');
  const broken = await client.call(path, framed(message.subarray(0, message.length - 3)));
  expect(broken).toMatchObject({
    status: status.INVALID_ARGUMENT,
    message: expect.stringMatching(/protobuf, byte \d+/),
  });
  client.close();
});

it.each(['xyz', '0'.repeat(31), `${'0'.repeat(32)}' OR 1=1`])('the trace id %j is refused', async (id) => {
  expect((await fetch(`${gateway.url}/api/binnacle/traces/${encodeURIComponent(id)}`)).status).toBe(400);
});

it.each(['limit=0', 'limit=1001', 'severity=25', 'from=-1', 'from=2&to=1', 'nothing=1', "traceId=' OR 1"])(
  'logs?%s is refused',
  async (parameters) => {
    expect((await fetch(`${gateway.url}/api/binnacle/logs?${parameters}`)).status).toBe(400);
  },
);

it('text from outside is never SQL', async () => {
  const service = `x' OR 1=1 -- \\' {from:Int64}`;
  const resource = { attributes: [{ key: 'service.name', value: text(service) }] };
  const record = { timeUnixNano: nano(now), body: text(`'); DROP TABLE otel_logs; -- ${'\u0000'}`) };
  expect((await post('/v1/logs', logsRequest([record], resource))).status).toBe(200);
  const found = await fetch(
    `${gateway.url}/api/binnacle/logs?${new URLSearchParams({ service, to: String(now + 1) })}`,
  );
  expect(logsAnswer.parse(await found.json()).logs).toMatchObject([{ service, body: record.body.stringValue }]);
});
