import { BinnacleError } from '@binnacle/shared/errors.ts';

/**
 * OTLP's JSON as OTLP's protobuf, so that one decoder knows what metrics mean. The mapping is protobuf's with OTLP's
 * changes (https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding): enums are numbers, 64-bit integers are
 * numbers or strings, unknown fields are ignored. Exemplars, and with them trace and span ids, are not read.
 */
type Scalar = 'string' | 'double' | 'fixed64' | 'sfixed64' | 'int64' | 'uint32' | 'bool' | 'enum' | 'bytes';
interface Field {
  readonly number: number;
  readonly type: Scalar | Message;
  readonly repeated?: boolean;
}
type Message = () => Readonly<Record<string, Field>>;

const one = (number: number, type: Scalar | Message): Field => ({ number, type });
const many = (number: number, type: Scalar | Message): Field => ({ number, type, repeated: true });

const anyValue: Message = () => anyValueFields;
const arrayValue: Message = () => ({ values: many(1, anyValue) });
const keyValueList: Message = () => ({ values: many(1, keyValue) });
const keyValue: Message = () => ({ key: one(1, 'string'), value: one(2, anyValue) });
const anyValueFields: Readonly<Record<string, Field>> = {
  stringValue: one(1, 'string'),
  boolValue: one(2, 'bool'),
  intValue: one(3, 'int64'),
  doubleValue: one(4, 'double'),
  arrayValue: one(5, arrayValue),
  kvlistValue: one(6, keyValueList),
  bytesValue: one(7, 'bytes'),
};
const numberPoint: Message = () => ({
  startTimeUnixNano: one(2, 'fixed64'),
  timeUnixNano: one(3, 'fixed64'),
  asDouble: one(4, 'double'),
  asInt: one(6, 'sfixed64'),
  attributes: many(7, keyValue),
  flags: one(8, 'uint32'),
});
const histogramPoint: Message = () => ({
  startTimeUnixNano: one(2, 'fixed64'),
  timeUnixNano: one(3, 'fixed64'),
  count: one(4, 'fixed64'),
  sum: one(5, 'double'),
  bucketCounts: many(6, 'fixed64'),
  explicitBounds: many(7, 'double'),
  attributes: many(9, keyValue),
  flags: one(10, 'uint32'),
});
const quantile: Message = () => ({ quantile: one(1, 'double'), value: one(2, 'double') });
const summaryPoint: Message = () => ({
  startTimeUnixNano: one(2, 'fixed64'),
  timeUnixNano: one(3, 'fixed64'),
  count: one(4, 'fixed64'),
  sum: one(5, 'double'),
  quantileValues: many(6, quantile),
  attributes: many(7, keyValue),
  flags: one(8, 'uint32'),
});
const empty: Message = () => ({});
const metric: Message = () => ({
  name: one(1, 'string'),
  description: one(2, 'string'),
  unit: one(3, 'string'),
  gauge: one(5, () => ({ dataPoints: many(1, numberPoint) })),
  sum: one(7, () => ({
    dataPoints: many(1, numberPoint),
    aggregationTemporality: one(2, 'enum'),
    isMonotonic: one(3, 'bool'),
  })),
  histogram: one(9, () => ({ dataPoints: many(1, histogramPoint), aggregationTemporality: one(2, 'enum') })),
  exponentialHistogram: one(10, () => ({ dataPoints: many(1, empty), aggregationTemporality: one(2, 'enum') })),
  summary: one(11, () => ({ dataPoints: many(1, summaryPoint) })),
});
const request: Message = () => ({
  resourceMetrics: many(1, () => ({
    resource: one(1, () => ({ attributes: many(1, keyValue) })),
    scopeMetrics: many(2, () => ({ metrics: many(2, metric) })),
  })),
});

const maxDepth = 64;

/** The bytes of `ExportMetricsServiceRequest`. Throws `malformed_body` with the path of the fault. */
export function metricsRequestFromJson(body: Buffer): Buffer {
  let json: unknown;
  try {
    json = parseExact(body.toString('utf8'));
  } catch (error) {
    const place = /at position \d+( \(line \d+ column \d+\))?/.exec(String(error))?.[0] ?? 'at its end';
    throw new BinnacleError('malformed_body', `the body is not valid JSON ${place}`, { cause: error });
  }
  return encodeMessage(json, request, '', 0);
}

/** Integers that a double cannot hold (times in nanoseconds, as some senders write them) are kept as bigint. */
function parseExact(text: string): unknown {
  if (!/[:[,]\s*-?\d{16,}/.test(text)) return JSON.parse(text);
  const keep = (_key: string, value: unknown, { source }: { source?: string } = {}) =>
    typeof value === 'number' && !Number.isSafeInteger(value) && source !== undefined && /^-?\d+$/.test(source)
      ? BigInt(source)
      : value;
  return JSON.parse(text, keep as (key: string, value: unknown) => unknown);
}

const refuse = (path: string, expected: string): never => {
  throw new BinnacleError('malformed_body', `${path === '' ? 'the body' : path}: expected ${expected}`);
};

function encodeMessage(json: unknown, message: Message, path: string, depth: number): Buffer {
  if (typeof json !== 'object' || json === null || Array.isArray(json)) return refuse(path, 'an object');
  if (depth > maxDepth) return refuse(path, `at most ${maxDepth} levels`);
  const parts: Buffer[] = [];
  for (const [name, field] of Object.entries(message())) {
    const value = (json as Record<string, unknown>)[name];
    // null is the same as absent, as everywhere in protobuf's JSON.
    if (value === undefined || value === null) continue;
    const at = path === '' ? name : `${path}.${name}`;
    if (field.repeated !== true) parts.push(encodeField(value, field, at, depth));
    else if (Array.isArray(value))
      for (const [i, item] of value.entries()) parts.push(encodeField(item, field, `${at}[${i}]`, depth));
    else refuse(at, 'a list');
  }
  return Buffer.concat(parts);
}

function encodeField(value: unknown, { number, type }: Field, path: string, depth: number): Buffer {
  if (typeof type === 'function') return delimited(number, encodeMessage(value, type, path, depth + 1));
  switch (type) {
    case 'string':
      return typeof value === 'string' ? delimited(number, Buffer.from(value)) : refuse(path, 'a string');
    case 'bytes':
      return typeof value === 'string' ? delimited(number, Buffer.from(value, 'base64')) : refuse(path, 'base64 text');
    case 'bool':
      return typeof value === 'boolean'
        ? Buffer.concat([tag(number, 0), varint(value ? 1n : 0n)])
        : refuse(path, 'true or false');
    case 'enum':
      return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value < 2 ** 31
        ? Buffer.concat([tag(number, 0), varint(BigInt(value))])
        : refuse(path, 'the number of an enum value');
    case 'double': {
      const bytes = Buffer.alloc(8);
      bytes.writeDoubleLE(toDouble(value, path));
      return Buffer.concat([tag(number, 1), bytes]);
    }
    case 'uint32':
      return Buffer.concat([tag(number, 0), varint(toInteger(value, path, 0n, 2n ** 32n - 1n))]);
    case 'int64':
      return Buffer.concat([
        tag(number, 0),
        varint(BigInt.asUintN(64, toInteger(value, path, -(2n ** 63n), 2n ** 63n - 1n))),
      ]);
    default: {
      const signed = type === 'sfixed64';
      const integer = toInteger(value, path, signed ? -(2n ** 63n) : 0n, signed ? 2n ** 63n - 1n : 2n ** 64n - 1n);
      const bytes = Buffer.alloc(8);
      bytes.writeBigUInt64LE(BigInt.asUintN(64, integer));
      return Buffer.concat([tag(number, 1), bytes]);
    }
  }
}

function toInteger(value: unknown, path: string, min: bigint, max: bigint): bigint {
  const fits = (integer: bigint) =>
    integer >= min && integer <= max ? integer : refuse(path, `an integer from ${min} to ${max}`);
  if (typeof value === 'bigint') return fits(value);
  if (typeof value === 'number' && Number.isInteger(value)) return fits(BigInt(value));
  if (typeof value === 'string' && /^-?\d{1,20}$/.test(value)) return fits(BigInt(value));
  return refuse(path, 'an integer, as a number or a string');
}

const doubleWords: Readonly<Record<string, number>> = { NaN: Number.NaN, Infinity: Infinity, '-Infinity': -Infinity };

function toDouble(value: unknown, path: string): number {
  if (typeof value === 'number' || typeof value === 'bigint') return Number(value);
  if (typeof value === 'string') {
    if (Object.hasOwn(doubleWords, value)) return doubleWords[value] as number;
    if (/^-?\d+(\.\d+)?([eE][+-]?\d+)?$/.test(value)) return Number(value);
  }
  return refuse(path, 'a number');
}

function delimited(number: number, bytes: Buffer): Buffer {
  return Buffer.concat([tag(number, 2), varint(BigInt(bytes.length)), bytes]);
}

function tag(number: number, type: number): Buffer {
  return varint(BigInt(number * 8 + type));
}

function varint(value: bigint): Buffer {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 0x80n; rest >>= 7n) bytes.push(Number(rest & 0x7fn) | 0x80);
  bytes.push(Number(rest));
  return Buffer.from(bytes);
}
