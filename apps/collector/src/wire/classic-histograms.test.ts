import { labelsFromObject } from '@binnacle/shared/telemetry/labels.ts';
import { isStale, SampleBatch } from '@binnacle/shared/telemetry/sample-batch.ts';
import { describe, expect, it } from 'vitest';
import { histogramMessage, type TestHistogram } from '../receivers/remote-write/testing/write-2-message.ts';
import { ClassicHistograms, leOf } from './classic-histograms.ts';
import { NativeHistogram } from './native-histogram.ts';
import { ProtobufReader } from './protobuf.ts';
import { type InternedSeries, indexIn, SeriesIntern } from './series-intern.ts';

const base = labelsFromObject({ __name__: 'h', job: 'j' });

/** Appends histograms one after the other and tells the samples of each: `le` or suffix, and value ("stale" for a marker). */
function unfold(maxBuckets: number) {
  const intern = new SeriesIntern();
  const classic = new ClassicHistograms(intern, { maxBuckets, maxSeries: 1000 });
  const histogram = new NativeHistogram();
  return (given: Omit<TestHistogram, 'atMs'>): Record<string, number | string> => {
    const batch = new SampleBatch();
    const epoch = intern.nextEpoch();
    const bytes = histogramMessage({ atMs: 1000, ...given });
    histogram.read(new ProtobufReader(bytes), bytes.length);
    if (!histogram.stale) expect(histogram.settle()).toBeUndefined();
    classic.append(histogram, base, batch, (series: InternedSeries) => indexIn(batch, series, epoch));
    const samples: Record<string, number | string> = {};
    for (let i = 0; i < batch.length; i++) {
      const labels = batch.series[batch.seriesOf[i] as number];
      const part = labels?.get('le') ?? labels?.metricName.slice(1) ?? '';
      samples[part] = isStale(batch.valueWords, i) ? 'stale' : (batch.values[i] as number);
      expect(batch.timestamps[i]).toBe(1000);
    }
    return samples;
  };
}

describe('native histograms as classic ones', () => {
  it('both signs and the zero bucket, cumulated from the lowest bound', () => {
    const samples = unfold(160)({
      count: 15,
      sum: 3,
      zeroThreshold: 0.25,
      zeroCount: 2,
      negative: [[0, [1, 3]]],
      positive: [[1, [4, 5]]],
    });
    expect(samples).toEqual({
      '-2.0': 0,
      '-1.0': 3,
      '-0.5': 4,
      '0.25': 6,
      '1.0': 6,
      '2.0': 10,
      '4.0': 15,
      '+Inf': 15,
      _count: 15,
      _sum: 3,
    });
  });

  it('custom buckets keep the bounds that they list, empty ones too', () => {
    const samples = unfold(160)({
      count: 7,
      sum: 3,
      schema: -53,
      customBounds: [0.1, 0.5, 1, 2.5],
      positive: [
        [0, [1]],
        [1, [2, 3, 1]],
      ],
    });
    expect(samples).toEqual({ '0.1': 1, '0.5': 1, '1.0': 3, '2.5': 6, '+Inf': 7, _count: 7, _sum: 3 });
  });

  it('bounds once had are had again, so that a rate sees the same series', () => {
    const next = unfold(160);
    next({ count: 3, sum: 1, positive: [[0, [1, 2]]] });
    expect(next({ count: 5, sum: 1, positive: [[2, [5]]] })).toEqual({
      '0.5': 0,
      '1.0': 0,
      '2.0': 0,
      '4.0': 5,
      '+Inf': 5,
      _count: 5,
      _sum: 1,
    });
  });

  it('too many buckets: the resolution is halved, every second bound stays, the others end with a stale marker', () => {
    const next = unfold(8);
    const first = next({ count: 4, sum: 1, schema: 1, positive: [[1, [1, 1, 1, 1]]] });
    expect(Object.keys(first)).toEqual(expect.arrayContaining(['1.0', '1.4142135623730951', '2.0', '4.0']));
    const second = next({ count: 9, sum: 1, schema: 1, positive: [[1, [1, 1, 1, 1, 1, 1, 1, 1, 1]]] });
    expect(second).toEqual({
      '1.0': 0,
      '1.4142135623730951': 'stale',
      '2.0': 2,
      '2.8284271247461903': 'stale',
      '4.0': 4,
      '8.0': 6,
      '16.0': 8,
      '32.0': 9,
      '+Inf': 9,
      _count: 9,
      _sum: 1,
    });
    // A finer one that comes now is merged; nothing is marked a second time.
    expect(Object.values(next({ count: 1, sum: 1, schema: 3, positive: [[9, [1]]] }))).not.toContain('stale');
  });

  it('a stale histogram ends every series that it had', () => {
    const next = unfold(160);
    next({ count: 3, sum: 1, positive: [[0, [1, 2]]] });
    const ended = next({ count: 0, sum: 0, sumBits: 0x7ff0000000000002n });
    expect(ended).toEqual(
      Object.fromEntries(['0.5', '1.0', '2.0', '+Inf', '_count', '_sum'].map((part) => [part, 'stale'])),
    );
  });

  it('observations that are NaN are in the count and in no bucket', () => {
    expect(unfold(160)({ count: 3, sum: Number.NaN, positive: [[0, [1]]] })).toMatchObject({ '1.0': 1, '+Inf': 3 });
  });

  it('infinite observations lie above every bound, and bounds at the end of the floats do not break the order', () => {
    const samples = unfold(160)({
      count: 3,
      sum: 1,
      positive: [
        [-1074, [1]],
        [2096, [1, 1]],
      ],
    });
    expect(samples).toMatchObject({ '+Inf': 3, _count: 3 });
    expect(Object.keys(samples).length).toBeLessThan(170);
  });
});

it('bounds are written as Prometheus 3 writes them', () => {
  const written = { 1: '1.0', 0: '0.0', '-4': '-4.0', 0.25: '0.25', 1e-5: '1e-05', 2.5e-7: '2.5e-07', 1e21: '1e+21' };
  for (const [bound, le] of Object.entries(written)) expect(leOf(Number(bound))).toBe(le);
  expect([999_999, 1e6, 1_048_576, Number.POSITIVE_INFINITY].map(leOf)).toEqual([
    '999999.0',
    '1e+06',
    '1.048576e+06',
    '+Inf',
  ]);
});
