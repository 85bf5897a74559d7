import { expect, it } from 'vitest';
import { limitsWith } from '../../pipeline/limits.ts';
import { requestFromJson } from '../otlp/json-to-protobuf.ts';
import { decodeLogs } from './decode-logs.ts';
import { decodeSpans } from './decode-spans.ts';
import { exportLogsRequest, exportTraceRequest } from './schema.ts';

const nowMs = Date.UTC(2026, 10, 23);
const bounds = { oldestMs: nowMs - 1000, newestMs: nowMs + 1000 };
const limits = limitsWith();
const nano = (ms: number) => String(BigInt(ms) * 1_000_000n);

const spans = (request: object) => requestFromJson(Buffer.from(JSON.stringify(request)), exportTraceRequest);
const logs = (request: object) => requestFromJson(Buffer.from(JSON.stringify(request)), exportLogsRequest);
const span = { traceId: 'ab'.repeat(16), spanId: 'cd'.repeat(8), name: 's', startTimeUnixNano: nano(nowMs) };

it('what a resource says once, and would be stored with every row, is bounded', () => {
  const value = { stringValue: 'x'.repeat(60_000) };
  const resource = { attributes: Array.from({ length: 200 }, (_, i) => ({ key: `k${i}`, value })) };
  const request = (count: number) => ({
    resourceSpans: [{ resource, scopeSpans: [{ spans: Array.from({ length: count }, () => span) }] }],
  });
  expect(decodeSpans(spans(request(2)), limits, bounds).batch.byteLength).toBeGreaterThan(24_000_000);
  expect(() => decodeSpans(spans(request(1000)), limits, bounds)).toThrow(
    expect.objectContaining({ code: 'body_too_large', message: expect.stringContaining('limits.spanInFlightBytes') }),
  );
});

it('fields may stand in any order: the rows before their scope and resource', () => {
  const inOrder = spans({
    resourceSpans: [
      {
        resource: { attributes: [{ key: 'service.name', value: { stringValue: 'trainer' } }] },
        scopeSpans: [{ scope: { name: 'scope' }, spans: [span] }],
      },
    ],
  });
  // ResourceSpans is one field; its own fields are turned around, and those of ScopeSpans within.
  const turned = reversedFields(inOrder, 2);
  expect(turned).not.toEqual(inOrder);
  const [first, second] = [inOrder, turned].map((bytes) =>
    decodeSpans(bytes, limits, bounds).batch.columns.map(({ column }) => Buffer.concat(column.data())),
  );
  expect(second).toEqual(first);
});

/** A message with its fields in the opposite order, and so those of its messages down to this depth. All have lengths. */
function reversedFields(bytes: Buffer, depth: number): Buffer {
  const fields: Buffer[] = [];
  for (let at = 0; at < bytes.length; ) {
    const start = at++;
    let length = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = bytes[at++] as number;
      length += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) break;
    }
    const content = bytes.subarray(at, at + length);
    fields.unshift(
      Buffer.concat([bytes.subarray(start, at), depth === 0 ? content : reversedFields(content, depth - 1)]),
    );
    at += length;
  }
  return Buffer.concat(fields);
}

it('a record whose time is that of its arrival says so', () => {
  const request = (record: object) => logs({ resourceLogs: [{ scopeLogs: [{ logRecords: [record] }] }] });
  expect(decodeLogs(request({ timeUnixNano: nano(nowMs) }), limits, bounds, nowMs).timed).toBe(true);
  expect(decodeLogs(request({ timeUnixNano: '0' }), limits, bounds, nowMs)).toMatchObject({
    timed: false,
    newestMs: nowMs,
  });
});

function notUtf8(bytes: Buffer): Buffer {
  bytes[bytes.indexOf('é')] = 0xff;
  return bytes;
}

it.each([
  ['a length that runs past the end', Buffer.from([0x0a, 0x05, 0x00])],
  ['another wire type', Buffer.from([0x08, 0x01])],
  [
    'a text that is not UTF-8',
    notUtf8(spans({ resourceSpans: [{ scopeSpans: [{ spans: [{ ...span, name: 'é' }] }] }] })),
  ],
])('%s is malformed, with the byte', (_what, bytes) => {
  expect(() => decodeSpans(bytes, limits, bounds)).toThrow(expect.objectContaining({ code: 'malformed_body' }));
});

it('a value that is nested without end is malformed, not a stack that overflows', () => {
  let value: object = { stringValue: 'x' };
  for (let i = 0; i < 18; i++) value = { arrayValue: { values: [value] } };
  const request = logs({ resourceLogs: [{ scopeLogs: [{ logRecords: [{ timeUnixNano: nano(nowMs) }] }] }] });
  expect(decodeLogs(request, limits, bounds, nowMs).sent).toBe(1);
  const nested = logs({
    resourceLogs: [{ scopeLogs: [{ logRecords: [{ timeUnixNano: nano(nowMs), body: value }] }] }],
  });
  expect(() => decodeLogs(nested, limits, bounds, nowMs)).toThrow(/nested deeper than 16/);
});
