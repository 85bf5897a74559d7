import { describe, expect, it } from 'vitest';
import {
  busBandwidth,
  busBandwidthFactor,
  collectiveNamed,
  expectedBusBandwidth,
  expectedCollectiveSeconds,
  fitAlphaBeta,
  ringBytesPerRank,
  ringSteps,
  treeSteps,
} from './all-reduce.ts';
import { analyticCases, distances, fits } from './analytic-cases.ts';
import { measuredSystem, measuredSystems } from './measured-systems.ts';

describe('published numbers', () => {
  it.each(analyticCases('nccl_busbw'))('bus bandwidth, $source', (one) => {
    const { op, n, bytes, time_s } = one.inputs;
    expect(distances(busBandwidth({ collective: op, ranks: n, bytes, seconds: time_s })! / 1e9, one)).toEqual(fits);
  });
  it.each(analyticCases('ring_allreduce_bytes_per_rank'))('ring bytes, $inputs.n ranks', (one) => {
    expect(distances(ringBytesPerRank(one.inputs.n, one.inputs.bytes) / 1e9, one)).toEqual(fits);
  });
  it.each(analyticCases('ring_allreduce_steps'))('ring steps, $inputs.n ranks', (one) => {
    expect(distances(ringSteps(one.inputs.n), one)).toEqual(fits);
  });
  it.each(analyticCases('tree_allreduce_steps'))('tree steps, $inputs.n ranks', (one) => {
    expect(distances(treeSteps(one.inputs.n), one)).toEqual(fits);
  });
});

it.each([
  ['AllReduce', 64, 1.96875],
  ['all_reduce_perf', 8, 1.75],
  ['ReduceScatter', 8, 0.875],
  ['alltoall', 4, 0.75],
  ['Broadcast', 8, 1],
  ['SendRecv', 2, 1],
  ['AllReduce', 1, undefined],
  ['MyCollective', 8, undefined],
])('factor of %s over %i ranks is %s', (collective, ranks, factor) => {
  expect(busBandwidthFactor(collective, ranks)).toBe(factor);
});

it('knows a collective by any spelling', () => {
  for (const name of ['AllGather', 'all_gather', 'all-gather', 'all_gather_perf'])
    expect(collectiveNamed(name)).toBe('all_gather');
  expect(collectiveNamed('constructor')).toBeUndefined();
});

describe('alpha-beta model', () => {
  const model = { collective: 'all_reduce', ranks: 64, alphaSeconds: 250e-6, betaBytesPerSecond: 400e9 };

  it('approaches beta from below as the size grows', () => {
    const curve = [2 ** 20, 2 ** 24, 2 ** 28, 2 ** 33].map((bytes) => expectedBusBandwidth({ ...model, bytes })!);
    expect(curve).toEqual([...curve].sort((a, b) => a - b));
    expect(curve[3]! / 400e9).toBeGreaterThan(0.99);
    expect(curve[3]!).toBeLessThan(400e9);
    const bytes = 2 ** 28;
    const { alphaSeconds: alpha, betaBytesPerSecond: beta } = model;
    expect(curve[2]).toBeCloseTo(beta / (1 + (alpha * beta) / (1.96875 * bytes)), 0);
  });

  it('recovers alpha and beta from points that it made', () => {
    const points = [2 ** 20, 2 ** 25, 2 ** 30].map((bytes) => ({
      ...model,
      bytes,
      seconds: expectedCollectiveSeconds({ ...model, bytes })!,
    }));
    const fit = fitAlphaBeta(points)!;
    expect(fit.alphaSeconds).toBeCloseTo(250e-6, 9);
    expect(fit.betaBytesPerSecond / 400e9).toBeCloseTo(1, 6);
  });

  it('never answers with a negative alpha', () => {
    const fit = fitAlphaBeta([
      { ...model, bytes: 1e6, seconds: 1e-6 },
      { ...model, bytes: 1e9, seconds: 1 },
    ])!;
    expect(fit.alphaSeconds).toBe(0);
    expect(fit.betaBytesPerSecond).toBeGreaterThan(0);
  });

  it('is unknown without two sizes, with a falling line, or for nonsense', () => {
    const one = { ...model, bytes: 1e6, seconds: 1e-3 };
    expect(fitAlphaBeta([one, one])).toBeUndefined();
    expect(fitAlphaBeta([one, { ...one, bytes: 2e6, seconds: 1e-4 }])).toBeUndefined();
    expect(fitAlphaBeta([one, { ...one, bytes: 2e6, seconds: Number.NaN }])).toBeUndefined();
    expect(expectedBusBandwidth({ ...model, bytes: 0 })).toBeUndefined();
    expect(expectedBusBandwidth({ ...model, bytes: 1e6, betaBytesPerSecond: 0 })).toBeUndefined();
  });
});

it('the fitted line of each measured system gives its published figure within 5 %', () => {
  const fitted = measuredSystems.filter((system) => system.fit !== undefined);
  expect(fitted.length).toBeGreaterThan(3);
  for (const system of fitted) {
    const expected = expectedBusBandwidth({ ...system, ...system.fit! })!;
    expect(Math.abs(expected / system.busBandwidthBytesPerSecond - 1), system.id).toBeLessThan(0.05);
  }
  expect(measuredSystem('nothing')).toBeUndefined();
});
