import { describe, expect, it } from 'vitest';
import {
  type Answered,
  type ByHand,
  chartLines,
  commonRange,
  exploreSeries,
  figuresOf,
  isDrawn,
  isolated,
  labelColumns,
  mostLines,
  pickedKeys,
  tableRows,
  toggled,
} from './prepare.ts';

const answer = (...series: [labels: Record<string, string>, ...values: number[]][]) => ({
  series: series.map(([labels, ...values]) => ({ labels, times: values.map((_, i) => i * 1000), values })),
  fromMs: 0,
  toMs: 1000,
  stepSeconds: 1,
  warnings: [],
});
const query = <Answer>(place: number, expr: string, given: Answer): Answered<Answer> => ({
  letter: 'ABC'[place] as string,
  place,
  expr,
  answer: given,
});

describe('exploreSeries', () => {
  it('names series by what tells them apart within their query, in the order that people count', () => {
    const series = exploreSeries(
      [query(0, 'up', answer([{ __name__: 'up', i: '10' }, 1], [{ __name__: 'up', i: '9' }, 1]))],
      false,
    );
    expect(series.map((one) => one.name)).toEqual(['{i="9"}', '{i="10"}']);
  });

  it('names the one series of an aggregation by its expression', () => {
    const series = exploreSeries([query(0, 'sum(\n  up\n)', answer([{}, 3]))], false);
    expect(series[0]?.name).toBe('sum( up )');
  });

  it('gives one query all colours, and each of several a family of its own', () => {
    const two = answer([{ a: '1' }, 1], [{ a: '2' }, 1]);
    const [first, second] = exploreSeries([query(0, 'x', two)], false);
    expect([first?.color, second?.color]).toEqual(['var(--cat-1)', 'var(--cat-2)']);
    const families = exploreSeries([query(0, 'x', two), query(2, 'y', two)], true);
    expect(families.map((one) => /--cat-\d/.exec(one.color)?.[0])).toEqual([
      '--cat-1',
      '--cat-1',
      '--cat-3',
      '--cat-3',
    ]);
    expect(new Set(families.map((one) => one.color)).size).toBe(4);
    expect(new Set(families.map((one) => one.key)).size).toBe(4);
  });

  it('puts the letter before a line where queries share a chart', () => {
    const series = exploreSeries([query(1, 'x', answer([{ a: '1' }, 1]))], true);
    expect(chartLines(series, true)[0]?.name).toBe('B  {a="1"}');
    expect(chartLines(series, false)[0]?.name).toBe('{a="1"}');
  });
});

describe('figuresOf', () => {
  it('has last, smallest, largest and mean of what there is; NaN is not smallest, and no sample is no figure', () => {
    expect(figuresOf([3, Number.NaN, 1])).toEqual({ last: 1, min: 1, max: 3, mean: 2 });
    expect(figuresOf([Number.NaN])).toEqual({ last: Number.NaN, min: null, max: null, mean: null });
    expect(figuresOf([])).toEqual({ last: null, min: null, max: null, mean: null });
  });
});

describe('the series that are drawn', () => {
  const many = exploreSeries(
    [
      query(
        0,
        'x',
        answer(
          ...Array.from({ length: mostLines + 10 }, (_, i): [Record<string, string>, number] => [
            { i: `${i}` },
            i === 3 ? Number.NaN : i,
          ]),
        ),
      ),
    ],
    false,
  );
  const names = (keys: ReadonlySet<string>) => many.filter((one) => keys.has(one.key)).map((one) => one.labels.i);

  it('are the largest by newest value, the smallest, or the first by name; NaN is last in both', () => {
    expect(names(pickedKeys(many, 'top', 2))).toEqual(['48', '49']);
    expect(names(pickedKeys(many, 'bottom', 4))).toEqual(['0', '1', '2', '4']);
    expect(names(pickedKeys(many, 'first', 4))).toEqual(['0', '1', '2', '3']);
    expect(pickedKeys(many, 'top').size).toBe(mostLines);
    expect(pickedKeys(many.slice(0, 5), 'top').size).toBe(5);
  });

  it('share the room evenly between queries, and what one does not need goes to the others', () => {
    const values = (count: number, base: number) =>
      answer(...Array.from({ length: count }, (_, i): [Record<string, string>, number] => [{ i: `${i}` }, base + i]));
    const series = exploreSeries(
      [query(0, 'small', values(30, 0)), query(1, 'few', values(3, 1e6)), query(2, 'large', values(30, 1e9))],
      true,
    );
    const picked = pickedKeys(series, 'top', 13);
    const counts = ['A', 'B', 'C'].map((letter) => [...picked].filter((key) => key.startsWith(letter)).length);
    expect(counts).toEqual([5, 3, 5]);
  });

  it('are hidden and shown by hand, one by one or one alone', () => {
    const picked = new Set(['a', 'b']);
    const all = ['a', 'b', 'c'];
    const shown = (byHand: ByHand) => all.filter((key) => isDrawn(key, picked, byHand)).join('');
    const none: ByHand = new Map();
    expect(shown(none)).toBe('ab');
    expect(shown(toggled('a', picked, none))).toBe('b');
    expect(shown(toggled('c', picked, none))).toBe('abc');
    expect(toggled('a', picked, toggled('a', picked, none)).size).toBe(0);
    const alone = isolated('c', all, picked, none);
    expect(shown(alone)).toBe('c');
    expect(shown(isolated('c', all, picked, alone))).toBe('ab');
  });
});

describe('commonRange', () => {
  it('holds all answers although now moved between them', () => {
    expect(commonRange([answer(), { ...answer(), fromMs: 1000, toMs: 2000 }])).toEqual({
      fromMs: 0,
      toMs: 2000,
      stepSeconds: 1,
    });
  });
});

describe('the table', () => {
  it('has every sample of every query with all its digits, and the text of a string', () => {
    const sample = { labels: { a: '1' }, timeMs: 0, value: 0.1 + 0.2 };
    const rows = tableRows([
      query(0, 'x', { samples: [sample], timeMs: 0, warnings: [] }),
      query(1, '"hi"', { samples: [], timeMs: 0, warnings: [], kind: 'string' as const, text: 'hi' }),
    ]);
    expect(rows.map((row) => [row.letter, row.text, row.value])).toEqual([
      ['A', '0.30000000000000004', 0.1 + 0.2],
      ['B', 'hi', null],
    ]);
  });

  it('puts the name of the metric first', () => {
    expect(labelColumns([{ labels: { b: '1', __name__: 'x', a: '2' } }])).toEqual(['__name__', 'a', 'b']);
  });
});
