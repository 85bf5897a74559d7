import { describe, expect, it } from 'vitest';
import { countSources, doorRows, mendOf, sourceRows } from './prepare.ts';

const now = 1_800_000_000_000;
const source = (over: object = {}) => ({
  receiver: 'scrape',
  source: 'vllm/a:8000',
  cluster: 'c',
  state: 'up' as const,
  lastSampleAt: now - 10_000,
  lastError: null,
  address: 'http://a:8000/metrics',
  intervalSeconds: 15,
  ...over,
});
const words = (...over: object[]) =>
  sourceRows({ sources: over.map(source), doors: [] }, now).map(({ word, status, ageMs }) => [word, status, ageMs]);

describe('sourceRows', () => {
  it('says what each source is', () => {
    expect(
      words(
        {},
        { lastSampleAt: now - 61_000 },
        { lastSampleAt: null },
        { state: 'down', lastError: 'x' },
        { state: 'waiting', lastSampleAt: null },
        { state: 'waiting', intervalSeconds: null, lastSampleAt: now - 900_000 },
        { state: 'consent', lastSampleAt: null },
        { intervalSeconds: null, lastSampleAt: now - 200_000 },
        { intervalSeconds: null, lastSampleAt: now - 301_000 },
      ),
    ).toEqual([
      ['up', 'ok', 10_000],
      ['late', 'attention', 61_000],
      ['no samples', 'unknown', null],
      ['down', 'bad', 10_000],
      ['waiting', 'unknown', null],
      ['quiet', 'unknown', 900_000],
      ['wants consent', 'attention', null],
      ['up', 'ok', 200_000],
      ['quiet', 'unknown', 301_000],
    ]);
  });
  it('counts by state and knows nothing before the answer', () => {
    expect(sourceRows(undefined, now)).toEqual([]);
    expect(countSources(sourceRows({ sources: [source(), source({ state: 'down' })], doors: [] }, now))).toEqual({
      ok: 1,
      attention: 0,
      bad: 1,
      unknown: 0,
    });
  });
});

describe('mendOf', () => {
  it.each([
    ['connect ECONNREFUSED 10.0.0.1:8000', 'Nothing listens'],
    ['getaddrinfo ENOTFOUND a', 'name is not known'],
    ['the target answered 403', 'credentials'],
    ['the target answered 404', 'path'],
    ['no answer in time: 10 s', 'in time'],
    ['something else', 'Open http://a:8000/metrics'],
  ])('%s', (lastError, words) => {
    expect(mendOf(source({ state: 'down', lastError }), 'down')).toContain(words);
  });
  it('has nothing to say of what is well', () => {
    expect(mendOf(source(), 'up')).toBeNull();
  });
});

describe('doorRows', () => {
  it('adds up refusals by reason', () => {
    const [door] = doorRows([
      { receiver: 'otlp', path: '/v1/metrics', accepted: 5, refused: { bad_labels: 1, over_capacity: 3, none: 0 } },
    ]);
    expect(door).toMatchObject({
      refused: 4,
      reasons: [
        ['over_capacity', 3],
        ['bad_labels', 1],
      ],
    });
  });
});
