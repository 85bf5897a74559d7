import { expect, test } from 'vitest';
import { compileMatcher } from './label-matcher.ts';

/** op, pattern, values that match, values that do not. The empty value stands for a series without the label. */
const table: [op: '=' | '!=' | '=~' | '!~', pattern: string, yes: string[], no: string[]][] = [
  ['=', 'a.b', ['a.b'], ['axb', '']],
  ['=', '', [''], ['a']],
  ['!=', 'a', ['b', ''], ['a']],
  ['!=', '', ['a'], ['']],
  ['=~', 'a|b', ['a', 'b'], ['ab', 'c', '']],
  ['=~', '(a|b)', ['a', 'b'], ['(a', '']],
  ['=~', '(a)|(b)', ['a', 'b'], ['a)|(b']],
  ['=~', 'a|', ['a', ''], ['b']],
  ['=~', '', [''], ['a']],
  ['=~', '.*', ['', 'a', 'a\nb'], []],
  ['=~', '.+', ['a', '\n'], ['']],
  ['=~', 'gpu-.*', ['gpu-', 'gpu-1', 'gpu-\n'], ['xgpu-1', '']],
  ['=~', 'gpu-.+', ['gpu-1'], ['gpu-']],
  ['=~', '.*-01', ['-01', 'gpu-01'], ['gpu-01x']],
  ['=~', '.*node.*', ['node', 'gpu-node-01'], ['nod']],
  ['=~', '.+node', ['anode'], ['node']],
  ['=~', 'a.c', ['abc', 'a\nc'], ['ac', 'abcd']],
  ['=~', 'a\\.c', ['a.c'], ['abc']],
  ['=~', '^abc$', ['abc'], ['xabc']],
  ['=~', '(?i)ABC', ['abc', 'AbC'], ['abcd']],
  ['=~', '[0-9]{2}', ['42'], ['4', '421']],
  ['=~', '\\d+\\pL', ['1é'], ['é']],
  ['!~', 'a|b', ['c', ''], ['a', 'b']],
  ['!~', 'a.*', ['ba', ''], ['a', 'abc']],
  ['!~', '.+', [''], ['a']],
];

test.each(table)('%s %j', (op, value, yes, no) => {
  const matcher = compileMatcher({ name: 'l', op, value });
  expect(yes.filter((candidate) => !matcher.matches(candidate))).toEqual([]);
  expect(no.filter((candidate) => matcher.matches(candidate))).toEqual([]);
  expect(matcher.matchesEmpty).toBe(matcher.matches(''));
});

test.each(['(', '[a', 'a**', '(?<=a)b', '\\1', 'a{2000}'])('refuses %j, which RE2 does not know', (value) => {
  expect(() => compileMatcher({ name: 'l', op: '=~', value })).toThrow(
    expect.objectContaining({ code: 'query_invalid', message: expect.stringContaining('label l') }),
  );
});

test('a pattern that makes backtracking engines hang is answered in linear time', () => {
  const matcher = compileMatcher({ name: 'l', op: '=~', value: '(a+)+b' });
  const startedAt = performance.now();
  expect(matcher.matches('a'.repeat(5000))).toBe(false);
  expect(performance.now() - startedAt).toBeLessThan(2000);
});
