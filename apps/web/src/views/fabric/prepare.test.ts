import { describe, expect, it } from 'vitest';
import type { RangeAnswer } from '#data/prometheus.ts';
import { jobBandwidths, portRows, sizeLines, stragglers } from './prepare.ts';

const range = (series: RangeAnswer['series']): RangeAnswer => ({
  series,
  fromMs: 0,
  toMs: 60_000,
  stepSeconds: 10,
  warnings: [],
});
const sample = (labels: Record<string, string>, value: number) => ({ labels, timeMs: 0, value });
const plain = (text: string) => text.replaceAll('\u202f', ' ');

describe('jobBandwidths', () => {
  const at = (job: string, message_bytes: string, value: number, time = 60_000) => ({
    labels: { job, message_bytes },
    times: [time],
    values: [value],
  });
  it('compares equal sizes at the largest message and puts the slowest job first', () => {
    const jobs = jobBandwidths(
      range([at('a', '1024', 1e9), at('a', '268435456', 300e9), at('b', '268435456', 120e9)]),
      range([at('a', '1024', 2e9), at('a', '268435456', 330e9), at('b', '268435456', 330e9)]),
    );
    expect(jobs.map((job) => [job.job, job.messageBytes, job.ratio])).toEqual([
      ['b', 268_435_456, 120 / 330],
      ['a', 268_435_456, 300 / 330],
    ]);
  });
  it('knows no ratio without a model or without a fresh sample', () => {
    expect(jobBandwidths(range([at('a', '1024', 1e9)]), undefined)[0]?.ratio).toBeNull();
    expect(jobBandwidths(range([at('a', '1024', 1e9, 0)]), range([at('a', '1024', 2e9)]))[0]?.ratio).toBeNull();
  });
});

describe('sizeLines', () => {
  it('sorts points by size and keeps measured and expected apart', () => {
    const labels = { test: 't', collective: 'AllReduce', n_ranks: '64' };
    const lines = sizeLines(
      [
        sample({ ...labels, size_bytes: '2048', dtype: 'float', placement: 'out' }, 2),
        sample({ ...labels, size_bytes: '1024', dtype: 'float', placement: 'out' }, 1),
      ],
      [sample({ ...labels, size_bytes: '1024' }, 1.5)],
    );
    expect(lines.map(({ name, sizes, values, dashed }) => ({ name, sizes, values, dashed }))).toEqual([
      { name: 't, AllReduce, float, out of place', sizes: [1024, 2048], values: [1, 2], dashed: false },
      { name: 't, AllReduce, expected', sizes: [1024], values: [1.5], dashed: true },
    ]);
  });
});

describe('portRows', () => {
  const port = (device: string) => ({ instance: 'n3', device, port: '1' });
  const none = {
    state: [],
    rate: [],
    transmit: [],
    receive: [],
    downed: [],
    recovered: [],
    symbols: [],
    errors: [],
    wait: [],
  };
  it('puts a flapping port at half its rate first and says why', () => {
    const rows = portRows({
      ...none,
      state: ['mlx5_0', 'mlx5_1', 'mlx5_4'].map((d) => sample(port(d), 4)),
      rate: [sample(port('mlx5_0'), 50e9), sample(port('mlx5_1'), 50e9), sample(port('mlx5_4'), 25e9)],
      downed: [sample(port('mlx5_0'), 0), sample(port('mlx5_4'), 2.9)],
      symbols: [sample(port('mlx5_1'), 7)],
    });
    expect(rows.map((row) => [row.device, row.status, plain(row.reason)])).toEqual([
      ['mlx5_4', 'bad', 'went down 3 times, runs at 200 Gb/s, others at 400 Gb/s'],
      ['mlx5_1', 'attention', '7 errors'],
      ['mlx5_0', 'ok', ''],
    ]);
  });
  it('keeps a counter that nobody exports unknown', () => {
    const [row] = portRows({ ...none, state: [sample(port('mlx5_0'), 4)] });
    expect(row).toMatchObject({ downed: null, errors: null, wait: null, status: 'ok' });
    expect(portRows({ ...none, rate: [sample(port('mlx5_0'), 50e9)] })[0]?.status).toBe('unknown');
  });
  it('counts one extrapolated event as one', () => {
    expect(portRows({ ...none, downed: [sample(port('mlx5_0'), 0.4)] })[0]?.downed).toBe(1);
  });
});

describe('stragglers', () => {
  it('finds the host of the rank in the same job', () => {
    const ranks = [
      sample({ job: 'other', rank: '27', instance: 'n9' }, 1),
      sample({ job: 'a', rank: '27', instance: 'n4' }, 1),
    ];
    expect(stragglers([sample({ job: 'a' }, 27)], ranks)).toEqual([{ job: 'a', rank: 27, instance: 'n4' }]);
  });
});
