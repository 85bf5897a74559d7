import { describe, expect, it } from 'vitest';
import { same } from './same.ts';

describe('same', () => {
  const times = [1, 2];
  const line = () => ({ lines: [{ name: 'a', times }], unit: 'ratio' });

  it('holds for props made anew of the same answer', () => {
    expect(same(line(), line(), 3)).toBe(true);
  });
  it.each([
    ['another answer', { lines: [{ name: 'a', times: [1, 2] }], unit: 'ratio' }],
    ['another name', { lines: [{ name: 'b', times }], unit: 'ratio' }],
    [
      'another line',
      {
        lines: [
          { name: 'a', times },
          { name: 'b', times },
        ],
        unit: 'ratio',
      },
    ],
    ['another unit', { lines: [{ name: 'a', times }], unit: 'count' }],
    ['a part less', { lines: [{ name: 'a', times }] }],
    ['nothing', null],
  ])('does not for %s', (_, other) => {
    expect(same(line(), other, 3)).toBe(false);
  });
});
