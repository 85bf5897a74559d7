/**
 * The messages of OTLP metrics as far as they are read, by their names in JSON and their numbers in protobuf
 * (https://github.com/open-telemetry/opentelemetry-proto: metrics.proto, common.proto, resource.proto).
 */
export type Scalar =
  | 'string'
  | 'double'
  | 'fixed32'
  | 'fixed64'
  | 'sfixed64'
  | 'int64'
  | 'uint64'
  | 'sint32'
  | 'uint32'
  | 'bool'
  | 'enum'
  | 'bytes'
  /** Bytes that are hexadecimal digits in JSON: trace and span ids. */
  | 'hex';

export interface Field {
  readonly name: string;
  readonly number: number;
  readonly type: Scalar | Message;
  readonly repeated: boolean;
}

/** Fields are asked for when they are needed: values contain values. */
export class Message {
  readonly #define: () => readonly Field[];
  #fields: readonly Field[] | undefined;

  constructor(define: () => readonly Field[]) {
    this.#define = define;
  }

  get fields(): readonly Field[] {
    this.#fields ??= this.#define();
    return this.#fields;
  }
}

export const message = (define: () => readonly Field[]) => new Message(define);
export const one = (name: string, number: number, type: Scalar | Message): Field => ({
  name,
  number,
  type,
  repeated: false,
});
export const many = (name: string, number: number, type: Scalar | Message): Field => ({
  name,
  number,
  type,
  repeated: true,
});

export const anyValue: Message = message(() => [
  one('stringValue', 1, 'string'),
  one('boolValue', 2, 'bool'),
  one('intValue', 3, 'int64'),
  one('doubleValue', 4, 'double'),
  one(
    'arrayValue',
    5,
    message(() => [many('values', 1, anyValue)]),
  ),
  one(
    'kvlistValue',
    6,
    message(() => [many('values', 1, keyValue)]),
  ),
  one('bytesValue', 7, 'bytes'),
]);
export const keyValue: Message = message(() => [one('key', 1, 'string'), one('value', 2, anyValue)]);

const times = [one('startTimeUnixNano', 2, 'fixed64'), one('timeUnixNano', 3, 'fixed64')];
const numberPoint = message(() => [
  ...times,
  one('asDouble', 4, 'double'),
  one('asInt', 6, 'sfixed64'),
  many('attributes', 7, keyValue),
  one('flags', 8, 'uint32'),
]);
const histogramPoint = message(() => [
  ...times,
  one('count', 4, 'fixed64'),
  one('sum', 5, 'double'),
  many('bucketCounts', 6, 'fixed64'),
  many('explicitBounds', 7, 'double'),
  many('attributes', 9, keyValue),
  one('flags', 10, 'uint32'),
]);
const bucketRun = message(() => [one('offset', 1, 'sint32'), many('bucketCounts', 2, 'uint64')]);
const exponentialPoint = message(() => [
  many('attributes', 1, keyValue),
  ...times,
  one('count', 4, 'fixed64'),
  one('sum', 5, 'double'),
  one('scale', 6, 'sint32'),
  one('zeroCount', 7, 'fixed64'),
  one('positive', 8, bucketRun),
  one('negative', 9, bucketRun),
  one('flags', 10, 'uint32'),
]);
const summaryPoint = message(() => [
  ...times,
  one('count', 4, 'fixed64'),
  one('sum', 5, 'double'),
  many(
    'quantileValues',
    6,
    message(() => [one('quantile', 1, 'double'), one('value', 2, 'double')]),
  ),
  many('attributes', 7, keyValue),
  one('flags', 8, 'uint32'),
]);
const temporality = one('aggregationTemporality', 2, 'enum');
const metric = message(() => [
  one('name', 1, 'string'),
  one('description', 2, 'string'),
  one('unit', 3, 'string'),
  one(
    'gauge',
    5,
    message(() => [many('dataPoints', 1, numberPoint)]),
  ),
  one(
    'sum',
    7,
    message(() => [many('dataPoints', 1, numberPoint), temporality, one('isMonotonic', 3, 'bool')]),
  ),
  one(
    'histogram',
    9,
    message(() => [many('dataPoints', 1, histogramPoint), temporality]),
  ),
  one(
    'exponentialHistogram',
    10,
    message(() => [many('dataPoints', 1, exponentialPoint), temporality]),
  ),
  one(
    'summary',
    11,
    message(() => [many('dataPoints', 1, summaryPoint)]),
  ),
]);

const scope = message(() => [one('name', 1, 'string'), one('version', 2, 'string'), many('attributes', 3, keyValue)]);

export const exportMetricsRequest = message(() => [
  many(
    'resourceMetrics',
    1,
    message(() => [
      one(
        'resource',
        1,
        message(() => [many('attributes', 1, keyValue)]),
      ),
      many(
        'scopeMetrics',
        2,
        message(() => [one('scope', 1, scope), many('metrics', 2, metric)]),
      ),
    ]),
  ),
]);
