import { OTLPMetricExporter as JsonExporter } from '@opentelemetry/exporter-metrics-otlp-http';
import { OTLPMetricExporter as ProtobufExporter } from '@opentelemetry/exporter-metrics-otlp-proto';
import { resourceFromAttributes } from '@opentelemetry/resources';
import {
  AggregationTemporality,
  AggregationType,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type GatewayProcess, startGateway } from '../gateway-process.ts';

let gateway: GatewayProcess;

beforeAll(async () => {
  gateway = await startGateway(
    'receivers:\n  otlp:\n    promoteScopeMetadata: true\n    promoteResourceAttributes: [deployment.environment]\n',
  );
}, 90_000);
afterAll(() => gateway.stop());

const transports = {
  'http/protobuf': (temporalityPreference: AggregationTemporality) =>
    new ProtobufExporter({ url: `${gateway.url}/v1/metrics`, temporalityPreference }),
  'http/protobuf in gzip': (temporalityPreference: AggregationTemporality) =>
    new ProtobufExporter({ url: `${gateway.url}/v1/metrics`, temporalityPreference, compression: 'gzip' as never }),
  'http/json': (temporalityPreference: AggregationTemporality) =>
    new JsonExporter({ url: `${gateway.url}/v1/metrics`, temporalityPreference }),
};
const temporalities = [
  ['cumulative', AggregationTemporality.CUMULATIVE],
  ['delta', AggregationTemporality.DELTA],
] as const;
const cases = (Object.keys(transports) as (keyof typeof transports)[]).flatMap((transport) =>
  temporalities.map(([name, temporality]) => [transport, name, temporality] as const),
);

describe('the OpenTelemetry SDK', () => {
  it.each(cases)('over %s, %s', async (transport, name, temporality) => {
    const instance = `${transport} ${name}`;
    const provider = new MeterProvider({
      resource: resourceFromAttributes({
        'service.namespace': 'shop',
        'service.name': 'checkout',
        'service.instance.id': instance,
        'deployment.environment': 'test',
        'host.name': 'h-1',
      }),
      readers: [
        new PeriodicExportingMetricReader({
          exporter: transports[transport](temporality),
          exportIntervalMillis: 3_600_000,
        }),
      ],
      views: [{ instrumentName: 'payload.size', aggregation: { type: AggregationType.EXPONENTIAL_HISTOGRAM } }],
    });
    const meter = provider.getMeter('test', '1.2.3');
    const orders = meter.createCounter('orders', { description: 'Orders taken.' });
    const open = meter.createUpDownCounter('carts.open');
    const load = meter.createGauge('load', { unit: '1' });
    const duration = meter.createHistogram('http.server.request.duration', {
      unit: 's',
      advice: { explicitBucketBoundaries: [0.1, 1] },
    });
    const size = meter.createHistogram('payload.size', { unit: 'By' });

    orders.add(2, { 'order.kind': 'a' });
    orders.add(1, { 'order.kind': 'b' });
    open.add(5);
    load.record(0.5);
    for (const seconds of [0.05, 0.5, 5]) duration.record(seconds);
    for (const bytes of [100, 200, 3000]) size.record(bytes);
    // The first delta is longer than the ms that lie between its beginning, the zero behind it, and its end.
    const recordedAt = Date.now();
    await expect.poll(() => Date.now()).toBeGreaterThan(recordedAt + 2);
    await provider.forceFlush();
    // Of "b" nothing is told this time: with delta temporality it is left out, and goes on the next time.
    orders.add(3, { 'order.kind': 'a' });
    open.add(-2);
    load.record(0.25);
    duration.record(0.5);
    size.record(0);
    await provider.forceFlush();
    orders.add(4, { 'order.kind': 'b' });
    await provider.forceFlush();
    await provider.shutdown();

    const of = `job="shop/checkout",instance=${JSON.stringify(instance)},otel_scope_name="test",otel_scope_version="1.2.3",deployment_environment="test"`;
    const value = async (expression: string) => {
      const found = await gateway.query(expression.replaceAll('$', of));
      expect(found, expression).toHaveLength(1);
      return Number(found[0]?.value);
    };
    expect(await value('orders_total{$,order_kind="a"}')).toBe(5);
    expect(await value('orders_total{$,order_kind="b"}')).toBe(5);
    expect(await value('carts_open{$}')).toBe(3);
    expect(await value('load_ratio{$}')).toBe(0.25);
    expect(await value('http_server_request_duration_seconds_bucket{$,le="0.1"}')).toBe(1);
    expect(await value('http_server_request_duration_seconds_bucket{$,le="1"}')).toBe(3);
    expect(await value('http_server_request_duration_seconds_bucket{$,le="+Inf"}')).toBe(4);
    expect(await value('http_server_request_duration_seconds_sum{$}')).toBeCloseTo(6.05);
    expect(await value('payload_size_bytes_count{$}')).toBe(4);
    expect(await value('payload_size_bytes_sum{$}')).toBe(3300);
    expect(await value('payload_size_bytes_bucket{$,le="0"}')).toBe(1);
    expect(await value('payload_size_bytes_bucket{$,le="256"}')).toBe(3);
    // Three of four values lie at or below 256, in a bucket that is at most a factor of two wide.
    const median = await value('histogram_quantile(0.75, payload_size_bytes_bucket{$})');
    expect(median).toBeGreaterThan(128);
    expect(median).toBeLessThanOrEqual(256);
    const info = await gateway.query(`target_info{instance=${JSON.stringify(instance)}}`);
    expect(info.map(({ metric }) => metric)).toEqual([
      {
        __name__: 'target_info',
        job: 'shop/checkout',
        instance,
        deployment_environment: 'test',
        host_name: 'h-1',
      },
    ]);
  });

  it('of whose counters nothing is missing from the start, with delta temporality', async () => {
    const series = 'orders_total{instance="http/json delta",order_kind="a"}';
    const [counted] = await gateway.query(`max_over_time(${series}[1h]) - min_over_time(${series}[1h])`);
    expect(counted?.value).toBe('5');
  });
});
