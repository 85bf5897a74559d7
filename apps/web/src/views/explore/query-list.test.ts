import { describe, expect, it } from 'vitest';
import {
  addressOf,
  allRun,
  letterOf,
  mostQueries,
  moved,
  rowsOf,
  sameAddress,
  withAdded,
  withDraft,
  withDuplicate,
  withHidden,
  withoutQuery,
  withPicked,
} from './query-list.ts';

const three = () => rowsOf({ exprs: ['a', 'b', 'c'], hide: 'B' });
const exprs = (rows: readonly { expr: string }[]) => rows.map((row) => row.expr).join();

describe('the list of queries', () => {
  it('is what the URL says, and says it again', () => {
    const rows = three();
    expect(rows.map((row) => [row.draft, row.expr, row.hidden])).toEqual([
      ['a', 'a', false],
      ['b', 'b', true],
      ['c', 'c', false],
    ]);
    expect(addressOf(rows)).toEqual({ exprs: ['a', 'b', 'c'], hide: 'B' });
  });

  it('begins with one empty query, which leaves no trace in the URL', () => {
    expect(rowsOf({ exprs: [], hide: '' })).toHaveLength(1);
    expect(addressOf(rowsOf({ exprs: [], hide: '' })).exprs).toEqual([]);
    expect(addressOf(withAdded(rowsOf({ exprs: [], hide: '' }))).exprs).toEqual(['', '']);
  });

  it('keeps drafts that did not run when another query of the URL changes', () => {
    const before = three();
    const rows = withDraft(before, before[2]?.id ?? '', 'c + 1');
    const after = rowsOf({ exprs: ['a', 'other', 'c'], hide: 'B' }, rows);
    expect(after.map((row) => row.draft)).toEqual(['a', 'other', 'c + 1']);
    expect(after.map((row) => row.id)).toEqual(rows.map((row) => row.id));
  });

  it('runs all drafts; blank ones stand for nothing', () => {
    const rows = three();
    const typed = withDraft(withDraft(rows, rows[0]?.id ?? '', 'a + 1'), rows[2]?.id ?? '', '  ');
    expect(exprs(allRun(typed))).toBe('a + 1,b,');
  });

  it('moves by one and stays at the ends', () => {
    const rows = three();
    const id = rows[2]?.id ?? '';
    expect(exprs(moved(rows, id, -1))).toBe('a,c,b');
    expect(exprs(moved(rows, id, 1))).toBe('a,b,c');
    expect(addressOf(moved(rows, rows[1]?.id ?? '', -1)).hide).toBe('A');
  });

  it('duplicates below, removes, and leaves an empty query behind the last', () => {
    const rows = three();
    expect(exprs(withDuplicate(rows, rows[0]?.id ?? ''))).toBe('a,a,b,c');
    expect(exprs(withoutQuery(rows, rows[1]?.id ?? ''))).toBe('a,c');
    const one = rowsOf({ exprs: ['a'], hide: '' });
    expect(withoutQuery(one, one[0]?.id ?? '').map((row) => row.draft)).toEqual(['']);
  });

  it('hides by letter and never grows beyond what one page compares', () => {
    const rows = three();
    expect(addressOf(withHidden(rows, rows[2]?.id ?? '', true)).hide).toBe('BC');
    const many = rowsOf({ exprs: Array.from({ length: 40 }, (_, i) => `q${i}`), hide: '' });
    expect(many).toHaveLength(mostQueries);
    expect(withAdded(many)).toHaveLength(mostQueries);
    expect(withDuplicate(many, many[0]?.id ?? '')).toHaveLength(mostQueries);
    expect(letterOf(mostQueries - 1)).toBe('L');
  });

  it('puts a picked expression into the first empty query, else into a new one', () => {
    expect(withPicked(rowsOf({ exprs: ['a', ''], hide: '' }), 'up').map((row) => row.draft)).toEqual(['a', 'up']);
    expect(withPicked(three(), 'up').map((row) => row.draft)).toEqual(['a', 'b', 'c', 'up']);
  });

  it('tells addresses apart', () => {
    expect(sameAddress({ exprs: ['a'], hide: '' }, { exprs: ['a'], hide: '' })).toBe(true);
    expect(sameAddress({ exprs: ['a'], hide: '' }, { exprs: ['a'], hide: 'A' })).toBe(false);
    expect(sameAddress({ exprs: ['a'], hide: '' }, { exprs: ['a', ''], hide: '' })).toBe(false);
  });
});
