import { BinnacleError } from '@binnacle/shared/errors.ts';
import { describe, expect, it } from 'vitest';
import { openDoor } from '../contract/push-door.ts';
import type { RecordingSink } from '../contract/recording-sink.ts';
import { otlp } from './index.ts';
import { nanos, send, valuesBy } from './test-requests.ts';

const t0 = 1_788_000_000_000;
const at = (seconds: number) => t0 + seconds * 1000;

const sum = (points: readonly object[], isMonotonic = true) => ({
  name: 'jobs',
  sum: { aggregationTemporality: 1, isMonotonic, dataPoints: points },
});
const point = (startSeconds: number, seconds: number, value: number, attributes: object[] = []) => ({
  startTimeUnixNano: nanos(at(startSeconds)),
  timeUnixNano: nanos(at(seconds)),
  asDouble: value,
  attributes,
});
const named = (name: string) => [{ key: 'name', value: { stringValue: name } }];
/** Seconds since t0 and value of each sample, in the order they came. */
const samplesOf = (sink: RecordingSink, labels: Record<string, string> = { __name__: 'jobs_total' }) =>
  sink.find(labels).map(({ timestampMs, value, stale }) => [(timestampMs - t0) / 1000, stale ? 'stale' : value]);

describe('delta sums', () => {
  it('are added up; a total begins with a zero just behind the start of its first delta', async () => {
    const { origin, sink } = await openDoor(otlp, {});
    await send(origin, [sum([point(0, 10, 3)])]);
    await send(origin, [sum([point(10, 20, 4)])]);
    await send(origin, [sum([point(20, 30, 0), point(30, 40, 1.5)])]);
    expect(samplesOf(sink)).toEqual([
      [0.001, 0],
      [10, 3],
      [20, 7],
      [30, 7],
      [40, 8.5],
    ]);
    expect(sink.metadata[0]).toMatchObject({ family: 'jobs_total', type: 'counter' });
  });

  it('of integers, and without a start', async () => {
    const { origin, sink } = await openDoor(otlp, {});
    const whole = (seconds: number, asInt: string) => ({ timeUnixNano: nanos(at(seconds)), asInt });
    await send(origin, [sum([whole(10, '9007199254740000')])]);
    await send(origin, [sum([whole(20, '7')])]);
    expect(samplesOf(sink)).toEqual([
      [10, 9007199254740000],
      [20, 9007199254740007],
    ]);
  });

  it('that are no counters are gauges, without a zero', async () => {
    const { origin, sink } = await openDoor(otlp, {});
    await send(origin, [sum([point(0, 10, 3)], false)]);
    await send(origin, [sum([point(10, 20, -5)], false)]);
    expect(samplesOf(sink, { __name__: 'jobs' })).toEqual([
      [10, 3],
      [20, -2],
    ]);
    expect(sink.metadata[0]).toMatchObject({ family: 'jobs', type: 'gauge' });
  });

  it('go on after a gap', async () => {
    const { origin, sink } = await openDoor(otlp, {});
    await send(origin, [sum([point(0, 10, 3)])]);
    await send(origin, [sum([point(20, 30, 4)])]);
    expect(samplesOf(sink)).toEqual([
      [0.001, 0],
      [10, 3],
      [30, 7],
    ]);
  });

  it('begin anew after a gap, where that is wanted, so that a rate sees a reset', async () => {
    const { origin, sink } = await openDoor(otlp, { deltaGaps: 'restart' });
    await send(origin, [sum([point(0, 10, 3)])]);
    await send(origin, [sum([point(20, 30, 4)])]);
    expect(samplesOf(sink)).toEqual([
      [0.001, 0],
      [10, 3],
      [20.001, 0],
      [30, 4],
    ]);
  });

  it('of a series that had nothing to tell go on, when its sender did export in between', async () => {
    const { origin, sink } = await openDoor(otlp, { deltaGaps: 'restart' });
    await send(origin, [sum([point(0, 10, 3, named('a')), point(0, 10, 1, named('b'))])]);
    await send(origin, [sum([point(10, 20, 1, named('b'))])]);
    await send(origin, [sum([point(20, 30, 4, named('a')), point(20, 30, 1, named('b'))])]);
    expect(samplesOf(sink, { __name__: 'jobs_total', name: 'a' })).toEqual([
      [0.001, 0],
      [10, 3],
      [30, 7],
    ]);
  });

  it('of other resources are other totals', async () => {
    const { origin, sink } = await openDoor(otlp, {});
    await send(origin, [sum([point(0, 10, 3)])], { 'service.instance.id': '1' });
    await send(origin, [sum([point(5, 15, 4)])], { 'service.instance.id': '2' });
    await send(origin, [sum([point(10, 20, 1)])], { 'service.instance.id': '1' });
    expect(samplesOf(sink, { __name__: 'jobs_total', instance: '1' })).toContainEqual([20, 4]);
    expect(samplesOf(sink, { __name__: 'jobs_total', instance: '2' })).toContainEqual([15, 4]);
  });

  it.each([
    ['late', point(-10, 0, 5), /^out_of_order \(1\): jobs_total: a delta ends before/],
    ['of the same time and another value', point(0, 10, 5), /^out_of_order/],
    ['overlapping', point(5, 15, 5), /^overlapping \(1\): jobs_total: a delta begins before the last one/],
    ['without a time', { asDouble: 1 }, /^bad_point \(1\): jobs_total: a delta has no time/],
    ['that begin after their end', point(30, 20, 5), /^bad_point \(1\): jobs_total: a delta begins after/],
    ['negative', point(10, 20, -1), /^bad_point \(1\): jobs_total: .* negative/],
  ])('%s are refused by name, and change nothing', async (_kind, refused, message) => {
    const { origin, sink } = await openDoor(otlp, {});
    await send(origin, [sum([point(0, 10, 3)])]);
    const answer = await send(origin, [sum([refused])]);
    expect(answer).toMatchObject({ status: 200, rejected: 1, message: expect.stringMatching(message) });
    await send(origin, [sum([point(10, 20, 4)])]);
    expect(samplesOf(sink)).toEqual([
      [0.001, 0],
      [10, 3],
      [20, 7],
    ]);
  });

  it('that are sent again, answered or not, are counted once', async () => {
    const { origin, sink } = await openDoor(otlp, {});
    sink.failNext(new BinnacleError('store_unavailable', 'away'));
    expect((await send(origin, [sum([point(0, 10, 3)])])).status).toBe(503);
    expect(await send(origin, [sum([point(0, 10, 3)])])).toMatchObject({ status: 200, rejected: 0 });
    expect(await send(origin, [sum([point(0, 10, 3)])])).toMatchObject({ status: 200, rejected: 0 });
    await send(origin, [sum([point(10, 20, 4)])]);
    expect(samplesOf(sink)).toEqual([
      [10, 3],
      [10, 3],
      [20, 7],
    ]);
  });

  it('of a request that is malformed further on are not added up', async () => {
    const { origin, sink } = await openDoor(otlp, {});
    await send(origin, [sum([point(0, 10, 3)])]);
    const whole = Buffer.concat([Buffer.from([0x0a, 0]), Buffer.from([0x0a, 5, 1])]);
    // A delta of 4 as protobuf, and then a message that is cut off.
    const field = (number: number, body: Buffer) => Buffer.concat([Buffer.from([number * 8 + 2, body.length]), body]);
    const fixed = (number: number, value: bigint) => {
      const bytes = Buffer.alloc(9, number * 8 + 1);
      bytes.writeBigUInt64LE(value, 1);
      return bytes;
    };
    const value = Buffer.alloc(9, 0x21);
    value.writeDoubleLE(4, 1);
    const delta = Buffer.concat([fixed(2, BigInt(nanos(at(10)))), fixed(3, BigInt(nanos(at(20)))), value]);
    const name = field(1, Buffer.from('jobs'));
    const metric = Buffer.concat([name, field(7, Buffer.concat([field(1, delta), Buffer.from([0x10, 1, 0x18, 1])]))]);
    const service = Buffer.concat([field(1, Buffer.from('service.name')), field(2, field(1, Buffer.from('svc')))]);
    const good = field(1, Buffer.concat([field(1, field(1, service)), field(2, field(2, metric))]));
    const post = (body: Buffer) =>
      fetch(`${origin}/v1/metrics`, { method: 'POST', headers: { 'content-type': 'application/x-protobuf' }, body });
    expect((await post(Buffer.concat([good, whole]))).status).toBe(400);
    expect((await post(good)).status).toBe(200);
    expect(samplesOf(sink).at(-1)).toEqual([20, 7]);
  });

  it('are one total, whatever the order of their attributes', async () => {
    const { origin, sink } = await openDoor(otlp, {});
    const attributes = [...named('a'), { key: 'zone', value: { stringValue: 'z' } }];
    await send(origin, [sum([point(0, 10, 3, attributes)])]);
    await send(origin, [sum([point(10, 20, 4, attributes.toReversed())])]);
    expect(samplesOf(sink).at(-1)).toEqual([20, 7]);
  });

  it('of two senders that cannot be told apart are not mixed up', async () => {
    const { origin } = await openDoor(otlp, {});
    await send(origin, [sum([point(0, 10, 3)])], { 'host.name': 'a' });
    const answer = await send(origin, [sum([point(5, 15, 4)])], { 'host.name': 'b' });
    expect(answer).toMatchObject({
      rejected: 1,
      message: expect.stringMatching(/^overlapping .*service\.instance\.id/),
    });
  });

  it('whose series ends get a stale marker and begin anew', async () => {
    const { origin, sink } = await openDoor(otlp, {});
    await send(origin, [sum([point(0, 10, 3)])]);
    await send(origin, [sum([{ timeUnixNano: nanos(at(15)), flags: 1 }])]);
    await send(origin, [sum([point(15, 20, 4)])]);
    expect(samplesOf(sink)).toEqual([
      [0.001, 0],
      [10, 3],
      [15, 'stale'],
      [15.001, 0],
      [20, 4],
    ]);
  });

  it('are added up for so many series, and silent ones make room', async () => {
    let nowMs = t0;
    const { origin, sink } = await openDoor(otlp, { deltaMaxSeries: 2, deltaMaxStaleSeconds: 60 }, () => nowMs);
    await send(origin, [sum([point(0, 10, 1, named('a')), point(0, 10, 1, named('b'))])]);
    const answer = await send(origin, [sum([point(0, 10, 1, named('c'))])]);
    expect(answer).toMatchObject({ rejected: 1, message: expect.stringMatching(/^too_many_series .*deltaMaxSeries/) });
    nowMs += 30_000;
    await send(origin, [sum([point(10, 40, 1, named('a'))])]);
    nowMs += 31_000;
    expect(await send(origin, [sum([point(0, 70, 1, named('c'))])])).toMatchObject({ rejected: 0 });
    expect(await send(origin, [sum([point(40, 80, 1, named('a'))])])).toMatchObject({ rejected: 0 });
    expect(samplesOf(sink, { name: 'a' }).at(-1)).toEqual([80, 3]);
    expect(await send(origin, [sum([point(70, 80, 1, named('b'))])])).toMatchObject({ rejected: 1 });
  });
});

describe('delta histograms', () => {
  const histogram = (startSeconds: number, seconds: number, changes: object = {}) => ({
    name: 'h',
    histogram: {
      aggregationTemporality: 1,
      dataPoints: [
        {
          startTimeUnixNano: nanos(at(startSeconds)),
          timeUnixNano: nanos(at(seconds)),
          count: '6',
          sum: 7.5,
          bucketCounts: [1, 2, 3],
          explicitBounds: [0.5, 1],
          ...changes,
        },
      ],
    },
  });

  it('are added up, bucket by bucket', async () => {
    const { origin, sink } = await openDoor(otlp, {});
    await send(origin, [histogram(0, 10)]);
    await send(origin, [histogram(10, 20)]);
    const buckets = (seconds: number) =>
      valuesBy(
        sink.find({ __name__: 'h_bucket' }).filter(({ timestampMs }) => timestampMs === at(seconds)),
        'le',
      );
    expect(buckets(0.001)).toEqual({ '0.5': 0, '1': 0, '+Inf': 0 });
    expect(buckets(10)).toEqual({ '0.5': 1, '1': 3, '+Inf': 6 });
    expect(buckets(20)).toEqual({ '0.5': 2, '1': 6, '+Inf': 12 });
    expect(samplesOf(sink, { __name__: 'h_sum' })).toEqual([
      [0.001, 0],
      [10, 7.5],
      [20, 15],
    ]);
    expect(samplesOf(sink, { __name__: 'h_count' }).at(-1)).toEqual([20, 12]);
  });

  it('begin anew when their bounds change, and the bounds that go get a stale marker', async () => {
    const { origin, sink } = await openDoor(otlp, {});
    await send(origin, [histogram(0, 10)]);
    await send(origin, [histogram(10, 20, { explicitBounds: [1, 2] })]);
    const at20 = sink.find({ __name__: 'h_bucket' }).filter(({ timestampMs }) => timestampMs === at(20));
    expect(valuesBy(at20, 'le')).toEqual({ '0.5': 'stale', '1': 1, '2': 3, '+Inf': 6 });
    expect(samplesOf(sink, { __name__: 'h_count' })).toEqual([
      [0.001, 0],
      [10, 6],
      [10.001, 0],
      [20, 6],
    ]);
  });

  it('have no sum as soon as one came without it', async () => {
    const { origin, sink } = await openDoor(otlp, {});
    await send(origin, [histogram(0, 10)]);
    await send(origin, [histogram(10, 20, { sum: undefined })]);
    await send(origin, [histogram(20, 30)]);
    expect(samplesOf(sink, { __name__: 'h_sum' }).map(([seconds]) => seconds)).toEqual([0.001, 10]);
    expect(samplesOf(sink, { __name__: 'h_count' }).at(-1)).toEqual([30, 18]);
  });
});
