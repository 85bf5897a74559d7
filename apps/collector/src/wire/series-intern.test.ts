import { describe, expect, it } from 'vitest';
import { ByteTable, hashBytes } from './byte-table.ts';
import { SeriesIntern, sortPairs } from './series-intern.ts';

const key = (text: string) => Buffer.from(text);
const bounds = { maxEntries: 100, maxKeyBytes: 10_000 };

describe('table of byte runs', () => {
  it('finds what was put there, by bytes and tag, wherever the bytes lie', () => {
    const table = new ByteTable<number>({ maxEntries: 10_000, maxKeyBytes: 1e6 });
    for (let i = 0; i < 5000; i++) table.set(key(`series-${i}`), 0, `series-${i}`.length, i);
    table.set(key('x'), 0, 1, -1, 7);
    for (let i = 0; i < 5000; i++) {
      const inside = key(`..series-${i}..`);
      expect(table.get(inside, 2, inside.length - 2)).toBe(i);
    }
    expect(table.get(key('series-5000'), 0, 11)).toBeUndefined();
    expect([table.get(key('x'), 0, 1), table.get(key('x'), 0, 1, 7)]).toEqual([undefined, -1]);
  });

  it('keeps what is used and forgets the rest, within its bounds', () => {
    const table = new ByteTable<number>(bounds);
    table.set(key('kept'), 0, 4, 1);
    for (let i = 0; i < 1000; i++) {
      table.set(key(`once-${i}`), 0, `once-${i}`.length, i);
      expect(table.get(key('kept'), 0, 4)).toBe(1);
      expect(table.size).toBeLessThanOrEqual(100);
    }
    expect(table.get(key('once-0'), 0, 6)).toBeUndefined();
  });

  it('is bounded by the bytes of its keys too, and does without a key that is longer than all of them', () => {
    const table = new ByteTable<number>({ maxEntries: 1e6, maxKeyBytes: 1000 });
    const long = Buffer.alloc(1001);
    table.set(long, 0, 1001, 1);
    expect(table.get(long, 0, 1001)).toBeUndefined();
    for (let i = 0; i < 100; i++) table.set(Buffer.alloc(100, i), 0, 100, i);
    expect(table.size).toBeLessThanOrEqual(10);
  });

  it('looks at every byte', () => {
    const base = hashBytes(Buffer.alloc(64), 0, 64, 0);
    for (let i = 0; i < 64; i++) {
      const other = Buffer.alloc(64);
      other[i] = 1;
      expect(hashBytes(other, 0, 64, 0)).not.toBe(base);
    }
  });
});

describe('intern table of series', () => {
  it('has one object for one set of labels, also where a value contains what joins keys', () => {
    const intern = new SeriesIntern(bounds);
    expect(intern.bySortedPairs(['a', '1'])).toBe(intern.bySortedPairs(['a', '1']));
    const joined = intern.bySortedPairs(['a', 'x\u00ffb\u00ffy']);
    const apart = intern.bySortedPairs(['a', 'x', 'b', 'y']);
    expect(apart).not.toBe(joined);
    expect(apart.labels.pairs).toEqual(['a', 'x', 'b', 'y']);
  });

  it('keeps its size', () => {
    const intern = new SeriesIntern(bounds);
    for (let i = 0; i < 1000; i++) intern.addLabels(key(`${i}`), 0, `${i}`.length, ['a', `${i}`]);
    expect(intern.size).toBeLessThanOrEqual(100);
  });
});

it('sorts pairs by code units, without empty values', () => {
  expect(sortPairs(['b', '1', 'a', '2', 'B', '3', 'c', '', 'a', '1'])).toEqual([
    'B',
    '3',
    'a',
    '2',
    'a',
    '1',
    'b',
    '1',
  ]);
});
