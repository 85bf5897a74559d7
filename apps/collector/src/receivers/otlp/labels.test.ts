import { describe, expect, it } from 'vitest';
import { openDoor } from '../contract/push-door.ts';
import { otlp } from './index.ts';
import { nanos, send, valuesBy } from './test-requests.ts';

const at = 1_788_000_000_000;
const text = (key: string, value: string) => ({ key, value: { stringValue: value } });
const gauge = (name: string, ...attributes: object[]) => ({
  name,
  gauge: { dataPoints: [{ timeUnixNano: nanos(at), asDouble: 1, attributes }] },
});
const withScopes = (scopeMetrics: object[]) =>
  JSON.stringify({
    resourceMetrics: [
      { resource: { attributes: [text('service.name', 'svc'), text('host.name', 'h')] }, scopeMetrics },
    ],
  });
const post = (origin: string, body: string) =>
  fetch(`${origin}/v1/metrics`, { method: 'POST', headers: { 'content-type': 'application/json' }, body });

describe('labels', () => {
  it('say the scope, where that is wanted', async () => {
    const { origin, sink } = await openDoor(otlp, { promoteScopeMetadata: true });
    const scope = { name: 'lib', version: '2', attributes: [text('flavour.of', 'x'), text('name', 'hidden')] };
    await post(
      origin,
      withScopes([
        { scope, metrics: [gauge('g')] },
        { scope: { name: 'other' }, metrics: [gauge('g')] },
      ]),
    );
    expect(sink.find({ __name__: 'g' }).map(({ labels }) => labels)).toEqual([
      { __name__: 'g', job: 'svc', otel_scope_name: 'lib', otel_scope_version: '2', otel_scope_flavour_of: 'x' },
      { __name__: 'g', job: 'svc', otel_scope_name: 'other' },
    ]);
    expect(Object.keys(sink.find({ __name__: 'target_info' })[0]?.labels ?? {})).not.toContain('otel_scope_name');
    expect(sink.faults).toEqual([]);
  });

  it('do not say the scope otherwise, and one series stays one', async () => {
    const { origin, sink } = await openDoor(otlp, {});
    await post(
      origin,
      withScopes([
        { scope: { name: 'a' }, metrics: [gauge('g')] },
        { scope: { name: 'b' }, metrics: [gauge('g')] },
      ]),
    );
    expect(sink.find({ __name__: 'g' })[0]?.labels).toEqual({ __name__: 'g', job: 'svc' });
    expect(sink.faults).toEqual([]);
  });

  it('keep what identifies the resource in target_info, where that is wanted', async () => {
    const { origin, sink } = await openDoor(otlp, { keepIdentifyingResourceAttributes: true });
    await send(origin, [gauge('g')], { 'service.instance.id': 'i' });
    expect(sink.find({ __name__: 'target_info' })[0]?.labels).toEqual({
      __name__: 'target_info',
      job: 'svc',
      instance: 'i',
      service_name: 'svc',
      service_instance_id: 'i',
    });
  });

  it('are in UTF-8 as they were sent, where that is wanted', async () => {
    const { origin, sink } = await openDoor(otlp, {
      translationStrategy: 'NoUTF8EscapingWithSuffixes',
      promoteResourceAttributes: ['host.name'],
    });
    await send(origin, [{ ...gauge('train.step', text('gpu.id', '0')), unit: 's' }], { 'host.name': 'h' });
    expect(sink.samples.map(({ labels }) => labels)).toEqual([
      { __name__: 'train.step_seconds', job: 'svc', 'gpu.id': '0', 'host.name': 'h' },
      { __name__: 'target_info', job: 'svc', 'host.name': 'h' },
    ]);
  });

  it('named like those that are made give way to them', async () => {
    const { origin, sink } = await openDoor(otlp, { targetInfo: false });
    const histogram = {
      name: 'h',
      histogram: {
        aggregationTemporality: 2,
        dataPoints: [
          { timeUnixNano: nanos(at), count: 1, attributes: [text('le', 'x'), text('__name__', 'y'), text('job', 'z')] },
        ],
      },
    };
    await send(origin, [histogram]);
    expect(sink.samples.map(({ labels }) => labels)).toEqual([
      { __name__: 'h_bucket', job: 'svc', le: '+Inf' },
      { __name__: 'h_count', job: 'svc', le: 'x' },
    ]);
    expect(sink.faults).toEqual([]);
  });
});

describe('summaries', () => {
  const summary = (seconds: number, quantiles: readonly number[], flags = 0) => ({
    name: 'rpc',
    summary: {
      dataPoints: [
        {
          timeUnixNano: nanos(at + seconds * 1000),
          count: 3,
          sum: 1.5,
          flags,
          quantileValues: quantiles.map((quantile) => ({ quantile, value: quantile * 10 })),
        },
      ],
    },
  });

  it('end where they say so, quantile by quantile', async () => {
    const { origin, sink } = await openDoor(otlp, { targetInfo: false });
    await send(origin, [summary(0, [0.5, 0.9])]);
    await send(origin, [summary(10, [0.5, 0.99])]);
    const later = (seconds: number) => sink.find({}).filter(({ timestampMs }) => timestampMs === at + seconds * 1000);
    expect(
      valuesBy(
        later(10).filter(({ labels }) => labels.quantile !== undefined),
        'quantile',
      ),
    ).toEqual({
      '0.5': 5,
      '0.99': 9.9,
      '0.9': 'stale',
    });
    await send(origin, [summary(20, [], 1)]);
    expect(later(20).map(({ labels, stale }) => [labels.__name__, labels.quantile, stale])).toEqual([
      ['rpc', '0.5', true],
      ['rpc', '0.99', true],
      ['rpc_sum', undefined, true],
      ['rpc_count', undefined, true],
    ]);
  });
});
