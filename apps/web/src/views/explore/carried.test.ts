import { describe, expect, it } from 'vitest';
import { carriedAnswers } from './carried.ts';
import { rowsOf } from './query-list.ts';

interface State {
  readonly data: string | undefined;
  readonly loading: boolean;
}
const came = (data: string): State => ({ data, loading: false });
const asking: State = { data: undefined, loading: true };
const failed: State = { data: undefined, loading: false };

describe('carriedAnswers', () => {
  const rows = rowsOf({ exprs: ['a', 'b'], hide: '' });
  const first = carriedAnswers(
    rows,
    new Map([
      ['a', came('of a')],
      ['b', came('of b')],
    ]),
    new Map(),
  );
  const next = rowsOf({ exprs: ['a', 'c'], hide: '' }, rows);

  it('keeps the answer of a changed query until the new one comes', () => {
    expect(first.waiting).toBe(false);
    const meanwhile = carriedAnswers(
      next,
      new Map([
        ['a', came('of a')],
        ['c', asking],
      ]),
      first.last,
    );
    expect(meanwhile.waiting).toBe(true);
    expect(meanwhile.answered.map(({ letter, expr, answer }) => [letter, expr, answer])).toEqual([
      ['A', 'a', 'of a'],
      ['B', 'b', 'of b'],
    ]);
    const then = carriedAnswers(next, new Map([['c', came('of c')]]), meanwhile.last);
    expect([then.waiting, then.answered.map(({ answer }) => answer)]).toEqual([false, ['of c']]);
  });

  it('shows nothing of a question that failed, was canceled, or is hidden', () => {
    expect(carriedAnswers(next, new Map([['c', failed]]), first.last).answered).toEqual([]);
    const hidden = rowsOf({ exprs: ['a', 'b'], hide: 'B' }, rows);
    expect(carriedAnswers(hidden, new Map([['b', came('of b')]]), first.last).answered).toEqual([]);
  });
});
