import { requestFromJson } from '../../src/receivers/otlp/json-to-protobuf.ts';
import { exportLogsRequest, exportTraceRequest } from '../../src/receivers/otlp-records/schema.ts';

type Json = Readonly<Record<string, unknown>>;

export const text = (value: string) => ({ stringValue: value });

/** One resource with one scope: the request of most senders. */
export const traceRequest = (
  spans: readonly Json[],
  resource: Json = { attributes: [{ key: 'service.name', value: text('scheduler') }] },
) => ({
  resourceSpans: [{ resource, scopeSpans: [{ scope: { name: 'tests', version: '1' }, spans }] }],
});

export const logsRequest = (
  logRecords: readonly Json[],
  resource: Json = { attributes: [{ key: 'service.name', value: text('trainer') }] },
) => ({
  resourceLogs: [
    { resource, schemaUrl: 'https://r', scopeLogs: [{ scope: { name: 'tests' }, schemaUrl: 'https://s', logRecords }] },
  ],
});

export const traceBytes = (request: Json) => requestFromJson(Buffer.from(JSON.stringify(request)), exportTraceRequest);
export const logsBytes = (request: Json) => requestFromJson(Buffer.from(JSON.stringify(request)), exportLogsRequest);

/** ms since 1970 as the text that OTLP's JSON has for nanoseconds. */
export const nano = (ms: number, more = 0): string => String(BigInt(Math.floor(ms)) * 1_000_000n + BigInt(more));

export const hex = (value: number, digits: number): string => value.toString(16).padStart(digits, '0');
