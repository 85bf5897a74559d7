import { describe, expect, it } from 'vitest';
import { lineDiff, wordDiff } from './word-diff.ts';

describe('wordDiff', () => {
  it('shows the words that were replaced, with what both share around them', () => {
    expect(wordDiff('born in Queens, New York, in 1918.', 'born in New York City in 1918.')).toEqual([
      { kind: 'same', text: 'born in ' },
      { kind: 'removed', text: 'Queens, ' },
      { kind: 'same', text: 'New York' },
      { kind: 'removed', text: ',' },
      { kind: 'added', text: ' City' },
      { kind: 'same', text: ' in 1918.' },
    ]);
  });
  it('gives both texts back, whatever they are', () => {
    const texts = ['', 'a', 'a b c', 'c b a', 'x\n\ny <z>', 'ein Wörtchen, zwei 🙂 Wörtchen', 'a a a b'];
    for (const before of texts) {
      for (const after of texts) {
        const parts = wordDiff(before, after);
        const join = (without: string) => parts.flatMap((p) => (p.kind === without ? [] : [p.text])).join('');
        expect(join('added')).toBe(before);
        expect(join('removed')).toBe(after);
        if (before === after) expect(parts.every((p) => p.kind === 'same')).toBe(true);
      }
    }
  });
  it('falls back to one replacement where a table of all pairs would be too large', () => {
    const long = (word: string) => Array.from({ length: 3000 }, (_, i) => `${word}${i}`).join(' ');
    expect(wordDiff(long('a'), long('b')).map((p) => p.kind)).toEqual(['removed', 'added']);
  });
});

describe('lineDiff', () => {
  it('keeps whole lines together', () => {
    expect(lineDiff('{\n  "a": 1\n}', '{\n  "a": 1,\n  "b": 2\n}')).toEqual([
      { kind: 'same', text: '{\n' },
      { kind: 'removed', text: '  "a": 1\n' },
      { kind: 'added', text: '  "a": 1,\n  "b": 2\n' },
      { kind: 'same', text: '}' },
    ]);
  });
});
