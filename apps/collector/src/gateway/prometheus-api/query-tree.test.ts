import { everyFeature } from '@binnacle/promql/language/features.ts';
import { expect, test } from 'vitest';
import { openApi } from './open-api.ts';

const name = (value: string) => ({ name: '__name__', value, type: '=' });
const selector = (metric: string, more: object = {}) => ({
  type: 'vectorSelector',
  name: metric,
  offset: 0,
  offsetExpr: null,
  matchers: [name(metric)],
  timestamp: null,
  startOrEnd: null,
  anchored: false,
  smoothed: false,
  ...more,
});
const number = (val: string) => ({ type: 'numberLiteral', val });

test.each<[query: string, tree: object]>([
  ['1e3', number('1000')],
  ['-Inf', number('-Inf')],
  ['"a\\n"', { type: 'stringLiteral', val: 'a\n' }],
  ['(up)', { type: 'parenExpr', expr: selector('up') }],
  ['-up', { type: 'unaryExpr', op: '-', expr: selector('up') }],
  [
    'up{job!="a", x=~"b"} offset -5m @ 1.5',
    selector('up', {
      offset: -300_000,
      timestamp: 1500,
      matchers: [{ name: 'job', value: 'a', type: '!=' }, { name: 'x', value: 'b', type: '=~' }, name('up')],
    }),
  ],
  ['up @ end()', selector('up', { startOrEnd: 'end' })],
  [
    'rate(up[5m] offset 1m)',
    {
      type: 'call',
      func: { name: 'rate', argTypes: ['matrix'], variadic: 0, returnType: 'vector' },
      args: [{ ...selector('up'), type: 'matrixSelector', range: 300_000, rangeExpr: null, offset: 60_000 }],
    },
  ],
  ['time()', { type: 'call', func: { name: 'time', argTypes: [], variadic: 0, returnType: 'scalar' }, args: [] }],
  [
    'max_over_time(up[1h:])',
    {
      type: 'call',
      func: { name: 'max_over_time', argTypes: ['matrix'], variadic: 0, returnType: 'vector' },
      args: [
        {
          type: 'subquery',
          expr: selector('up'),
          range: 3_600_000,
          rangeExpr: null,
          step: 0,
          stepExpr: null,
          offset: 0,
          offsetExpr: null,
          timestamp: null,
          startOrEnd: null,
        },
      ],
    },
  ],
  [
    'topk by (job) (2, up)',
    { type: 'aggregation', op: 'topk', expr: selector('up'), param: number('2'), grouping: ['job'], without: false },
  ],
  [
    'sum without () (up)',
    { type: 'aggregation', op: 'sum', expr: selector('up'), param: null, grouping: [], without: true },
  ],
  ['1 + 2', { type: 'binaryExpr', op: '+', lhs: number('1'), rhs: number('2'), matching: null, bool: false }],
  ['up > bool 1', { type: 'binaryExpr', op: '>', lhs: selector('up'), rhs: number('1'), matching: null, bool: true }],
  [
    'a * on (x) group_left (y) b',
    {
      type: 'binaryExpr',
      op: '*',
      lhs: selector('a'),
      rhs: selector('b'),
      matching: { card: 'many-to-one', labels: ['x'], on: true, include: ['y'], fillValues: { lhs: null, rhs: null } },
      bool: false,
    },
  ],
  [
    'a unless b',
    {
      type: 'binaryExpr',
      op: 'unless',
      lhs: selector('a'),
      rhs: selector('b'),
      matching: { card: 'many-to-many', labels: [], on: false, include: [], fillValues: { lhs: null, rhs: null } },
      bool: false,
    },
  ],
])('%s', async (query, tree) => {
  const app = await openApi({ features: everyFeature });
  const answer = await app.inject(`/api/v1/parse_query?query=${encodeURIComponent(query)}`);
  expect(answer.json()).toEqual({ status: 'success', data: tree });
});

test('durations that are computed', async () => {
  const app = await openApi({ features: everyFeature });
  const query = 'up[(5m + 2 * step())]';
  const answer = await app.inject(`/api/v1/parse_query?query=${encodeURIComponent(query)}`);
  const literal = (val: string, duration: boolean) => ({ type: 'numberLiteral', val, duration });
  const node = (op: string, lhs: object | null, rhs: object | null, wrapped = false) => ({
    type: 'durationExpr',
    op,
    lhs,
    rhs,
    wrapped,
  });
  expect(answer.json()).toMatchObject({
    data: {
      type: 'matrixSelector',
      rangeExpr: node('+', literal('300', true), node('*', literal('2', false), node('step', null, null)), true),
    },
  });
});

test('what is wrong is said of the query', async () => {
  const answer = await (await openApi()).inject('/api/v1/parse_query?query=rate(up)');
  expect(answer.statusCode).toBe(400);
  expect(answer.json()).toMatchObject({
    errorType: 'bad_data',
    error: expect.stringMatching(/^invalid parameter "query": 1:\d+: parse error: expected type range vector/),
  });
});
