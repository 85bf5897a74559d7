import { checkQuery } from '@binnacle/promql/check/check.ts';
import { everyFeature } from '@binnacle/promql/language/features.ts';
import { formatDurationMs, parseDurationMs } from '@binnacle/promql/parse/duration.ts';
import { numberValue, stringValue } from '@binnacle/promql/parse/literals.ts';
import { parseQuery } from '@binnacle/promql/parse/parse.ts';
import { prettyQuery } from '@binnacle/promql/parse/pretty.ts';
import { printQuery } from '@binnacle/promql/parse/print.ts';
import { BinnacleError } from '@binnacle/shared/errors.ts';
import { describe, expect, test } from 'vitest';

function faultOf(query: string): string {
  try {
    checkQuery(query, parseQuery(query), everyFeature);
  } catch (error) {
    expect(error).toBeInstanceOf(BinnacleError);
    expect((error as BinnacleError).code).toBe('query_invalid');
    return (error as BinnacleError).message;
  }
  return 'accepted';
}

describe('a wrong query is refused with its place', () => {
  test.each([
    ['', '1:1: parse error: no expression found in input'],
    ['sum(up', '1:7: parse error: unexpected end of input: "(" is not closed'],
    ['up{job="a"', '1:11: parse error: unexpected end of input: "{" is not closed'],
    ['up +\n  )', '2:3: parse error: unexpected ")"'],
    ['up down', '1:4: parse error: unexpected "down"'],
    ['nosuch(up)', '1:1: parse error: unknown function with name "nosuch"'],
    ['up{a="\\q"}', '1:6: parse error: unknown escape sequence \\q'],
    ['up[5m] + 1', '1:1: parse error: binary expression must contain only scalar and instant vector types'],
    ['up offset 5m offset 5m', '1:1: parse error: offset may not be set multiple times'],
    ['up @ 5 @ 6', '1:1: parse error: @ <timestamp> may not be set multiple times'],
    ['up[0s]', '1:4: parse error: duration must be greater than 0'],
    ['sum(up)[5m]', '1:8: parse error: ranges only allowed for vector selectors'],
    ['up offset 1m[5m]', '1:13: parse error: no offset modifiers allowed before range'],
    ['up[5mm]', '1:4: parse error: bad number or duration syntax: "5mm"'],
    ['up[5s/0d]', '1:6: parse error: division by zero'],
    ['up offset 9.5e10', '1:11: parse error: duration out of range'],
    ['sum by ("up)(x)', '1:9: parse error: unterminated quoted string'],
    ['sum()', '1:1: parse error: no arguments for aggregate expression provided'],
    ['# nothing', '1:1: parse error: no expression found in input'],
    ['info(up, down)', '1:10: parse error: expected label selectors only, got vector selector instead'],
    ['1 or on(job) up', '1:1: parse error: vector matching only allowed between instant vectors'],
    ['up[1m:1m] smoothed', '1:1: parse error: smoothed modifier is not supported for subqueries'],
    ['STEP()', '1:1: parse error: unknown function with name "STEP"'],
    ['topk(up)', '1:1: parse error: wrong number of arguments for aggregate expression provided, expected 2, got 1'],
    ['up + bool 1', '1:4: parse error: bool modifier can only be used on comparison operators'],
    ['up * on(a) group_left(a) up', '1:4: parse error: label "a" must not occur in ON and GROUP clause at once'],
    ['up{__name__="down"}', '1:1: parse error: metric name must not be set twice: "up" or "down"'],
    [
      '-"text"',
      '1:1: parse error: unary expression only allowed on expressions of type scalar or instant vector, got "string"',
    ],
  ])('%j', (query, message) => {
    expect(faultOf(query)).toBe(message);
  });
});

describe('printing', () => {
  test.each([
    ['up', 'up'],
    ['sum by(job)(up{job = "a",})', 'sum by (job) (up{job="a"})'],
    ['sum(up) without (a,b)', 'sum without (a, b) (up)'],
    ['a+b offset 5m*c', 'a + b offset 5m * c'],
    ['- a^2', '-a ^ 2'],
    ['rate(a[90s]@start())[1h:]offset -1m', 'rate(a[1m30s] @ start())[1h:] offset -1m'],
    ['a > bool on(x) group_left(y) b', 'a > bool on (x) group_left (y) b'],
    ['{"odd.name", x!="y"}', '{__name__="odd.name",x!="y"}'],
    ['{"a.b"="c", a="d"} offset (5)', '{"a.b"="c",a="d"} offset (5)'],
    ['x{b="1", a="2\\n"}', 'x{a="2\\n",b="1"}'],
    ['a[5m]offset 1m smoothed @ end()', 'a[5m] smoothed @ end() offset 1m'],
    ['a @ 10 anchored', 'a @ 10.000 anchored'],
    ['a[200-min_of(-STEP()^+step(),1)]', 'a[200 - min_of(-step() ^ step(), 1)]'],
    ['a[(5m):(1m)] offset -(5)', 'a[(5m):(1m)] offset -(5)'],
    ['a offset +(max_of(range(), 10s))', 'a offset (max_of(range(), 10s))'],
    ['a offset 5m * 2', 'a offset 5m * 2'],
    ['max_of(1h, time())', 'max_of(1h, time())'],
    ['a + ignoring() group_left fill(-23) b', 'a + ignoring () group_left () fill (-23) b'],
    ['a + fill_right(1) fill_left(2) b', 'a + fill_left (2) fill_right (1) b'],
    ['sum by("üü", job) (a)', 'sum by ("üü", job) (a)'],
    ['quantile(.5, a)', 'quantile(0.5, a)'],
    ['1. + 2', '1 + 2'],
    ['1./6.*offset{a="b"} offset 1m', '1 / 6 * offset{a="b"} offset 1m'],
  ])('%s', (query, printed) => {
    expect(printQuery(parseQuery(query))).toBe(printed);
    expect(printQuery(parseQuery(printed))).toBe(printed);
  });
});

describe('laying out', () => {
  const long = (name: string) => `${name}{cluster="somewhere-far-away",container="server",namespace="production"}`;

  test('what fits on a line stays there', () => {
    expect(prettyQuery(parseQuery('sum(rate(a[5m]))/2'))).toBe('sum(rate(a[5m])) / 2');
  });

  test('what does not is split at its outermost operator or bracket', () => {
    const query = `sum by (pod)(ceil(rate(${long('requests_total')}[5m]))) / on(pod) -${long('limits')}`;
    const lines = [
      '  sum by (pod) (',
      '    ceil(',
      `      rate(${long('requests_total')}[5m])`,
      '    )',
      '  )',
      '/ on (pod)',
      `  -${long('limits')}`,
    ];
    expect(prettyQuery(parseQuery(query))).toBe(lines.join('\n'));
  });
});

test('the tree is frozen and knows where everything stands', () => {
  const query = 'sum(rate(a[5m])) / 2';
  const tree = parseQuery(query);
  expect(Object.isFrozen(tree)).toBe(true);
  if (tree.kind !== 'binary' || tree.left.kind !== 'aggregation') throw new Error('not the expected tree');
  const { expr } = tree.left;
  expect(Object.isFrozen(expr)).toBe(true);
  expect(query.slice(expr.span.from, expr.span.to)).toBe('rate(a[5m])');
});

test.each([
  ['0x1F', 31],
  ['017', 15],
  ['1_000.5', 1000.5],
  ['.5e1', 5],
  ['2.', 2],
  ['1h30m', 5400],
  ['250ms', 0.25],
  ['Inf', Number.POSITIVE_INFINITY],
  ['nan', Number.NaN],
])('the number %s', (text, value) => {
  expect(numberValue(text)).toBe(value);
});

test.each([
  [`"a\\nb\\x41\\u00e9"`, 'a\nbAé'],
  ["'it\\'s'", "it's"],
  ['`raw\\n`', 'raw\\n'],
])('the string %s', (quoted, value) => {
  expect(stringValue(quoted)).toEqual({ value });
});

test.each(['"open', '"a\\"', '"\\ud"', '"\\q"'])('the string %s is refused', (quoted) => {
  expect(stringValue(quoted)).toHaveProperty('error');
});

test('durations', () => {
  expect(parseDurationMs('1d2h3m4s5ms')).toBe(93_784_005);
  expect(parseDurationMs('5x')).toBeUndefined();
  expect(parseDurationMs('1m1h')).toBeUndefined();
  expect([300_000, 5_400_000, 93_784_005, 604_800_000, 0, -60_000].map(formatDurationMs)).toEqual([
    '5m',
    '1h30m',
    '1d2h3m4s5ms',
    '1w',
    '0s',
    '-1m',
  ]);
});

describe('a text made to keep the parser busy is answered at once', () => {
  const times = (part: string, count: number) => part.repeat(count);
  test.each([
    ['brackets', `${times('(', 200_000)}1${times(')', 200_000)}`, '1:251: parse error: the query is nested too deeply'],
    ['calls', `${times('sum(', 2000)}up${times(')', 2000)}`, '1:1004: parse error: the query is nested too deeply'],
    ['brackets that close nothing', times('} ', 400_000), '1:1: parse error: unexpected "}"'],
    ['braces that never close', times('up{', 200), '1:6: parse error: unexpected "{"'],
    ['powers', `2${times('^2', 100_000)}`, '1:1868: parse error: the query is nested too deeply'],
    ['a string without an end', `"${times('\\"', 400_000)}`, '1:1: parse error: unterminated quoted string'],
    ['a long name before a fault', `${times('a', 400_000)}{a="b"} }`, '1:400009: parse error: unexpected "}"'],
  ])('%s', (_name, query, message) => {
    const startedAt = performance.now();
    expect(faultOf(query)).toBe(message);
    expect(performance.now() - startedAt).toBeLessThan(3000);
  });

  test('a bracket in a string or a comment nests nothing', () => {
    expect(faultOf(`up{a="${times('(', 1000)}"} # ${times('(', 1000)}`)).toBe('accepted');
  });
});
