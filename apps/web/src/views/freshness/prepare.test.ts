import type { FreshnessAnswer, FreshnessRow } from '@binnacle/shared/api/freshness.ts';
import { describe, expect, it } from 'vitest';
import { agentRows, clockOf, countRows, doorRefusals, refusedPerSecond, sourceRows } from './prepare.ts';

const now = 1_800_000_000_000;
const minute = 60_000;
const row = (over: Partial<FreshnessRow> = {}): FreshnessRow => ({
  receiver: 'remote-write',
  source: 'senders',
  sender: 'Prometheus@10.0.0.7',
  kind: 'sender',
  cluster: '',
  state: null,
  address: null,
  lastError: null,
  intervalMs: null,
  accepted: 1000,
  acceptedPerSecond: 100,
  refusedPerSecond: null,
  refused: [],
  refusedRequests: [],
  lastSampleAt: now - 2000,
  lastArrivalAt: now - 1000,
  lastAcceptedAt: now - 1000,
  usualIntervalMs: 15_000,
  silenceAfterMs: 60_000,
  silentMs: 0,
  lagMs: 800,
  lagIsSteady: true,
  activeSeries: null,
  recalled: false,
  ...over,
});
const answer = (...rows: FreshnessRow[]): FreshnessAnswer => ({
  at: now,
  instance: '127.0.0.1:4318',
  startedAt: now - 60 * minute,
  previousSeenAt: null,
  recall: 'nothing',
  futureLimitMs: 600_000,
  queue: {
    unwrittenSamples: 0,
    inFlightBytes: 0,
    inFlightLimitBytes: 1,
    oldestUnwrittenMs: null,
    activeSeries: 0,
    activeSeriesLimit: 1,
  },
  evicted: 0,
  rows,
  leftOut: 0,
});
const stateOf = (over: Partial<FreshnessRow>, whole: Partial<FreshnessAnswer> = {}) => {
  const [one] = sourceRows({ ...answer(row(over)), ...whole }, now);
  return [one?.status, one?.word];
};
const refusal = (reason: string, lastAt = now) => ({ reason, count: 5, lastAt, example: '{a="b"}' });
const nothing = { lastSampleAt: null, lastArrivalAt: null, lastAcceptedAt: null, lagMs: null };

describe('the state of a source', () => {
  it.each<[string, Partial<FreshnessRow>, [string, string]]>([
    ['sends as usual', {}, ['ok', 'receiving']],
    ['never sent', nothing, ['unknown', 'waiting']],
    ['cannot be read', { kind: 'polled', state: 'down', lastError: 'refused' }, ['bad', 'down']],
    ['wants consent', { kind: 'polled', state: 'consent', ...nothing }, ['attention', 'wants consent']],
    ['stopped', { lastArrivalAt: now - 61_000 }, ['attention', 'silent']],
    ['is late and not yet silent', { lastArrivalAt: now - 59_000 }, ['ok', 'receiving']],
    [
      'sent once, and nobody knows how often it does',
      { lastArrivalAt: now - 10 * minute, silenceAfterMs: null, usualIntervalMs: null, acceptedPerSecond: 0 },
      ['unknown', 'quiet'],
    ],
    [
      'is an hour ahead and refused for it',
      {
        ...{ accepted: 0, acceptedPerSecond: null, refusedPerSecond: 5, lastSampleAt: null, lastAcceptedAt: null },
        ...{ lagMs: -60 * minute, refused: [refusal('too_far_in_future')] },
      },
      ['bad', 'refused'],
    ],
    ['is a minute ahead', { lagMs: -minute }, ['attention', '1 min ahead']],
    ['is an hour behind', { lagMs: 60 * minute }, ['attention', '1 h late']],
    [
      'is refused in part',
      { refusedPerSecond: 1, refused: [refusal('too_old', now - 2000)] },
      ['attention', 'partly refused'],
    ],
    [
      'was refused once, and is well since',
      { refusedPerSecond: 0, refused: [refusal('too_old', now - minute)] },
      ['ok', 'receiving'],
    ],
    [
      'is turned away as a whole',
      {
        acceptedPerSecond: 0,
        refusedPerSecond: 9,
        lastAcceptedAt: now - minute,
        refusedRequests: [refusal('over_capacity')],
      },
      ['bad', 'refused'],
    ],
    [
      'was taken out of the configuration',
      { kind: 'gone', sender: null, lastArrivalAt: now - minute },
      ['unknown', 'gone'],
    ],
  ])('that %s', (_, over, expected) => {
    expect(stateOf(over)).toEqual(expected);
  });

  it('known from before a restart is due at first, then silent, and never healthy', () => {
    const known = { recalled: true, lastArrivalAt: now - 60 * minute, lagMs: null, acceptedPerSecond: null };
    expect(stateOf(known, { startedAt: now - 30_000 })).toEqual(['unknown', 'expected']);
    expect(stateOf(known, { startedAt: now - 90_000 })).toEqual(['attention', 'silent']);
    const unsteady = { ...known, silenceAfterMs: null, usualIntervalMs: null };
    expect(stateOf(unsteady, { startedAt: now - 90_000 })).toEqual(['unknown', 'quiet']);
  });

  it('puts what is wrong first, and names a reason that it does not know', () => {
    const rows = sourceRows(
      answer(
        row({ sender: 'b' }),
        row({ sender: 'a' }),
        row({ sender: 'late', lagMs: 60 * minute }),
        row({
          sender: 'down',
          lastAcceptedAt: null,
          refused: [refusal('quite_new')],
          refusedPerSecond: 1,
          acceptedPerSecond: 0,
        }),
        row({ sender: 'new', ...nothing }),
      ),
      now,
    );
    expect(rows.map(({ name }) => name)).toEqual(['down', 'late', 'new', 'a', 'b']);
    expect(rows[0]?.sentence).toContain('quite new');
    expect(sourceRows(undefined, now)).toEqual([]);
  });
});

describe('the clock of a source', () => {
  const words = (over: Partial<FreshnessRow>) => {
    const { status, word } = clockOf(row(over));
    return [status, word];
  };
  it('is ahead where no delay explains it, whatever kind of source it is', () => {
    expect(words({ lagMs: -60 * minute })).toEqual(['attention', '1 h ahead']);
    expect(words({ kind: 'polled', lagMs: -60 * minute })).toEqual(['attention', '1 h ahead']);
    expect(words({ lagMs: -4000 })).toEqual(['ok', 'in time']);
  });
  it('is not called wrong for a sender that collects before it sends', () => {
    expect(words({ lagMs: 9 * minute, usualIntervalMs: 5 * minute })).toEqual(['ok', 'in time']);
  });
  it('is not told from a delay, and a backlog is told from both', () => {
    expect(clockOf(row({ lagMs: 60 * minute })).sentence).toMatch(/clock is behind, or it holds/);
    expect(clockOf(row({ lagMs: 60 * minute, lagIsSteady: false })).sentence).toMatch(/backlog/);
    expect(clockOf(row({ lagMs: 60 * minute, lagIsSteady: null })).sentence).toMatch(/not known yet/);
  });
  it('is the gateway’s own where the gateway stamps, and unknown where nothing came', () => {
    expect(words({ kind: 'polled' })).toEqual(['ok', 'gateway’s']);
    expect(words({ lagMs: null })).toEqual(['unknown', 'not known']);
  });
});

describe('a door', () => {
  const door = (over: Partial<FreshnessRow> = {}) => row({ kind: 'door', sender: null, ...over });
  it('is not given the clock of whoever of its senders is furthest ahead', () => {
    const mixed = answer(
      door({ lagMs: -60 * minute }),
      row({ sender: 'ahead', lagMs: -60 * minute }),
      row({ sender: 'well' }),
    );
    expect(sourceRows(mixed, now).map(({ name, word }) => [name, word])).toEqual([
      ['ahead', '1 h ahead'],
      ['remote-write: senders', 'receiving'],
      ['well', 'receiving'],
    ]);
    const [alone] = sourceRows(answer(door({ lagMs: -60 * minute })), now);
    expect(alone?.word).toBe('1 h ahead');
  });
  it('whose rows are not counted as samples is what its receiver says', () => {
    const spans = { receiver: 'otlp-records', kind: 'door', sender: null, ...nothing } as const;
    expect(stateOf({ ...spans, state: 'up' })).toEqual(['ok', 'receiving']);
    expect(stateOf({ ...spans, state: 'waiting', lastSampleAt: now - 10 * minute })).toEqual(['unknown', 'quiet']);
    expect(stateOf({ ...spans, state: 'waiting' })).toEqual(['unknown', 'waiting']);
  });
});

describe('counts', () => {
  it('take the senders for their door, and leave out what nobody waits for', () => {
    const rows = sourceRows(
      answer(
        row({ kind: 'door', sender: null }),
        row({ sender: 'a' }),
        row({ sender: 'b', lagMs: 60 * minute }),
        row({ sender: 'c', lastArrivalAt: now - 10 * minute }),
        row({ kind: 'self', receiver: 'self', sender: null }),
        row({ kind: 'gone', receiver: 'scrape', sender: null }),
        row({ kind: 'door', receiver: 'otlp', sender: null, ...nothing }),
      ),
      now,
    );
    expect(countRows(rows)).toEqual({ total: 4, receiving: 2, silent: 1, refused: 0, down: 0, clocks: 1, waiting: 1 });
  });
  it('of what is refused do not count a sender and its door', () => {
    const door = row({ kind: 'door', sender: null, refusedPerSecond: 5 });
    expect(refusedPerSecond(answer(door, row({ refusedPerSecond: 5 })))).toBe(5);
    expect(refusedPerSecond(undefined)).toBeNull();
  });
});

describe('doors and agents', () => {
  const sample = (labels: Record<string, string>, value: number) => ({ labels, value, timeMs: now });
  it('most frequent refusals first', () => {
    expect(
      doorRefusals([sample({ door: '/a', code: 'forbidden' }, 1.2), sample({ door: '/b', code: 'not_found' }, 9)]).map(
        ({ door, count }) => [door, count],
      ),
    ).toEqual([
      ['/b', 9],
      ['/a', 1],
    ]);
  });
  it('an agent is silent, full, refused, behind or well; what it did not tell is not known', () => {
    const of = (over: object) =>
      agentRows(
        {
          ...{ seen: [sample({ instance: 'n1' }, now / 1000 - 5)], started: [], buffer: [], oldest: [], onDisk: [] },
          ...{ forwarded: [], refused: [], lost: [] },
          ...over,
        },
        now,
      )[0];
    const one = (value: number) => [sample({ instance: 'n1' }, value)];
    expect(of({})).toMatchObject({ word: 'forwards', bufferBytes: null, onDisk: null, oldestSeconds: null });
    expect(of({ seen: one(now / 1000 - 90) })).toMatchObject({ word: 'silent', seenAgeMs: 90_000 });
    expect(of({ lost: one(3) })).toMatchObject({ status: 'bad', word: 'buffer full', lost: 3 });
    expect(of({ refused: one(3) })).toMatchObject({ word: 'refused' });
    expect(of({ oldest: one(300), onDisk: one(1) })).toMatchObject({ word: 'behind', onDisk: true });
  });
});
