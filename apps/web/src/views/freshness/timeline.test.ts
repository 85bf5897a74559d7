import { describe, expect, it } from 'vitest';
import type { RangeAnswer } from '#data/prometheus.ts';
import { lanesOf, restartsOf, type Segment, troubles } from './timeline.ts';

const start = 1_800_000_000_000;
const step = 60;
const steps = 20;
const range = { fromMs: start, toMs: start + steps * step * 1000 };
const at = (i: number) => start + i * step * 1000;

/** One series by its value at each step; undefined is no sample. */
function ranged(labels: Record<string, string>, value: (i: number) => number | undefined): RangeAnswer {
  const times: number[] = [];
  const values: number[] = [];
  for (let i = 0; i <= steps; i++) {
    const one = value(i);
    if (one === undefined) continue;
    times.push(at(i));
    values.push(one);
  }
  return { ...range, stepSeconds: step, warnings: [], series: times.length === 0 ? [] : [{ labels, times, values }] };
}

const labels = { receiver: 'scrape', source: 'a' };
const row = { key: 'scrape/a', receiver: 'scrape', source: 'a', sender: null };
const nothing = ranged(labels, () => undefined);
const well = {
  started: ranged({}, () => start / 1000 - 3600),
  lastArrival: ranged(labels, (i) => at(i) / 1000 - 5),
  silent: ranged(labels, () => 0),
  up: ranged(labels, () => 1),
  accepted: ranged(labels, () => 10),
  refused: nothing,
};
const lane = (over: Partial<typeof well>, away: { fromMs: number; toMs: number }[] = []): Segment[] =>
  lanesOf([row], { ...well, ...over }, away).get('scrape/a') ?? [];
const told = (segments: readonly Segment[]) =>
  segments.map(({ state, fromMs, toMs }) => [state, (fromMs - start) / 60_000, (toMs - start) / 60_000]);

describe('restarts', () => {
  const begun = (start2: number) => (i: number) => (i < 10 ? start / 1000 - 3600 : start2 / 1000);
  it('are exact, whatever the step, and say from when to when nobody was there', () => {
    const second = at(9) + 30_500;
    const started = ranged({}, begun(second));
    const previous = ranged({}, (i) => (i < 10 ? undefined : at(8) / 1000 + 7));
    expect(restartsOf(started, previous, range)).toEqual({
      starts: [second],
      away: [{ fromMs: at(8) + 7000, toMs: second }],
    });
  });
  it('without a word on the process before are a start and no absence', () => {
    expect(restartsOf(ranged({}, begun(at(9))), undefined, range)).toEqual({ starts: [at(9)], away: [] });
    expect(restartsOf(undefined, undefined, range)).toEqual({ starts: [], away: [] });
  });
  it('before the range reach into it as an absence', () => {
    const started = ranged({}, () => at(2) / 1000);
    const previous = ranged({}, () => start / 1000 - 900);
    expect(restartsOf(started, previous, range).away).toEqual([{ fromMs: start, toMs: at(2) }]);
  });
});

describe('a lane', () => {
  it('receives throughout', () => {
    expect(told(lane({}))).toEqual([['receiving', 0, 20]]);
  });
  it('is unknown where nothing was noted, not receiving', () => {
    expect(told(lane({ lastArrival: ranged(labels, (i) => (i < 6 ? undefined : at(i) / 1000)) }))).toEqual([
      ['unknown', 0, 5],
      ['receiving', 5, 20],
    ]);
    expect(told(lane({ started: nothing }))).toEqual([['unknown', 0, 20]]);
    expect(told(lane({ lastArrival: nothing }))).toEqual([['unknown', 0, 20]]);
    expect(lanesOf([row], { ...well, lastArrival: undefined }, []).size).toBe(0);
  });
  it('is silent from its last arrival on, as soon as the gateway counts silence', () => {
    const lastArrival = ranged(labels, (i) => (i <= 4 || i > 12 ? at(i) : at(4)) / 1000);
    const silent = ranged(labels, (i) => Math.max(0, (Math.min(i, 12) - 7) * 60));
    expect(told(lane({ lastArrival, silent }))).toEqual([
      ['receiving', 0, 5],
      ['silent', 5, 12],
      ['receiving', 12, 20],
    ]);
  });
  it('shows a silence that is shorter than a step', () => {
    expect(told(lane({ silent: ranged(labels, (i) => (i < 10 ? 0 : 12)) }))).toEqual([
      ['receiving', 0, 9],
      ['silent', 9, 10],
      ['receiving', 10, 20],
    ]);
  });
  it('takes no new beginning of the counter for silence', () => {
    expect(told(lane({ silent: ranged(labels, (i) => (i < 10 ? 500 : 0)) }))).toEqual([['receiving', 0, 20]]);
  });
  it('is unknown, not silent, where nobody knows how often it sends', () => {
    const lastArrival = ranged(labels, () => at(3) / 1000);
    expect(told(lane({ lastArrival, silent: nothing, up: nothing }))).toEqual([
      ['receiving', 0, 5],
      ['unknown', 5, 20],
    ]);
    // Where it is polled, the poll tells.
    expect(told(lane({ lastArrival, silent: nothing }))).toEqual([['receiving', 0, 20]]);
  });
  it('with steps shorter than the gateway notes has no holes', () => {
    // Noted every third step, as of 5 s with metrics of every 15 s; the newest note stands until the next.
    const lastArrival = ranged(labels, (i) => at(i - (i % 3)) / 1000 - 5);
    const fine = (one: RangeAnswer): RangeAnswer => ({
      ...one,
      stepSeconds: 5,
      toMs: start + steps * 5000,
      series: one.series.map((series) => ({ ...series, times: series.times.map((ms) => start + (ms - start) / 12) })),
    });
    const answers = {
      ...well,
      started: fine(well.started),
      lastArrival: fine({
        ...lastArrival,
        series: lastArrival.series.map((one) => ({
          ...one,
          values: one.times.map((ms, i) => (start + (ms - start) / 12) / 1000 - 5 - (i % 3) * 5),
        })),
      }),
      silent: nothing,
      up: nothing,
      accepted: nothing,
    };
    expect(told(lanesOf([row], answers, []).get('scrape/a') ?? []).map(([state]) => state)).toEqual(['receiving']);
  });
  it('is down where reading it failed, although its up went in', () => {
    expect(told(lane({ up: ranged(labels, (i) => (i > 10 ? 0 : 1)) }))).toEqual([
      ['receiving', 0, 10],
      ['down', 10, 20],
    ]);
  });
  it('tells what is refused altogether from what is refused in part', () => {
    const refused = ranged(labels, (i) => (i > 10 ? 4 : undefined));
    expect(told(lane({ refused }))[1]).toEqual(['partly', 10, 20]);
    expect(told(lane({ refused, accepted: nothing }))[1]).toEqual(['refused', 10, 20]);
  });
  it('is unknown after a restart until something comes, not receiving', () => {
    const started = ranged({}, (i) => (i < 10 ? start / 1000 - 3600 : at(9) / 1000 + 30));
    const lastArrival = ranged(labels, (i) => (i < 10 ? at(i) : i < 14 ? at(9) : at(i)) / 1000);
    expect(told(lane({ started, lastArrival }))).toEqual([
      ['receiving', 0, 9],
      ['unknown', 9, 13],
      ['receiving', 13, 20],
    ]);
  });
  it('is cut where the gateway was away, whatever the steps say', () => {
    const segments = lane({}, [{ fromMs: at(8) + 15_000, toMs: at(9) + 30_000 }]);
    expect(told(segments)).toEqual([
      ['receiving', 0, 8.25],
      ['away', 8.25, 9.5],
      ['receiving', 9.5, 20],
    ]);
    expect(told(troubles(segments))).toEqual([['away', 8.25, 9.5]]);
  });
  it('of a sender is its own, not that of its door', () => {
    const sender = { key: 'rw/p', receiver: 'rw', source: 'senders', sender: 'p' };
    const answers = { ...well, lastArrival: ranged({ receiver: 'rw', sender: 'p' }, (i) => at(i) / 1000) };
    expect(told(lanesOf([sender], answers, []).get('rw/p') ?? [])).toHaveLength(1);
    expect(told(lanesOf([{ ...sender, sender: null }], answers, []).get('rw/p') ?? [])).toEqual([['unknown', 0, 20]]);
  });
});
