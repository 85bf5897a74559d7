import { describe, expect, it } from 'vitest';
import { cleared, found, type HistoryEntry, mostEntries, parseHistory, withRun, withStar } from './history.ts';

const ran = (...exprs: string[]) => exprs.reduce<HistoryEntry[]>((entries, expr, i) => withRun(entries, expr, i), []);

describe('the history', () => {
  it('has the newest first and an expression once, with how often it ran', () => {
    expect(ran('up', 'rate(x[1m])', ' up ').map((one) => [one.expr, one.runs, one.ranAtMs])).toEqual([
      ['up', 2, 2],
      ['rate(x[1m])', 1, 1],
    ]);
    expect(ran('', '  ')).toEqual([]);
  });

  it('forgets the oldest beyond a hundred, but nothing that is starred', () => {
    let entries = withStar(ran('keep me'), 'keep me', true);
    for (let i = 0; i < mostEntries + 5; i++) entries = withRun(entries, `q${i}`, i);
    expect(entries).toHaveLength(mostEntries + 1);
    expect(entries.at(-1)?.expr).toBe('keep me');
    expect(entries.some((one) => one.expr === 'q4')).toBe(false);
    expect(cleared(entries).map((one) => one.expr)).toEqual(['keep me']);
  });

  it('is searched by words, whatever their case', () => {
    const entries = withStar(ran('sum(up)', 'avg(GPU_UTIL)', 'up == 0'), 'up == 0', true);
    expect(found(entries, 'UP sum', false).map((one) => one.expr)).toEqual(['sum(up)']);
    expect(found(entries, '', true).map((one) => one.expr)).toEqual(['up == 0']);
    expect(found(entries, 'gpu_util', false)).toHaveLength(1);
  });

  it('survives the round trip and reads nothing from what is not a history', () => {
    const entries = ran('up');
    expect(parseHistory(JSON.stringify(entries))).toEqual(entries);
    for (const broken of [null, '', '{', '[{"expr":1}]', '{"a":1}']) expect(parseHistory(broken)).toEqual([]);
  });
});
