import { describe, expect, it } from 'vitest';
import { drawn, errorPlace, guessUnit, labelColumns, mostLines } from './prepare.ts';

describe('drawn', () => {
  it('draws only so many lines but counts all, and names lines by what tells them apart', () => {
    const series = Array.from({ length: mostLines + 2 }, (_, i) => ({
      labels: { __name__: 'up', instance: `${i}` },
      times: [0, 1000],
      values: [1, 1],
    }));
    const result = drawn({ series, fromMs: 0, toMs: 1000, stepSeconds: 1, warnings: [] });
    expect([result.lines.length, result.series, result.points]).toEqual([
      mostLines,
      mostLines + 2,
      2 * (mostLines + 2),
    ]);
    expect(result.lines[0]?.name).toBe('{instance="0"}');
  });
});

describe('labelColumns', () => {
  it('puts the name of the metric first', () => {
    expect(labelColumns([{ labels: { b: '1', __name__: 'x', a: '2' }, timeMs: 0, value: 1 }])).toEqual([
      '__name__',
      'a',
      'b',
    ]);
  });
});

describe('guessUnit', () => {
  it.each([
    ['binnacle_collective_skew_seconds{job="a"}', 'seconds'],
    ['binnacle_nccl_test_bus_bandwidth_bytes_per_second', 'bytesPerSecond'],
    ['rate(x_bytes_total[1m])', 'none'],
    ['up', 'none'],
  ])('%s is in %s', (expr, unit) => {
    expect(guessUnit(expr)).toBe(unit);
  });
});

describe('errorPlace', () => {
  it('points under the place that the gateway names', () => {
    expect(errorPlace('sum(\n  up[5m\n)', { line: 2, column: 5 })).toEqual({ line: '  up[5m', caret: '    ^' });
  });
  it('stays inside the line, and says nothing without a place', () => {
    expect(errorPlace('up', { line: 1, column: 99 })?.caret).toBe('  ^');
    expect(errorPlace('up', undefined)).toBeNull();
    expect(errorPlace('up', { line: 7, column: 1 })).toBeNull();
  });
});
