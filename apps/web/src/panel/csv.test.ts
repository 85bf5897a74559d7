import { describe, expect, it } from 'vitest';
import { csvText, linesCsv } from './csv.ts';

describe('csvText', () => {
  it('quotes what needs it and defuses formulas', () => {
    expect(
      csvText({
        header: ['a', 'b'],
        rows: [
          ['x,"y"', -1],
          ['=1+1', null],
        ],
      }),
    ).toBe('a,b\r\n"x,""y""",-1\r\n\'=1+1,');
  });
});

describe('linesCsv', () => {
  it('lines up series by time and leaves gaps empty', () => {
    const csv = linesCsv([
      { name: 'a', times: [0, 1000], values: [1, 2] },
      { name: 'b', times: [1000], values: [3] },
    ]);
    expect(csv).toEqual({
      header: ['time', 'a', 'b'],
      rows: [
        ['1970-01-01T00:00:00.000Z', 1, null],
        ['1970-01-01T00:00:01.000Z', 2, 3],
      ],
    });
  });
});
