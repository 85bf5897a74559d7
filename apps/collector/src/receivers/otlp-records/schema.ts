import { anyValue, keyValue, many, message, one } from '../otlp/metrics-schema.ts';

/**
 * The messages of OTLP traces and logs as far as they are read, by their names in JSON and their numbers in protobuf
 * (https://github.com/open-telemetry/opentelemetry-proto: trace.proto, logs.proto, common.proto, resource.proto).
 */
const resource = message(() => [many('attributes', 1, keyValue)]);
const scope = message(() => [one('name', 1, 'string'), one('version', 2, 'string'), many('attributes', 3, keyValue)]);

const span = message(() => [
  one('traceId', 1, 'hex'),
  one('spanId', 2, 'hex'),
  one('traceState', 3, 'string'),
  one('parentSpanId', 4, 'hex'),
  one('name', 5, 'string'),
  one('kind', 6, 'enum'),
  one('startTimeUnixNano', 7, 'fixed64'),
  one('endTimeUnixNano', 8, 'fixed64'),
  many('attributes', 9, keyValue),
  many(
    'events',
    11,
    message(() => [one('timeUnixNano', 1, 'fixed64'), one('name', 2, 'string'), many('attributes', 3, keyValue)]),
  ),
  many(
    'links',
    13,
    message(() => [
      one('traceId', 1, 'hex'),
      one('spanId', 2, 'hex'),
      one('traceState', 3, 'string'),
      many('attributes', 4, keyValue),
    ]),
  ),
  one(
    'status',
    15,
    message(() => [one('message', 2, 'string'), one('code', 3, 'enum')]),
  ),
]);

export const exportTraceRequest = message(() => [
  many(
    'resourceSpans',
    1,
    message(() => [
      one('resource', 1, resource),
      many(
        'scopeSpans',
        2,
        message(() => [one('scope', 1, scope), many('spans', 2, span), one('schemaUrl', 3, 'string')]),
      ),
      one('schemaUrl', 3, 'string'),
    ]),
  ),
]);

const logRecord = message(() => [
  one('timeUnixNano', 1, 'fixed64'),
  one('severityNumber', 2, 'enum'),
  one('severityText', 3, 'string'),
  one('body', 5, anyValue),
  many('attributes', 6, keyValue),
  one('flags', 8, 'fixed32'),
  one('traceId', 9, 'hex'),
  one('spanId', 10, 'hex'),
  one('observedTimeUnixNano', 11, 'fixed64'),
  one('eventName', 12, 'string'),
]);

export const exportLogsRequest = message(() => [
  many(
    'resourceLogs',
    1,
    message(() => [
      one('resource', 1, resource),
      many(
        'scopeLogs',
        2,
        message(() => [one('scope', 1, scope), many('logRecords', 2, logRecord), one('schemaUrl', 3, 'string')]),
      ),
      one('schemaUrl', 3, 'string'),
    ]),
  ),
]);
