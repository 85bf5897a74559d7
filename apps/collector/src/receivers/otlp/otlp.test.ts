import { readFileSync } from 'node:fs';
import { deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { BinnacleError } from '@binnacle/shared/errors.ts';
import { describe, expect, it } from 'vitest';
import { mutatedBodies } from '../contract/mutations.ts';
import { openDoor } from '../contract/push-door.ts';
import { describeReceiverContract } from '../contract/suite.ts';
import { otlp } from './index.ts';

const json = readFileSync(new URL('testdata/request.json', import.meta.url));
const at = 1_788_000_000_001;

type Headers = Record<string, string>;
const post = (origin: string, body: Uint8Array | string, headers: Headers = {}) =>
  fetch(`${origin}/v1/metrics`, {
    method: 'POST',
    body: typeof body === 'string' ? body : Buffer.from(body),
    headers: { 'content-type': 'application/json', ...headers },
  });
const protobuf = { 'content-type': 'application/x-protobuf' };

/** Protobuf by the field numbers of metrics.proto, written apart from the code under test. */
const bytes = (field: number, ...parts: (Buffer | string)[]): Buffer => {
  const body = Buffer.concat(parts.map((part) => Buffer.from(part as string)));
  const length = body.length < 128 ? [body.length] : [(body.length & 127) | 128, body.length >> 7];
  return Buffer.concat([Buffer.from([field * 8 + 2, ...length]), body]);
};
const fixed = (field: number, value: bigint) => {
  const body = Buffer.alloc(9, field * 8 + 1);
  body.writeBigInt64LE(value, 1);
  return body;
};
const double = (field: number, value: number) => {
  const body = Buffer.alloc(9, field * 8 + 1);
  body.writeDoubleLE(value, 1);
  return body;
};
const number = (field: number, value: number) => Buffer.from([field * 8, value]);
const attribute = (field: number, key: string, value: string) => bytes(field, bytes(1, key), bytes(2, bytes(1, value)));
const time = fixed(3, BigInt(at) * 1_000_000n);
const request = (...metrics: Buffer[]) =>
  bytes(1, bytes(1, attribute(1, 'service.name', 'svc')), bytes(2, ...metrics.map((metric) => bytes(2, metric))));
const gauge = (name: string, ...points: Buffer[]) =>
  Buffer.concat([bytes(1, name), bytes(5, ...points.map((point) => bytes(1, point)))]);
const sum = (temporality: 0 | 1 | 2, ...points: Buffer[]) =>
  Buffer.concat([
    bytes(1, 's'),
    bytes(7, ...points.map((point) => bytes(1, point)), number(2, temporality), number(3, 1)),
  ]);

describeReceiverContract(otlp, {
  kind: 'push',
  minimalConfig: {},
  mutate: [
    { url: '/v1/metrics', headers: { 'content-type': 'application/json' }, good: json },
    {
      url: '/v1/metrics',
      headers: protobuf,
      good: request(gauge('g', Buffer.concat([attribute(7, 'k', 'v'), time, double(4, 1)]))),
    },
  ],
  placeOfFault: /resourceMetrics\[0\]\.scopeMetrics: expected a list/,
  async open() {
    return {
      config: { labels: { cluster: 'test' }, clusterAttributes: [] },
      labels: { cluster: 'test', job: 'shop/checkout', instance: 'i-1' },
      family: 'queue_length',
      push: (origin) => post(origin, json),
      pushMalformed: (origin) => post(origin, '{"resourceMetrics":[{"scopeMetrics":5}]}'),
      close: async () => {},
    };
  },
});

describe('what metrics become', () => {
  it('gauges, sums, histograms and summaries, with the resource as job, instance, cluster and target_info', async () => {
    const door = await openDoor(otlp, {});
    const response = await post(door.origin, json);
    expect([response.status, response.headers.get('content-type'), await response.json()]).toEqual([
      200,
      'application/json',
      {},
    ]);
    const base = { job: 'shop/checkout', instance: 'i-1', cluster: 'west' };
    const seen = door.sink.samples.map(
      ({ labels: { __name__, job, instance, cluster, ...labels }, value, stale, timestampMs }) => {
        expect({ job, instance, cluster }).toEqual(base);
        expect(timestampMs).toBe(at);
        return [__name__, labels, stale ? 'stale' : value];
      },
    );
    expect(seen).toEqual([
      ['queue_length', { queue_name: 'a' }, 1.5],
      ['queue_length', {}, -7],
      ['queue_length', { queue_name: 'gone' }, 'stale'],
      ['http_requests_total', {}, 42],
      ['http_server_duration_seconds_bucket', { le: '0.5' }, 1],
      ['http_server_duration_seconds_bucket', { le: '1' }, 3],
      ['http_server_duration_seconds_bucket', { le: '+Inf' }, 6],
      ['http_server_duration_seconds_count', {}, 6],
      ['http_server_duration_seconds_sum', {}, 3.5],
      ['rpc_latency_milliseconds', { quantile: '0.5' }, 9],
      ['rpc_latency_milliseconds', { quantile: '0.99' }, Number.NaN],
      ['rpc_latency_milliseconds_sum', {}, 100],
      ['rpc_latency_milliseconds_count', {}, 10],
      ['target_info', { k8s_cluster_name: 'west', deployment_environment: 'prod', host_cpus: '8' }, 1],
    ]);
    expect(door.sink.metadata).toContainEqual({
      family: 'queue_length',
      type: 'gauge',
      help: 'Items that wait.',
      unit: '{items}',
    });
    expect(door.sink.metadata).toContainEqual({ family: 'http_requests_total', type: 'counter', help: '', unit: '1' });
    expect(door.sink.faults).toEqual([]);
  });

  it('protobuf, in whatever order its fields stand', async () => {
    const door = await openDoor(otlp, {});
    const point = Buffer.concat([attribute(7, 'k', 'v'), time, double(4, 2.5)]);
    const torn = Buffer.concat([double(4, 3.5), attribute(7, 'k', 'w'), time, attribute(7, 'l', 'x')]);
    const backwards = bytes(
      1,
      bytes(2, bytes(2, bytes(5, bytes(1, point), bytes(1, torn)), bytes(1, 'g'))),
      bytes(1, attribute(1, 'service.name', 'svc')),
    );
    const response = await post(door.origin, backwards, protobuf);
    expect([response.status, response.headers.get('content-type'), await response.text()]).toEqual([
      200,
      'application/x-protobuf',
      '',
    ]);
    expect(door.sink.find({ __name__: 'g' }).map(({ labels, value }) => [labels, value])).toEqual([
      [{ __name__: 'g', job: 'svc', k: 'v' }, 2.5],
      [{ __name__: 'g', job: 'svc', k: 'w', l: 'x' }, 3.5],
    ]);
  });

  it('integers of 64 bits, and doubles by their bits', async () => {
    const door = await openDoor(otlp, {});
    await post(
      door.origin,
      request(
        gauge(
          'g',
          Buffer.concat([time, fixed(6, -(2n ** 40n))]),
          Buffer.concat([attribute(7, 'x', 'y'), time, double(4, -Infinity)]),
        ),
      ),
      protobuf,
    );
    expect(door.sink.find({ __name__: 'g' }).map(({ value }) => value)).toEqual([-(2 ** 40), -Infinity]);
  });

  it('attributes of every type, and names that fall together', async () => {
    const door = await openDoor(otlp, {});
    const value = (one: object) => ({ value: one });
    const attributes = [
      { key: 'b', ...value({ boolValue: true }) },
      { key: 'i', ...value({ intValue: '-3' }) },
      { key: 'd', ...value({ doubleValue: 0.5 }) },
      { key: 'a', ...value({ arrayValue: { values: [{ stringValue: 'x' }, { intValue: 1 }] } }) },
      { key: 'm', ...value({ kvlistValue: { values: [{ key: 'n', value: { boolValue: false } }] } }) },
      { key: 'y', ...value({ bytesValue: 'aGk=' }) },
      { key: 'c.c', ...value({ stringValue: '1' }) },
      { key: 'c_c', ...value({ stringValue: '2' }) },
    ];
    const body = {
      resourceMetrics: [
        {
          scopeMetrics: [
            { metrics: [{ name: 'g', gauge: { dataPoints: [{ attributes, timeUnixNano: 1, asInt: 1 }] } }] },
          ],
        },
      ],
    };
    await post(door.origin, JSON.stringify(body));
    expect(door.sink.samples[0]?.labels).toEqual({
      __name__: 'g',
      b: 'true',
      i: '-3',
      d: '0.5',
      a: '["x",1]',
      m: '{"n":false}',
      y: 'aGk=',
      c_c: '1;2',
    });
  });

  it('promoted attributes, configured labels and names without suffixes', async () => {
    const door = await openDoor(otlp, {
      promoteResourceAttributes: ['deployment.environment'],
      targetInfo: false,
      clusterAttributes: [],
      labels: { cluster: 'mine', job: 'not used' },
      translationStrategy: 'UnderscoreEscapingWithoutSuffixes',
    });
    await post(door.origin, json);
    expect(door.sink.find({ __name__: 'http_requests' })[0]?.labels).toEqual({
      __name__: 'http_requests',
      job: 'shop/checkout',
      instance: 'i-1',
      cluster: 'mine',
      deployment_environment: 'prod',
    });
    expect(door.sink.find({ __name__: 'target_info' })).toEqual([]);
  });

  it('the end of a histogram is the end of all its series', async () => {
    const door = await openDoor(otlp, {});
    await post(door.origin, json);
    const metric = {
      name: 'http.server.duration',
      unit: 's',
      histogram: { aggregationTemporality: 2, dataPoints: [{ timeUnixNano: '1788000000002000000', flags: 1 }] },
    };
    const { resourceMetrics } = JSON.parse(json.toString());
    await post(
      door.origin,
      JSON.stringify({
        resourceMetrics: [{ resource: resourceMetrics[0].resource, scopeMetrics: [{ metrics: [metric] }] }],
      }),
    );
    expect(
      door.sink.samples
        .filter(({ stale, timestampMs }) => stale && timestampMs === at + 1)
        .map(({ labels }) => [labels.__name__, labels.le]),
    ).toEqual([
      ['http_server_duration_seconds_bucket', '0.5'],
      ['http_server_duration_seconds_bucket', '1'],
      ['http_server_duration_seconds_bucket', '+Inf'],
      ['http_server_duration_seconds_sum', undefined],
      ['http_server_duration_seconds_count', undefined],
    ]);
  });

  it('metadata once, and again when it was not stored', async () => {
    const door = await openDoor(otlp, {});
    door.sink.failNext(new BinnacleError('over_capacity', 'full'));
    await post(door.origin, json);
    expect(door.sink.metadata).toEqual([]);
    await post(door.origin, json);
    expect(door.sink.metadata).toHaveLength(4);
    await post(door.origin, json);
    expect(door.sink.metadata).toHaveLength(4);
  });
});

describe('what is refused point by point', () => {
  it('sums whose temporality nobody says, by name, and the rest is stored', async () => {
    const door = await openDoor(otlp, {});
    const points = [Buffer.concat([time, double(4, 1)]), Buffer.concat([time, double(4, 2)])];
    const body = request(sum(0, ...points), gauge('g', Buffer.concat([time, double(4, 1)])));
    const answer = Buffer.from(await (await post(door.origin, body, protobuf)).arrayBuffer());
    // partial_success (1): rejected_data_points (1) = 2, error_message (2)
    expect([answer[0], answer[2], answer[3]]).toEqual([0x0a, 0x08, 2]);
    expect(answer.toString()).toMatch(/unsupported_type \(2\): "s": its aggregation temporality is not specified/);
    expect(door.sink.samples.map(({ labels }) => labels.__name__)).toEqual(['g']);
    expect(door.receiver.sources()[0]).toMatchObject({
      state: 'up',
      lastError: expect.stringMatching(/^2 data points were refused/),
    });
  });

  it.each([
    [{ bucketCounts: [1], explicitBounds: [1, 2] }, /1 buckets for 2 bounds/],
    [{ bucketCounts: [1, 1, 1], explicitBounds: [2, 1] }, /bounds of a histogram do not rise/],
    [{ bucketCounts: [1, 1], explicitBounds: ['NaN'] }, /do not rise/],
  ])('a histogram like %j', async (point, message) => {
    const door = await openDoor(otlp, {});
    const metric = {
      name: 'h',
      histogram: { aggregationTemporality: 2, dataPoints: [{ timeUnixNano: 1, count: 1, ...point }] },
    };
    const response = await post(
      door.origin,
      JSON.stringify({ resourceMetrics: [{ scopeMetrics: [{ metrics: [metric] }] }] }),
    );
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({
      partialSuccess: {
        rejectedDataPoints: '1',
        errorMessage: expect.stringMatching(message),
      },
    });
    expect(door.sink.samples).toEqual([]);
  });

  it('what the sink refuses', async () => {
    const door = await openDoor(otlp, {});
    door.sink.refuse((labels) => (labels.metricName === 'http_requests_total' ? 'too_old' : undefined));
    expect(await (await post(door.origin, json)).json()).toEqual({
      partialSuccess: {
        rejectedDataPoints: '1',
        errorMessage: expect.stringMatching(/^too_old \(1\), such as/),
      },
    });
  });
});

describe('OTLP door', () => {
  it.each([
    ['gzip', gzipSync],
    ['deflate', deflateSync],
    ['zstd', zstdCompressSync],
  ] as const)('takes %s', async (encoding, compress) => {
    const door = await openDoor(otlp, {});
    expect((await post(door.origin, compress(json), { 'content-encoding': encoding })).status).toBe(200);
    expect(door.sink.samples.length).toBe(14);
  });

  it('takes empty requests', async () => {
    const door = await openDoor(otlp, {});
    expect((await post(door.origin, '{}')).status).toBe(200);
    expect((await post(door.origin, '', protobuf)).status).toBe(200);
    expect((await post(door.origin, '{"resourceMetrics":null}')).status).toBe(200);
  });

  it('answers errors as google.rpc.Status in the encoding of the request', async () => {
    const door = await openDoor(otlp, {});
    const asJson = await post(door.origin, '{');
    expect([asJson.status, asJson.headers.get('content-type'), await asJson.json()]).toEqual([
      400,
      'application/json',
      { code: 3, message: expect.stringMatching(/not valid JSON at position 1/) },
    ]);
    const asProtobuf = await post(door.origin, Buffer.from([0x0a, 0x05, 0x01]), protobuf);
    const answer = Buffer.from(await asProtobuf.arrayBuffer());
    expect([asProtobuf.status, asProtobuf.headers.get('content-type')]).toEqual([400, 'application/x-protobuf']);
    expect([...answer.subarray(0, 3)]).toEqual([0x08, 3, 0x12]);
    expect(answer.toString()).toMatch(/byte 2: a field of 5 bytes runs past/);
  });

  it('pushes back with 503, also when the store failed without a reason', async () => {
    const door = await openDoor(otlp, {});
    door.sink.failNext(new BinnacleError('over_capacity', 'full', { retryAfterSeconds: 9 }));
    door.sink.failNext(new Error('boom') as BinnacleError);
    const first = await post(door.origin, json);
    expect([first.status, first.headers.get('retry-after'), await first.json()]).toEqual([
      503,
      '9',
      { code: 14, message: 'full' },
    ]);
    const second = await post(door.origin, json);
    expect([second.status, await second.text()]).toEqual([503, expect.not.stringContaining('boom')]);
  });

  it.each([
    ['text/plain', '', /Content-Type \\"text\/plain\\"/],
    ['application/grpc', '', /Content-Type/],
    ['application/json', 'br', /Content-Encoding \\"br\\"/],
  ])('answers 415 to %s %s', async (type, encoding, message) => {
    const door = await openDoor(otlp, {});
    const response = await post(door.origin, json, {
      'content-type': type,
      ...(encoding === '' ? {} : { 'content-encoding': encoding }),
    });
    expect(response.status).toBe(415);
    expect(await response.text()).toMatch(message);
  });

  it('answers 413 to what is too long', async () => {
    const door = await openDoor(otlp, { maxBodyBytes: 2000 });
    expect((await post(door.origin, Buffer.alloc(2001, ' '))).status).toBe(413);
  });

  const long = Buffer.alloc(1e6, ' ');
  const lied = gzipSync(long);
  lied.writeUInt32LE(10, lied.length - 4);
  it.each([
    ['gzip that says so', 'gzip', gzipSync(long), /inflates to 1000000 bytes; at most 4000 are taken/],
    ['zstd that says so', 'zstd', zstdCompressSync(long), /inflates to 1000000 bytes; at most 4000 are taken/],
    ['gzip that lies', 'gzip', lied, /inflates to more than the 4000 bytes/],
    ['deflate, which cannot say', 'deflate', deflateSync(long), /inflates to more than the 4000 bytes/],
  ])('answers 413 to what inflates to be too long: %s', async (_kind, encoding, body, message) => {
    const door = await openDoor(otlp, { maxInflatedBytes: 4000 });
    const bomb = await post(door.origin, body, { 'content-encoding': encoding });
    expect([bomb.status, await bomb.json()]).toEqual([413, { code: 8, message: expect.stringMatching(message) }]);
    expect(door.sink.samples).toEqual([]);
  });

  it.each([
    ['[]', /the body: expected an object/],
    ['{"resourceMetrics":{}}', /resourceMetrics: expected a list/],
    [
      '{"resourceMetrics":[{"scopeMetrics":[{"metrics":[{"name":5}]}]}]}',
      /scopeMetrics\[0\]\.metrics\[0\]\.name: expected a string/,
    ],
    [
      '{"resourceMetrics":[{"scopeMetrics":[{"metrics":[{"sum":{"aggregationTemporality":"CUMULATIVE"}}]}]}]}',
      /aggregationTemporality: expected the number/,
    ],
    [
      '{"resourceMetrics":[{"scopeMetrics":[{"metrics":[{"gauge":{"dataPoints":[{"asInt":"1.5"}]}}]}]}]}',
      /asInt: expected an integer/,
    ],
    [
      '{"resourceMetrics":[{"scopeMetrics":[{"metrics":[{"gauge":{"dataPoints":[{"asDouble":"one"}]}}]}]}]}',
      /asDouble: expected a number/,
    ],
    [
      '{"resourceMetrics":[{"scopeMetrics":[{"metrics":[{"gauge":{"dataPoints":[{"timeUnixNano":-1}]}}]}]}]}',
      /timeUnixNano: expected an integer from 0/,
    ],
  ])('answers 400 to %s with the path', async (body, message) => {
    const door = await openDoor(otlp, {});
    const response = await post(door.origin, body);
    expect(response.status).toBe(400);
    expect(await response.text()).toMatch(message);
  });

  it('answers 400 to gzip that is none, and to JSON that is nested without end', async () => {
    const door = await openDoor(otlp, {});
    expect((await post(door.origin, json, { 'content-encoding': 'gzip' })).status).toBe(400);
    const deep = `${'{"arrayValue":{"values":['.repeat(2000)}{}${']}}'.repeat(2000)}`;
    const response = await post(
      door.origin,
      `{"resourceMetrics":[{"resource":{"attributes":[{"key":"k","value":${deep}}]}}]}`,
    );
    expect([response.status, await response.text()]).toEqual([400, expect.stringMatching(/levels|nested/)]);
  });

  it('answers only 2xx and 4xx to 500 mutated bodies of each encoding', async () => {
    const door = await openDoor(otlp, {});
    const histogram = Buffer.concat([
      time,
      fixed(4, 3n),
      double(5, 1),
      bytes(6, Buffer.alloc(16, 1)),
      bytes(7, Buffer.alloc(8, 1)),
      attribute(9, 'a', 'b'),
    ]);
    const good = request(
      gauge('g', Buffer.concat([attribute(7, 'k', 'v'), time, double(4, 1)])),
      sum(2, Buffer.concat([time, fixed(6, 4n)])),
      Buffer.concat([bytes(1, 'h'), bytes(9, bytes(1, histogram), number(2, 2))]),
    );
    expect((await post(door.origin, good, protobuf)).status).toBe(200);
    const statuses = new Set<number>();
    for (const body of mutatedBodies(good, 500, 2)) statuses.add((await post(door.origin, body, protobuf)).status);
    for (const body of mutatedBodies(json, 500, 3)) statuses.add((await post(door.origin, body)).status);
    expect([...statuses].sort()).toEqual([200, 400]);
    expect(door.sink.faults).toEqual([]);
  });
});
