import { describe, expect, it } from 'vitest';
import { filterRows, sortRows } from './table-model.ts';

describe('sortRows', () => {
  it('puts the unknown last in both directions', () => {
    const rows = [3, null, 1, Number.NaN, 2];
    expect(sortRows(rows, (v) => v, false).slice(0, 3)).toEqual([1, 2, 3]);
    expect(sortRows(rows, (v) => v, true).slice(0, 3)).toEqual([3, 2, 1]);
  });
  it('sorts names as people count', () => {
    expect(sortRows(['n10', 'n2', 'n1'], (v) => v, false)).toEqual(['n1', 'n2', 'n10']);
  });
});

describe('filterRows', () => {
  const rows = [
    { node: 'gpu-node-01', device: 'mlx5_0' },
    { node: 'gpu-node-02', device: 'mlx5_4' },
  ];
  const columns = [{ value: (r: (typeof rows)[number]) => r.node }, { value: (r: (typeof rows)[number]) => r.device }];
  it('asks every word to occur somewhere', () => {
    expect(filterRows(rows, columns, 'NODE mlx5_4')).toEqual([rows[1]]);
    expect(filterRows(rows, columns, '')).toBe(rows);
    expect(filterRows(rows, columns, 'absent')).toEqual([]);
  });
});
