import { describe, expect, it } from 'vitest';
import type { Sample } from '#data/prometheus.ts';
import { deploymentsOf, quantileOf, quantileText, trendOfModel, unresolvedBand, waitingSentence } from './prepare.ts';

const buckets = (values: Readonly<Record<string, number>>, model = 'm'): Sample[] =>
  Object.entries(values).map(([le, value]) => ({ labels: { model_name: model, le }, timeMs: 0, value }));
const sample = (value: number, model = 'm'): Sample => ({ labels: { model_name: model }, timeMs: 0, value });

describe('quantileOf', () => {
  it('interpolates inside a bucket, as histogram_quantile does', () => {
    const found = quantileOf(buckets({ '0.1': 2, '0.2': 6, '+Inf': 10, '0.4': 10 }), 0.5);
    expect(found).toEqual({ kind: 'value', value: expect.closeTo(0.175) });
  });
  it('does not resolve what falls into the first bucket, nor what is beyond the last bound', () => {
    expect(quantileText(quantileOf(buckets({ '0.3': 9, '0.5': 10, '+Inf': 10 }), 0.5))).toBe('< 300\u202fms');
    expect(quantileText(quantileOf(buckets({ '0.3': 1, '0.5': 2, '+Inf': 10 }), 0.9))).toBe('> 500\u202fms');
  });
  it('tells no requests from no family', () => {
    expect(quantileText(quantileOf(buckets({ '0.3': 0, '+Inf': 0 }), 0.5))).toBe('no requests');
    expect(quantileText(quantileOf([], 0.5))).toBe('not exported');
    expect(quantileOf(buckets({ '0.3': Number.NaN }), 0.5)).toEqual({ kind: 'missing' });
  });
});

describe('deploymentsOf', () => {
  const nothing = {
    requests: undefined,
    firstToken: [],
    interToken: [],
    cache: [],
    running: [],
    waiting: [],
    generated: [],
    prompt: [],
    preemptions: [],
  };
  it('keeps what is not exported unknown', () => {
    const [one] = deploymentsOf({ ...nothing, running: [sample(3)], waiting: [sample(Number.NaN)] });
    expect(one).toMatchObject({
      model: 'm',
      running: 3,
      waiting: null,
      requests: null,
      cache: null,
      verdict: 'unknown',
    });
  });
  it('judges by the first token, then by the cache', () => {
    const verdicts = deploymentsOf({
      ...nothing,
      firstToken: [
        ...buckets({ '0.1': 90, '1': 100, '+Inf': 100 }, 'a-quick'),
        ...buckets({ '1': 10, '5': 100, '+Inf': 100 }, 'b-slow'),
        ...buckets({ '0.1': 90, '1': 100, '+Inf': 100 }, 'c-full'),
        ...buckets({ '1': 0, '+Inf': 0 }, 'd-idle'),
        ...buckets({ '5': 10, '10': 10, '+Inf': 10 }, 'e-coarse'),
      ],
      cache: [sample(0.97, 'c-full')],
    });
    expect(verdicts.map(({ model, verdict }) => `${model} ${verdict}`)).toEqual([
      'a-quick in_time',
      'b-slow slow',
      'c-full full',
      'd-idle idle',
      'e-coarse unknown',
    ]);
  });
});

describe('trendOfModel', () => {
  it('leaves gaps', () => {
    const series = [{ labels: { model_name: 'm' }, times: [0, 20_000], values: [1, Number.NaN] }];
    expect(trendOfModel({ series, fromMs: 0, toMs: 20_000, stepSeconds: 10, warnings: [] }, 'm')).toEqual([
      1,
      null,
      null,
    ]);
  });
});

describe('unresolvedBand', () => {
  const bounds = buckets({ '+Inf': 1, '0.5': 1, '0.3': 1 });
  it('covers the first bucket where a line reaches into it', () => {
    expect(unresolvedBand(bounds, [{ times: [1, 2], values: [0.29, 0.4] }])).toMatchObject({
      times: [1, 2],
      high: [0.3, 0.3],
    });
  });
  it('is not there where every line is above it, or no bound is known', () => {
    expect(unresolvedBand(bounds, [{ times: [1], values: [0.4] }])).toBeUndefined();
    expect(unresolvedBand(undefined, [{ times: [1], values: [0.1] }])).toBeUndefined();
  });
});

describe('waitingSentence', () => {
  it.each([
    [[0, 0], 'No request waits.'],
    [[3, 0], 'Waiting: 3 at a.'],
    [[0, null], 'No request waits; not exported by b.'],
    [[2, null], 'Waiting: 2 at a; not exported by b.'],
    [[null, null], 'How many requests wait is not exported.'],
  ])('%j', ([a, b], sentence) => {
    expect(
      waitingSentence([
        { model: 'a', waiting: a ?? null },
        { model: 'b', waiting: b ?? null },
      ]),
    ).toBe(sentence);
  });
});
