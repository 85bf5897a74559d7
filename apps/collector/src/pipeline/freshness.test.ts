import { describe, expect, it } from 'vitest';
import { ArrivalTimes } from './arrival-times.ts';
import { FreshnessTable, silenceAfterMs } from './freshness.ts';
import { RateWindow } from './rate-window.ts';
import { senderOf } from './sender.ts';

const start = Date.UTC(2026, 0, 1);
const minute = 60_000;

/** Arrivals every `everyMs` for `minutes`; `lag` of the newest sample on arrival, ms. */
function steady(everyMs: number, minutes: number, lag: (atMs: number) => number | null = () => 0): ArrivalTimes {
  const times = new ArrivalTimes();
  for (let at = start; at <= start + minutes * minute; at += everyMs) {
    const one = lag(at);
    times.note(at, one === null ? null : at - one);
  }
  return times;
}

describe('how often a source sends', () => {
  it('is not known before three minutes with pauses', () => {
    expect(new ArrivalTimes().usualIntervalMs).toBeNull();
    expect(steady(15_000, 1).usualIntervalMs).toBeNull();
    expect(steady(15_000, 3).usualIntervalMs).toBe(15_000);
  });
  it('is that of the bursts, not of the requests within one', () => {
    const times = new ArrivalTimes();
    for (let round = 0; round < 40; round++) {
      for (let request = 0; request < 20; request++) times.note(start + round * 15_000 + request * 50, null);
    }
    expect(times.usualIntervalMs).toBe(15_000 - 19 * 50);
  });
  it('does not become the length of one outage', () => {
    const times = steady(15_000, 8);
    times.note(start + 8 * minute + 20 * minute, null);
    times.note(start + 8 * minute + 20 * minute + 15_000, null);
    expect(times.usualIntervalMs).toBe(15_000);
  });
  it('is also known of one that sends every ten minutes', () => {
    expect(steady(10 * minute, 60).usualIntervalMs).toBe(10 * minute);
  });
});

describe('the lag', () => {
  it('of a clock that runs an hour ahead is minus an hour', () => {
    const times = steady(15_000, 6, () => -3_600_000 + 800);
    expect(times.lagMs).toBe(-3_600_000 + 800);
    expect(times.lagIsSteady).toBe(true);
  });
  it('of a sender that collects for a minute is that of its newest sample, and no batch makes it late', () => {
    // Delays of up to 40 s now and then; some batch a minute comes at once.
    const times = steady(15_000, 6, (at) => ((at / 15_000) % 4 === 0 ? 200 : 40_000));
    expect(times.lagMs).toBe(200);
  });
  it('does not follow one odd batch', () => {
    const times = steady(15_000, 6, (at) => (at === start + 5 * minute ? -500_000 : 300));
    expect(times.lagMs).toBe(300);
  });
  it('is steady for a wrong clock, and not for a sender that catches up', () => {
    expect(steady(15_000, 6, () => 3_600_000).lagIsSteady).toBe(true);
    expect(steady(15_000, 6, (at) => 3_600_000 - (at - start)).lagIsSteady).toBe(false);
    expect(steady(15_000, 1, () => 3_600_000).lagIsSteady).toBeNull();
  });
  it('is not known where no batch had a time', () => {
    expect(steady(15_000, 6, () => null).lagMs).toBeNull();
  });
});

describe('rates', () => {
  it('are of the last minute, and not known at the beginning', () => {
    const rate = new RateWindow();
    expect(rate.perSecond(start)).toBeNull();
    rate.add(100, start);
    expect(rate.perSecond(start + 5000)).toBeNull();
    for (let s = 1; s <= 300; s++) rate.add(100, start + s * 1000);
    expect(rate.perSecond(start + 300_000)).toBeCloseTo(100, -1);
    expect(rate.perSecond(start + 400_000)).toBe(0);
  });
});

describe('the freshness table', () => {
  const tableAt = (bounds: { maxSources?: number; maxSenders?: number } = {}) => {
    let now = start;
    return {
      table: new FreshnessTable({ now: () => now, ...bounds }),
      at: (ms: number) => {
        now = start + ms;
      },
    };
  };
  const batch = (over: object = {}) => ({ accepted: 10, refused: [], newestAt: start, aheadAt: null, ...over });
  const origin = { receiver: 'remote-write', source: 'senders' };

  it('keeps a source as a whole and each of its senders', () => {
    const { table } = tableAt();
    table.count({ ...origin, sender: 'a@1' }, batch());
    table.count({ ...origin, sender: 'b@2' }, batch({ accepted: 5 }));
    expect(table.of('remote-write', 'senders')?.accepted).toBe(15);
    expect([...table.senders()].map(({ sender, accepted }) => [sender, accepted])).toEqual([
      ['a@1', 10],
      ['b@2', 5],
    ]);
  });

  it('lets the longest silent go when there are too many, and counts it', () => {
    const { table } = tableAt({ maxSenders: 2 });
    for (const sender of ['a', 'b', 'a', 'c']) table.count({ ...origin, sender }, batch());
    expect([...table.senders()].map(({ sender }) => sender)).toEqual(['a', 'c']);
    expect(table.evicted).toBe(1);
  });

  it('sees a clock an hour ahead by the samples that are refused for it', () => {
    const { table, at } = tableAt();
    const refused = [{ reason: 'too_far_in_future', count: 10, example: '{a="b"}' }] as const;
    for (let i = 0; i < 20; i++) {
      at(i * 15_000);
      const aheadAt = start + i * 15_000 + 3_600_000;
      table.count(origin, batch({ accepted: 0, refused, newestAt: null, aheadAt }));
    }
    const entry = table.of('remote-write', 'senders');
    expect(entry?.arrivals.lagMs).toBe(-3_600_000);
    expect(entry?.lastSampleAt).toBeNull();
    expect(entry?.lastAcceptedAt).toBeNull();
    expect(entry?.refused.get('too_far_in_future')).toEqual({
      count: 200,
      lastAt: start + 19 * 15_000,
      example: '{a="b"}',
    });
  });

  it('goes by what it accepted where one batch brings both', () => {
    const { table } = tableAt();
    table.count(origin, batch({ newestAt: start - 500, aheadAt: start + 9e9 }));
    expect(table.of('remote-write', 'senders')?.arrivals.lagMs).toBe(500);
  });

  it('counts silence past three intervals and a little, and only once an interval is known', () => {
    const { table, at } = tableAt();
    table.count(origin, batch());
    const entry = table.of('remote-write', 'senders')!;
    at(600_000);
    expect(silenceAfterMs(entry)).toBeNull();
    expect(table.silentMs(entry)).toBe(0);
    for (let i = 0; i <= 40; i++) {
      at(600_000 + i * 15_000);
      table.count(origin, batch());
    }
    expect(silenceAfterMs(entry)).toBe(60_000);
    const last = 600_000 + 40 * 15_000;
    at(last + 59_000);
    expect(table.silentMs(entry)).toBe(0);
    at(last + 100_000);
    expect(table.silentMs(entry)).toBe(40_000);
    table.count(origin, batch());
    expect(table.silentMs(entry)).toBe(40_000);
  });

  it('knows of a source that stopped before a restart, and does not take the absence of the gateway for its silence', () => {
    const { table, at } = tableAt();
    const lastArrivalAt = start - 3_600_000;
    table.recall(origin, { lastArrivalAt, lastSampleAt: lastArrivalAt - 100, usualIntervalMs: 15_000 });
    const entry = table.of('remote-write', 'senders')!;
    expect(entry).toMatchObject({ recalled: true, lastSampleAt: lastArrivalAt - 100 });
    at(30_000);
    expect(table.silentMs(entry)).toBe(0);
    at(90_000);
    expect(table.silentMs(entry)).toBe(30_000);
    table.count(origin, batch());
    expect(entry.recalled).toBe(false);
    expect(silenceAfterMs(entry)).toBe(60_000);
  });

  it('does not recall over what it has seen itself, nor what has been silent for a week; and forgets after one', () => {
    const { table, at } = tableAt();
    table.count(origin, batch());
    table.recall(origin, { lastArrivalAt: start - 10, lastSampleAt: null, usualIntervalMs: null });
    expect(table.of('remote-write', 'senders')?.recalled).toBe(false);
    const old = { lastArrivalAt: start - 8 * 86_400_000, lastSampleAt: null, usualIntervalMs: null };
    table.recall({ receiver: 'scrape', source: 'old' }, old);
    expect([...table.all()]).toHaveLength(1);
    at(8 * 86_400_000);
    expect([...table.all()]).toEqual([]);
    expect(table.evicted).toBe(0);
  });

  it('counts requests that were refused as a whole by their code', () => {
    const { table } = tableAt();
    table.refuseRequest(origin, 'over_capacity', 'come back later', 500);
    table.refuse(origin, [{ reason: 'unsupported_type', count: 3, example: 'native histograms' }]);
    expect(table.of('remote-write', 'senders')).toMatchObject({
      refusedRequests: new Map([['over_capacity', { count: 1, lastAt: start, example: 'come back later' }]]),
      refused: new Map([['unsupported_type', { count: 3, lastAt: start, example: 'native histograms' }]]),
    });
  });
});

describe('a sender', () => {
  it.each([
    ['10.0.0.7', 'Prometheus/2.42.0', 'Prometheus@10.0.0.7'],
    ['::ffff:10.0.0.7', 'vmagent', 'vmagent@10.0.0.7'],
    ['::1', 'OTel OTLP Exporter Python/1.30', 'OTel-OTLP-Exporter-Python@::1'],
    ['10.0.0.7', undefined, '10.0.0.7'],
    ['10.0.0.7', '"<script>', '10.0.0.7'],
  ])('at %s with %s is %s', (address, agent, name) => {
    expect(senderOf(address, agent)).toBe(name);
  });
});
