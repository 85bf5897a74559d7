import { gzipSync, zstdCompressSync } from 'node:zlib';
import { logsAnswer, traceAnswer } from '@binnacle/shared/api/otel.ts';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type GatewayProcess, startGateway } from '../gateway-process.ts';
import { hex, logsBytes, logsRequest, nano, text, traceBytes, traceRequest } from './otlp-bodies.ts';

let gateway: GatewayProcess;
const now = Date.now();

beforeAll(async () => {
  gateway = await startGateway();
}, 90_000);
afterAll(() => gateway.stop());

const protobuf = { 'content-type': 'application/x-protobuf' };
const json = { 'content-type': 'application/json' };

function post(path: string, body: Uint8Array | string, headers: Record<string, string>): Promise<Response> {
  return fetch(`${gateway.url}${path}`, {
    method: 'POST',
    headers,
    body: typeof body === 'string' ? body : Uint8Array.from(body),
  });
}

async function trace(traceId: string) {
  const answer = await fetch(`${gateway.url}/api/binnacle/traces/${traceId}`);
  expect(answer.status).toBe(200);
  return traceAnswer.parse(await answer.json());
}

async function logs(parameters: Record<string, string> = {}) {
  const answer = await fetch(`${gateway.url}/api/binnacle/logs?${new URLSearchParams(parameters)}`);
  expect(answer.status).toBe(200);
  return logsAnswer.parse(await answer.json());
}

const everyValue = [
  { key: 'text', value: text('Kiel ⚓') },
  { key: 'yes', value: { boolValue: true } },
  { key: 'whole', value: { intValue: '9007199254740993' } },
  { key: 'below', value: { intValue: -3 } },
  { key: 'part', value: { doubleValue: 0.1 } },
  { key: 'bytes', value: { bytesValue: Buffer.from([0, 255]).toString('base64') } },
  { key: 'list', value: { arrayValue: { values: [{ intValue: 1 }, text('a"b'), {}] } } },
  { key: 'map', value: { kvlistValue: { values: [{ key: 'k', value: { boolValue: false } }] } } },
  { key: 'nothing' },
];
const asStored = {
  text: 'Kiel ⚓',
  yes: 'true',
  whole: '9007199254740993',
  below: '-3',
  part: '0.1',
  bytes: 'AP8=',
  list: '[1,"a\\"b",null]',
  map: '{"k":false}',
  nothing: '',
};

const span = (traceId: string, spanId: string, more: object = {}) => ({
  traceId,
  spanId,
  name: 'schedule',
  kind: 2,
  startTimeUnixNano: nano(now, 7),
  endTimeUnixNano: nano(now + 250, 9),
  ...more,
});

it('JSON and protobuf, gzip and zstd give the same rows', { timeout: 30_000 }, async () => {
  const spanOf = (traceId: string) =>
    span(traceId, 'eee19b7ec3c1b173', {
      parentSpanId: 'EEE19B7EC3C1B174',
      traceState: 'a=b',
      attributes: everyValue,
      events: [{ timeUnixNano: nano(now, 8), name: 'queued', attributes: everyValue.slice(0, 2) }],
      links: [
        { traceId: 'ff'.repeat(16), spanId: '0102030405060708', traceState: 'c=d', attributes: everyValue.slice(0, 1) },
      ],
      status: { code: 2, message: 'no GPU' },
    });
  const ids = [1, 2, 3, 4].map((n) => hex(n, 32));
  const [asJson, asProtobuf, asGzip, asZstd] = ids.map((id) => traceRequest([spanOf(id)]));
  const answers = await Promise.all([
    post('/v1/traces', JSON.stringify(asJson), json),
    post('/v1/traces', traceBytes(asProtobuf ?? {}), protobuf),
    post('/v1/traces', gzipSync(traceBytes(asGzip ?? {})), { ...protobuf, 'content-encoding': 'gzip' }),
    post('/v1/traces', zstdCompressSync(JSON.stringify(asZstd)), { ...json, 'content-encoding': 'zstd' }),
  ]);
  expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
  expect(await answers[0]?.json()).toEqual({});
  expect((await answers[1]?.arrayBuffer())?.byteLength).toBe(0);
  for (const id of ids) {
    expect(await trace(id)).toEqual({
      traceId: id,
      cut: false,
      spans: [
        {
          traceId: id,
          spanId: 'eee19b7ec3c1b173',
          parentSpanId: 'eee19b7ec3c1b174',
          traceState: 'a=b',
          name: 'schedule',
          kind: 'Server',
          service: 'scheduler',
          startUnixNano: nano(now, 7),
          durationNano: '250000002',
          status: 'Error',
          statusMessage: 'no GPU',
          scopeName: 'tests',
          scopeVersion: '1',
          attributes: asStored,
          resourceAttributes: { 'service.name': 'scheduler' },
          events: [{ timeUnixNano: nano(now, 8), name: 'queued', attributes: { text: 'Kiel ⚓', yes: 'true' } }],
          links: [
            {
              traceId: 'ff'.repeat(16),
              spanId: '0102030405060708',
              traceState: 'c=d',
              attributes: { text: 'Kiel ⚓' },
            },
          ],
        },
      ],
    });
  }
});

it('log records come back by time, service, severity and trace', { timeout: 30_000 }, async () => {
  const record = {
    timeUnixNano: nano(now - 1000, 1),
    severityNumber: 17,
    severityText: 'ERROR',
    body: { kvlistValue: { values: everyValue.slice(0, 2) } },
    attributes: everyValue,
    traceId: hex(7, 32),
    spanId: hex(9, 16),
    flags: 257,
    eventName: 'xid',
  };
  const observed = { observedTimeUnixNano: nano(now - 2000), body: text('observed'), severityNumber: 9 };
  const request = logsRequest([record, observed]);
  expect((await post('/v1/logs', JSON.stringify(request), json)).status).toBe(200);
  const { logs: all } = await logs();
  expect(all.map(({ body }) => body)).toEqual(['{"text":"Kiel ⚓","yes":true}', 'observed']);
  expect(all[0]).toEqual({
    timeUnixNano: nano(now - 1000, 1),
    severityNumber: 17,
    severityText: 'ERROR',
    service: 'trainer',
    body: '{"text":"Kiel ⚓","yes":true}',
    bodyCut: false,
    eventName: 'xid',
    traceId: hex(7, 32),
    spanId: hex(9, 16),
    traceFlags: 1,
    scopeName: 'tests',
    scopeVersion: '',
    attributes: asStored,
    scopeAttributes: {},
    resourceAttributes: { 'service.name': 'trainer' },
  });
  expect(all[1]?.timeUnixNano).toBe(nano(now - 2000));
  expect((await logs({ severity: '13' })).logs).toHaveLength(1);
  expect((await logs({ traceId: hex(7, 32) })).logs).toHaveLength(1);
  expect((await logs({ service: 'other' })).logs).toEqual([]);
  expect(await logs({ limit: '1' })).toMatchObject({ more: true, logs: [{ eventName: 'xid' }] });

  // A record that says no time at all was observed when it came; sent again it is another one.
  const timeless = JSON.stringify(logsRequest([{ body: text('timeless') }], { attributes: [] }));
  for (let i = 0; i < 2; i++) expect((await post('/v1/logs', timeless, json)).status).toBe(200);
  const come = (await logs({ service: '' })).logs;
  expect(come.map(({ body }) => body)).toEqual(['timeless', 'timeless']);
  // The same bytes with times are the same records.
  expect((await post('/v1/logs', logsBytes(request), protobuf)).status).toBe(200);
  expect((await logs({ service: 'trainer' })).logs).toHaveLength(2);
});
