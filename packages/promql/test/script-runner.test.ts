import { isRepeatableAsRange, pinnedAskings } from '@binnacle/promql/testing/reruns.ts';
import { type EvalOutcome, runScript } from '@binnacle/promql/testing/run.ts';
import { parseScript } from '@binnacle/promql/testing/script.ts';
import { isStartLine, parseSeriesLine, parseStartLine } from '@binnacle/promql/testing/series-line.ts';
import { describe, expect, test } from 'vitest';

const loaded = 'load 1m\n  x{a="1"} 1 2 3\n  x{a="2"} 10 20 30\n\n';

async function only(script: string): Promise<EvalOutcome> {
  const [outcome, ...others] = await runScript(loaded + script);
  if (outcome === undefined || others.length > 0) throw new Error('the script should have one eval');
  return outcome;
}

describe('a script that expects the wrong thing is found out', () => {
  const wrong: [string, string][] = [
    ['another value', 'eval instant at 0 x{a="1"}\n  x{a="1"} 2'],
    ['a series too few', 'eval instant at 0 x\n  x{a="1"} 1'],
    ['a series too many', 'eval instant at 0 x{a="1"}\n  x{a="1"} 1\n  x{a="2"} 10'],
    ['nothing, where there is something', 'eval instant at 0 x'],
    ['a scalar for a vector', 'eval instant at 0 x{a="1"}\n  1'],
    ['a vector for a scalar', 'eval instant at 0 1\n  {} 1'],
    ['another scalar', 'eval instant at 0 1\n  2'],
    ['another string', 'eval instant at 0 "a"\n  expect string "b"'],
    ['a failure', 'eval instant at 0 x\n  expect fail'],
    ['another failure', 'eval instant at 0 nothing(\n  expect fail msg: it fails'],
    ['an answer of what fails', 'eval instant at 0 nothing('],
    ['another order', 'eval instant at 0 sort(x)\n  expect ordered\n  x{a="2"} 10\n  x{a="1"} 1'],
    ['a warning that does not come', 'eval instant at 0 x{a="1"}\n  expect warn\n  x{a="1"} 1'],
    ['no warning', 'eval instant at 0 quantile(2, x)\n  expect no_warn\n  {} +Inf'],
    ['another warning', 'eval instant at 0 quantile(2, x)\n  expect warn msg: careful\n  {} +Inf'],
    [
      'a warning in another place',
      'eval instant at 0 quantile(2, x)\n  expect warn msg: PromQL warning: quantile value should be between 0 and 1, got 2 (1:9)\n  {} +Inf',
    ],
    ['no info', 'eval instant at 2m rate(x{a="1"}[2m])\n  expect no_info\n  {a="1"} 0.016666666666666666'],
    ['a point too few', 'eval range from 0 to 1m step 1m x{a="1"}\n  x{a="1"} 1'],
    ['a gap for a point', 'eval range from 0 to 1m step 1m x{a="1"}\n  x{a="1"} 1 _'],
    ['a point beyond the range', 'eval range from 0 to 1m step 1m x{a="1"}\n  x{a="1"} 1 2 3'],
    [
      'other times of a range vector',
      'eval instant at 1m x{a="1"}[1m1ms]\n  expect range vector from 0 to 1m step 30s\n  x{a="1"} 1 2 _',
    ],
  ];
  test.each(wrong)('%s', async (_name, script) => {
    const { fault } = await only(script);
    expect(fault).toMatch(/expected .*(got|failed|cannot)/);
  });
});

describe('what is as expected passes', () => {
  const right: [string, string][] = [
    ['a value within one in a million', 'eval instant at 0 x{a="1"}\n  x{a="1"} 1.0000005'],
    ['a failure, by its pattern', 'eval instant at 0 nothing(\n  expect fail regex: parse error'],
    ['a failure in the old form', 'eval_fail instant at 0 nothing(\n  expected_fail_regexp parse error'],
    ['a warning with its place', 'eval instant at 0 quantile(2, x)\n  expect warn regex: got 2 \\(1:10\\)$\n  {} +Inf'],
    [
      'a warning without its place',
      'eval instant at 0 quantile(2, x)\n  expect warn msg: PromQL warning: quantile value should be between 0 and 1, got 2\n  {} +Inf',
    ],
    ['an order in the old form', 'eval_ordered instant at 0 sort_desc(x)\n  x{a="2"} 10\n  x{a="1"} 1'],
    [
      'a range vector',
      'eval instant at 1m x{a="1"}[1m1ms]\n  expect range vector from 0 to 1m step 1m\n  x{a="1"} 1 2',
    ],
    ['a number in any form', 'eval instant at 0 255\n  0xff'],
  ];
  test.each(right)('%s', async (_name, script) => {
    expect(await only(script)).toMatchObject({ fault: undefined, skipped: undefined });
  });
});

describe('what an eval needs is told', () => {
  test('native histograms are left out, or run and found wanting', async () => {
    const script = 'load 1m\n  h {{schema:0 count:4 sum:5}}\n\neval instant at 0 h\n  h {{schema:0 count:4 sum:5}}\n';
    expect(await runScript(script)).toMatchObject([{ nativeHistograms: true, skipped: 'native histograms' }]);
    const [run] = await runScript(script, { only: 'all' });
    expect(run).toMatchObject({ skipped: undefined, fault: expect.stringMatching(/^expected/) });
  });

  test('the classic series of load_with_nhcb stay, their native twin is known', async () => {
    const script =
      'load_with_nhcb 1m\n  h_bucket{le="1"} 2\n  h_bucket{le="+Inf"} 4\n\neval instant at 0 sum(h_bucket)\n  {} 6\n\neval instant at 0 h\n';
    const outcomes = await runScript(script);
    expect(outcomes.map(({ skipped, fault }) => [skipped, fault])).toEqual([
      [undefined, undefined],
      ['native histograms', undefined],
    ]);
  });

  test('experimental features are named, and needed', async () => {
    const script = `${loaded}eval instant at 2m increase(x{a="1"}[1m] anchored)\n  {a="1"} 1\n`;
    const feature = 'promql-extended-range-selectors';
    expect(await runScript(script)).toMatchObject([{ experimental: [feature], skipped: undefined, fault: undefined }]);
    expect(await runScript(script, { only: 'core' })).toMatchObject([{ skipped: `experimental: ${feature}` }]);
    expect(await runScript(script, { features: new Set() })).toMatchObject([{ skipped: `needs ${feature}` }]);
    const durations = 'eval instant at 0 nothing[1m * 2]\n';
    expect(await runScript(durations, { only: 'core' })).toMatchObject([
      { skipped: 'experimental: duration expressions' },
    ]);
    expect(await runScript(durations, { features: new Set() })).toMatchObject([{ skipped: undefined }]);
  });
});

describe('instant queries are asked again', () => {
  const evalOf = (text: string) => {
    const command = parseScript(text)[0];
    if (command?.kind !== 'eval') throw new Error('the script should be one eval');
    return command;
  };
  const pinned: [string, string][] = [
    ['x + y[5m]', 'x @ 60.000 + y[5m] @ 60.000'],
    ['x offset 5m', 'x offset 5m @ 60.000'],
    ['x @ 10', 'x @ 10'],
    ['x{a="@ start()"} @ end()', 'x{a="@ start()"}  @ 60.000'],
    ['sum_over_time(time()[5m:1m])', 'sum_over_time(time()[5m:1m] @ 60.000)'],
    ['max_over_time(rate(x[1m])[5m:1m] offset 1m)', 'max_over_time(rate(x[1m])[5m:1m] offset 1m @ 60.000)'],
  ];
  test.each(pinned)('%s', (expr, wanted) => {
    const askings = pinnedAskings(evalOf(`eval instant at 1m ${expr}`));
    expect(askings.map(({ timeMs }) => timeMs)).toEqual([-600_000, 0, 12_000, 60_000, 600_000]);
    expect(new Set(askings.map((asking) => asking.expr))).toEqual(new Set([wanted]));
  });

  test('but not what depends on the time of asking', () => {
    expect(pinnedAskings(evalOf('eval instant at 1m timestamp(x)'))).toEqual([]);
    expect(isRepeatableAsRange(evalOf('eval instant at 1m x @ end()'))).toBe(false);
    expect(isRepeatableAsRange(evalOf('eval instant at 1m timestamp(x)'))).toBe(true);
  });
});

describe('series lines', () => {
  const sequences: [string, unknown[]][] = [
    ['x 1 _ 2', [1, 'gap', 2]],
    ['x 1+2x3 10-5x1 4x1 _x2', [1, 3, 5, 7, 10, 5, 4, 4, 'gap', 'gap']],
    ['x stale NaN Inf -Inf -1e3 .5', ['stale', Number.NaN, Infinity, -Infinity, -1000, 0.5]],
    ['x {{schema:0 sum:1}}+{{sum:1}}x1 1', ['histogram', 'histogram', 1]],
  ];
  test.each(sequences)('%s', (line, values) => {
    expect(parseSeriesLine(line).values).toEqual(values);
  });

  test('names and labels may be quoted', () => {
    expect(parseSeriesLine(`{"a.b", "c d"='e{}"', f="g\\n"} 1`).labels.toObject()).toEqual({
      __name__: 'a.b',
      'c d': 'e{}"',
      f: 'g\n',
    });
  });

  test('start timestamps stand before their series', () => {
    const line = 'x{a="1"}@st  _ -1m -30s+10sx2 0 _x2';
    expect(isStartLine(line)).toBe(true);
    expect(isStartLine('x{a="1"} 1')).toBe(false);
    expect(parseStartLine(line).offsetsMs).toEqual([
      undefined,
      -60_000,
      -30_000,
      -20_000,
      -10_000,
      0,
      undefined,
      undefined,
    ]);
  });
});

describe('what is no script is refused with its line', () => {
  const wrong: [string, RegExp][] = [
    ['\nlaod 1m', /^line 2: invalid command "laod 1m"$/],
    ['load often\n  x 1', /^line 1: "often" is not a duration$/],
    ['load 1m\n  x 1 two', /^line 1: invalid value "two"$/],
    ['load 1m\n  x@st 0\n  y 1', /^line 1: an @st line names another series/],
    ['load 1m\n  x@st 0 0\n  x 1', /^line 1: an @st line has 2 values, its series 1$/],
    ['load 1m\n  x@st 0', /^line 1: an @st line has no series after it$/],
    ['eval instant 5m', /^line 1: invalid eval command/],
    ['eval range from 2m to 1m step 1m x', /^line 1: the end \(1m\) is before the start \(2m\)$/],
    ['eval instant at 0 x\n  x 1 2', /^line 1: an instant query has one value/],
    ['eval instant at 0 x\n  expect nothing', /^line 1: invalid expect statement/],
    ['eval instant at 0 x\n  expect warn\n  expect no_warn', /^line 1: expect warn and expect no_warn exclude/],
  ];
  test.each(wrong)('%j', (script, message) => {
    expect(() => parseScript(script)).toThrow(message);
  });
});
