import { describe, expect, it } from 'vitest';
import { randomFrom } from '../contract/mutations.ts';
import { openDoor } from '../contract/push-door.ts';
import { boundOf, ExponentialBounds } from './exponential-bounds.ts';
import { ExponentialBuckets } from './exponential-buckets.ts';
import { otlp } from './index.ts';
import { nanos, send, valuesBy } from './test-requests.ts';

const t0 = 1_788_000_000_000;
const at = (seconds: number) => t0 + seconds * 1000;

const metric = (point: object, temporality = 2) => ({
  name: 'size',
  exponentialHistogram: { aggregationTemporality: temporality, dataPoints: [point] },
});
/** Scale 0: bucket i holds what is above 2^i, up to 2^(i+1). */
const point = (seconds: number, changes: object = {}) => ({
  startTimeUnixNano: nanos(at(seconds - 10)),
  timeUnixNano: nanos(at(seconds)),
  count: '7',
  sum: 30,
  scale: 0,
  zeroCount: '1',
  positive: { offset: 1, bucketCounts: ['2', 0, 4] },
  ...changes,
});

/** Buckets of these values as an SDK would fill them. */
function bucketsOf(values: readonly number[], scale: number): ExponentialBuckets {
  const buckets = new ExponentialBuckets();
  buckets.scale = scale;
  for (const value of values) {
    const one = new ExponentialBuckets();
    one.scale = scale;
    if (value === 0) one.zeroCount = 1;
    else {
      const run = value > 0 ? one.positive : one.negative;
      run.offset = Math.ceil(Math.log2(Math.abs(value)) * 2 ** scale) - 1;
      run.counts.push(1);
    }
    buckets.add(one, scale);
  }
  return buckets;
}

describe('exponential histograms', () => {
  it('become classic ones whose bounds are powers of the base', async () => {
    const { origin, sink } = await openDoor(otlp, {});
    expect(await send(origin, [metric(point(10))])).toMatchObject({ status: 200, rejected: 0 });
    expect(valuesBy(sink.find({ __name__: 'size_bucket' }), 'le')).toEqual({
      '0': 1,
      '2': 1,
      '4': 3,
      '8': 3,
      '16': 7,
      '+Inf': 7,
    });
    expect(sink.find({ __name__: 'size_count' }).map(({ value }) => value)).toEqual([7]);
    expect(sink.find({ __name__: 'size_sum' }).map(({ value }) => value)).toEqual([30]);
    expect(sink.metadata[0]).toMatchObject({ family: 'size', type: 'histogram' });
    expect(sink.faults).toEqual([]);
  });

  it('with negative values, whose buckets are mirrored', async () => {
    const { origin, sink } = await openDoor(otlp, {});
    await send(origin, [metric(point(10, { negative: { offset: 0, bucketCounts: [1, 0, 5] }, count: 13 }))]);
    expect(valuesBy(sink.find({ __name__: 'size_bucket' }), 'le')).toEqual({
      '-8': 0,
      '-4': 5,
      '-2': 5,
      '-1': 6,
      '0': 7,
      '2': 7,
      '4': 9,
      '8': 9,
      '16': 13,
      '+Inf': 13,
    });
  });

  it('of a metric share their bounds, and bounds that go get a stale marker', async () => {
    const { origin, sink } = await openDoor(otlp, { exponentialMaxBounds: 8, targetInfo: false });
    const fine = (offset: number) => ({ scale: 1, zeroCount: 0, positive: { offset, bucketCounts: [1, 1, 1, 1] } });
    await send(origin, [metric(point(10, fine(0)))], { 'service.instance.id': 'a' });
    const first = sink.find({ __name__: 'size_bucket', instance: 'a' });
    expect(first.map(({ labels }) => labels.le)).toEqual([
      '1',
      '1.4142135623730951',
      '2',
      '2.8284271247461903',
      '4',
      '+Inf',
    ]);
    // Another instance measures larger values: one scale is too many bounds, and both have every second one now.
    await send(origin, [metric(point(10, fine(6)))], { 'service.instance.id': 'b' });
    expect(valuesBy(sink.find({ __name__: 'size_bucket', instance: 'b' }), 'le')).toEqual({
      '1': 0,
      '2': 0,
      '4': 0,
      '8': 0,
      '16': 2,
      '32': 4,
      '+Inf': 7,
    });
    sink.samples.length = 0;
    await send(origin, [metric(point(20, fine(0)))], { 'service.instance.id': 'a' });
    expect(valuesBy(sink.find({ __name__: 'size_bucket', instance: 'a' }), 'le')).toEqual({
      '1': 0,
      '1.4142135623730951': 'stale',
      '2': 2,
      '2.8284271247461903': 'stale',
      '4': 4,
      '8': 4,
      '16': 4,
      '32': 4,
      '+Inf': 7,
    });
  });

  it('with delta temporality are added up, whatever scale they come at', async () => {
    const { origin, sink } = await openDoor(otlp, {});
    await send(origin, [metric(point(10), 1)]);
    await send(origin, [metric(point(20, { scale: -1, positive: { offset: 0, bucketCounts: [1, 2] }, count: 4 }), 1)]);
    // Scale -1 is base 4: bucket 0 is (1, 4], bucket 1 is (4, 16]; what came before is merged into these.
    const at20 = sink.find({ __name__: 'size_bucket' }).filter(({ timestampMs }) => timestampMs === at(20));
    expect(valuesBy(at20, 'le')).toEqual({ '0': 2, '1': 2, '2': 'stale', '4': 5, '8': 'stale', '16': 11, '+Inf': 11 });
    expect(sink.find({ __name__: 'size_sum' }).map(({ timestampMs, value }) => [timestampMs - t0, value])).toEqual([
      [1, 0],
      [10_000, 30],
      [20_000, 60],
    ]);
  });

  it('end on every series of the point', async () => {
    const { origin, sink } = await openDoor(otlp, { targetInfo: false });
    await send(origin, [metric(point(10))]);
    sink.samples.length = 0;
    await send(origin, [metric({ timeUnixNano: nanos(at(20)), flags: 1 })]);
    expect(sink.samples).toHaveLength(8);
    expect(sink.samples.every(({ stale, timestampMs }) => stale && timestampMs === at(20))).toBe(true);
  });

  it.each([
    [{ scale: 21 }, /bad_histogram \(1\): size: .* scale 21/],
    [{ scale: -11 }, /scale -11/],
    [{ positive: { offset: 5000, bucketCounts: [1] } }, /beyond 2\^-512 to 2\^512/],
    [{ negative: { offset: -5000, bucketCounts: [1] } }, /beyond 2\^-512 to 2\^512/],
    [{ positive: { bucketCounts: new Array(2001).fill(1) } }, /more than 2000 buckets/],
  ])('like %j are refused by name', async (changes, message) => {
    const { origin, sink } = await openDoor(otlp, {});
    const answer = await send(origin, [metric(point(10, changes))]);
    expect(answer).toMatchObject({ status: 200, rejected: 1, message: expect.stringMatching(message) });
    expect(sink.samples).toEqual([]);
  });
});

describe('bounds of exponential histograms', () => {
  it('count what was measured, for any values at any scale', () => {
    const random = randomFrom(7);
    for (let round = 0; round < 200; round++) {
      const scale = Math.floor(random() * 12) - 3;
      const spread = random() * 30;
      const values = Array.from({ length: 30 }, () => {
        const size = 2 ** ((random() - 0.5) * spread);
        return random() < 0.05 ? 0 : random() < 0.2 ? -size : size;
      });
      const buckets = bucketsOf(values, scale);
      const bounds = new ExponentialBounds(20, 2);
      expect(bounds.cover(buckets)).toBe(true);
      expect(bounds.bounds.length).toBeLessThanOrEqual(20);
      expect(bounds.bounds).toEqual([...bounds.bounds].sort((a, b) => a - b));
      const below: number[] = [];
      bounds.fill(buckets, below);
      const expected = bounds.bounds.map((bound) => values.filter((value) => value <= bound).length);
      expect(below, `scale ${scale}, ${values}`).toEqual(expected);
      // All values lie between the first and the last bound.
      expect([below[0], below.at(-1)]).toEqual([
        values.filter((value) => value <= (bounds.bounds[0] as number)).length,
        30,
      ]);
    }
  });

  it('stay where they were when more is measured: some go, some come at the ends', () => {
    const random = randomFrom(11);
    const bounds = new ExponentialBounds(20, 2);
    let before: readonly number[] = [];
    let changes = 0;
    for (let round = 0; round < 500; round++) {
      bounds.cover(bucketsOf([2 ** ((random() - 0.5) * 0.08 * round)], 6));
      const inside = bounds.bounds.filter(
        (bound) => bound >= (before[0] as number) && bound <= (before.at(-1) as number),
      );
      for (const bound of inside) expect(before).toContain(bound);
      if (bounds.bounds !== before) changes++;
      before = bounds.bounds;
    }
    expect(changes).toBeLessThan(45);
  });

  it('hold all doubles from 2^-512 to 2^512 of both signs in eight', () => {
    const bounds = new ExponentialBounds(8, 2);
    expect(bounds.cover(bucketsOf([2 ** -511, 2 ** 511, -(2 ** -511), -(2 ** 511), 0], 0))).toBe(true);
    expect(bounds.bounds.length).toBeLessThanOrEqual(8);
    expect(bounds.bounds.every(Number.isFinite)).toBe(true);
  });

  it('are the same doubles at every scale', () => {
    for (let index = -40; index <= 40; index++) expect(boundOf(index * 4, 2)).toBe(boundOf(index, 0));
    expect(boundOf(3, 1)).toBe(boundOf(24, 4));
  });
});
