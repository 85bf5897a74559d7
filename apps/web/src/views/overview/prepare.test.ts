import { describe, expect, it } from 'vitest';
import type { ActiveAlert, RangeAnswer } from '#data/prometheus.ts';
import { fairness, findings, largestMessages, lowest, newest, rises, total } from './prepare.ts';

const answer = (...series: { labels: Record<string, string>; values: (number | null)[] }[]): RangeAnswer => ({
  fromMs: 0,
  toMs: 30_000,
  stepSeconds: 10,
  warnings: [],
  series: series.map(({ labels, values }) => {
    const points = values.flatMap((value, i) => (value === null ? [] : [[i * 10_000, value] as const]));
    return { labels, times: points.map(([time]) => time), values: points.map(([, value]) => value) };
  }),
});
const queue = (name: string, ...values: (number | null)[]) => ({ labels: { queue: name }, values });
const info = (name: string, parent: string) => ({ labels: { queue: name, parent }, timeMs: 0, value: 1 });

describe('newest', () => {
  it('knows nothing when the last samples are missing', () => {
    expect(newest([1, 2, null])).toBe(2);
    expect(newest([1, null, null, null, null])).toBeNull();
    expect(newest([])).toBeNull();
  });
});

describe('fairness', () => {
  const tree = [info('research', ''), info('pretraining', 'research'), info('vision', 'research')];
  it('is the held share of what leaves deserve, and names who lacks most', () => {
    const result = fairness({
      allocated: answer(queue('research', 64, 64), queue('pretraining', 64, 64), queue('vision', 0, 0)),
      requested: answer(queue('research', 88, 88), queue('pretraining', 72, 72), queue('vision', 0, 16)),
      fairShare: answer(queue('research', 64, 64), queue('pretraining', 48, 48), queue('vision', 16, 16)),
      tree,
    });
    expect(result.trend.slice(0, 2)).toEqual([1, 48 / 64]);
    expect(result.trend.slice(2)).toEqual([null, null]);
    expect(result.worst).toEqual({ queue: 'vision', held: 0, deserved: 16 });
  });
  it('is unknown without the model of fair shares', () => {
    expect(
      fairness({ allocated: answer(queue('a', 1)), requested: answer(queue('a', 1)), fairShare: undefined, tree: [] })
        .trend,
    ).toEqual([]);
  });
  it('takes an unlimited share as the request', () => {
    const unlimited = fairness({
      allocated: answer(queue('a', 4)),
      requested: answer(queue('a', 8)),
      fairShare: answer(queue('a', Number.POSITIVE_INFINITY)),
      tree: [],
    });
    expect(unlimited.trend[0]).toBe(0.5);
  });
});

describe('lowest and total', () => {
  const two = answer(
    { labels: { probe: 'a' }, values: [1, 1, 1, 0.9] },
    { labels: { probe: 'b' }, values: [null, 1, 0.5, 0.6] },
  );
  it('follows the lowest series and names it', () => {
    expect(lowest(two)).toEqual({ trend: [1, 1, 0.5, 0.6], labels: { probe: 'b' } });
  });
  it('sums what is there', () => {
    expect(total(two)).toEqual([1, 2, 1.5, 1.5]);
    expect(total(undefined)).toEqual([]);
  });
});

describe('largestMessages', () => {
  it('keeps the largest size of each job', () => {
    const kept = largestMessages(
      answer(
        { labels: { job: 'a', message_bytes: '1048576' }, values: [1] },
        { labels: { job: 'a', message_bytes: '268435456' }, values: [2] },
      ),
    );
    expect(kept?.series.map((s) => s.labels.message_bytes)).toEqual(['268435456']);
  });
});

describe('rises', () => {
  it('adds up rises and a reset, and says when the newest was', () => {
    expect(rises(answer({ labels: { device: 'mlx5_4' }, values: [3, 5, 5, 1] }))).toEqual([
      { labels: { device: 'mlx5_4' }, by: 3, at: 30_000 },
    ]);
  });
  it('takes what a series shows first as its beginning, wherever in the range that is', () => {
    expect(rises(answer({ labels: {}, values: [null, null, 40, 42] }))).toEqual([{ labels: {}, by: 2, at: 30_000 }]);
    expect(rises(answer({ labels: {}, values: [7, 7, 7, 7] }))).toEqual([]);
  });
});

describe('findings', () => {
  const alert = (
    alertname: string,
    severity: string,
    minute: number,
    state: 'firing' | 'pending' = 'firing',
  ): ActiveAlert => ({
    labels: { alertname, severity },
    annotations: {},
    state,
    activeAt: new Date(minute * 60e3).toISOString(),
    value: '1',
    layer: 'fabric',
    expr: 'up == 0',
  });
  it('is one per rule, worst first, then the oldest; what is pending is none', () => {
    const result = findings([
      alert('slow', 'warning', 3),
      alert('slow', 'warning', 1),
      alert('flap', 'warning', 2),
      alert('xid', 'critical', 9),
      alert('later', 'critical', 0, 'pending'),
    ]);
    expect(
      result.map(({ first, alerts }) => [first.labels.alertname, first.activeAt?.slice(14, 16), alerts.length]),
    ).toEqual([
      ['xid', '09', 1],
      ['slow', '01', 2],
      ['flap', '02', 1],
    ]);
  });
});
