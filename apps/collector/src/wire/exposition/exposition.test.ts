import { describe, expect, it } from 'vitest';
import { ExpositionCache } from './cache.ts';
import { noNumber, readNumber } from './number.ts';
import { type ExpositionOptions, noCounts, parseExposition } from './parse.ts';

const now = 1_788_000_000_000;

function parse(text: string | Buffer, options: Partial<ExpositionOptions> = {}) {
  const { batch, lines } = parseExposition(Buffer.from(text), { format: 'text', defaultTimestampMs: now, ...options });
  const samples = Array.from({ length: batch.length }, (_, i) => ({
    ...batch.series[batch.seriesOf[i] as number]?.toObject(),
    at: batch.timestamps[i],
    value: batch.values[i],
  }));
  return { samples, metadata: batch.metadata, lines, batch };
}
const open = (text: string, options: Partial<ExpositionOptions> = {}) =>
  parse(text, { format: 'openmetrics', ...options });

describe('numbers', () => {
  it.each([
    ['0', 0],
    ['-0', -0],
    ['+1', 1],
    ['97', 97],
    ['0.995630', 0.99563],
    ['409.692000', 409.692],
    ['.5', 0.5],
    ['5.', 5],
    ['1.8527668e+07', 18_527_668],
    ['1E3', 1000],
    ['123456789012345678', 123_456_789_012_345_680],
    ['9223372036854775794', 2 ** 63],
    ['0.1234567890123456789', 0.12345678901234568],
    ['1e-320', 1e-320],
    ['1e999', Infinity],
    ['0.000000000000000000000001', 1e-24],
    ['NaN', NaN],
    ['nan', NaN],
    ['+Inf', Infinity],
    ['-inf', -Infinity],
    ['Infinity', Infinity],
  ])('%s', (text, value) => {
    expect(readNumber(Buffer.from(text), 0, text.length)).toBe(value);
  });

  it.each(['', '-', '.', 'x', '1x', '0x10', '1e', '1e+', '1_000', '--1', '1.2.3', '+NaN', 'Infinit', '1 '])(
    'refuses "%s"',
    (text) => {
      expect(readNumber(Buffer.from(text), 0, text.length)).toBe(noNumber);
    },
  );

  it('rounds as JavaScript does', () => {
    for (let i = 0; i < 2000; i++) {
      const text = String(((i * 7919) % 100_003) / 10 ** (i % 20));
      expect(readNumber(Buffer.from(text), 0, text.length)).toBe(Number(text));
    }
  });
});

describe('text 0.0.4', () => {
  it('reads labels, escapes, blanks after commas, timestamps, infinities and comments', () => {
    const { samples } = parse(`# a comment
#not a comment of ours

up 1
a{ x = "1" , y="q\\"b\\\\n\\n{}",} 2.5
  b {z="ü"}	-Inf	${now - 5}
c{} NaN
d{empty=""} 0
e +Inf`);
    expect(samples).toEqual([
      { __name__: 'up', at: now, value: 1 },
      { __name__: 'a', x: '1', y: 'q"b\\n\n{}', at: now, value: 2.5 },
      { __name__: 'b', z: 'ü', at: now - 5, value: -Infinity },
      { __name__: 'c', at: now, value: NaN },
      { __name__: 'd', at: now, value: 0 },
      { __name__: 'e', at: now, value: Infinity },
    ]);
  });

  it('reads HELP and TYPE in any order, also without samples, and does without', () => {
    const { metadata } = parse(
      '# TYPE a counter\n# HELP a what \\\\ it\\nis\n# HELP b only help\n# TYPE c untyped\n# TYPE d\thistogram\r\nx 1\r\n',
    );
    expect(metadata).toEqual([
      { family: 'a', type: 'counter', help: 'what \\ it\nis', unit: '' },
      { family: 'b', type: 'unknown', help: 'only help', unit: '' },
      { family: 'c', type: 'unknown', help: '', unit: '' },
      { family: 'd', type: 'histogram', help: '', unit: '' },
    ]);
  });

  it('takes quoted UTF-8 names', () => {
    expect(parse('{"my.metric", "a.b"="c"} 1').samples).toEqual([
      { __name__: 'my.metric', 'a.b': 'c', at: now, value: 1 },
    ]);
  });

  it('takes an empty body and a last line without an end', () => {
    expect(parse('').samples).toEqual([]);
    expect(parse('a 1').lines).toBe(1);
  });

  it('leaves the second of two equal series out', () => {
    expect(parse('a{x="1"} 1\na{ x="1"} 2\n').samples).toEqual([{ __name__: 'a', x: '1', at: now, value: 1 }]);
    expect(parse('a 1 1000\na 2 2000\n').samples).toHaveLength(2);
  });

  it.each([
    ['a 1\nb\n', /line 2: there is no value/],
    ['a one\n', /line 1: the value "one" is not a number/],
    ['a 1 2 3\n', /line 1: there is something after the value/],
    ['a 1 soon\n', /the timestamp "soon" is not a number/],
    ['a 1 Inf\n', /timestamp is not finite/],
    ['a{x="1" 1\n', /no closing brace/],
    ['a{x="1} 1\nb 2\n', /line 1: a label value has no closing quote/],
    ['a{x=1} 1\n', /the value of label "x" is not in quotes/],
    ['a{x} 1\n', /label "x" has no value/],
    ['a{="1"} 1\n', /a label name was expected/],
    ['a{x="1"y="2"} 1\n', /neither a comma nor a closing brace/],
    ['a{x="1",x="2"} 1\n', /label "x" stands twice/],
    ['{} 1\n', /no metric name/],
    ['1a 1\n', /a metric name was expected/],
    ['<html>\n', /line 1: a metric name was expected/],
    ['a-b 1\n', /a metric name has no "-"/],
    ['# TYPE a gouge\n', /"gouge" is not a metric type/],
    ['# TYPE\n', /TYPE names no metric/],
  ])('refuses %j with the line', (text, message) => {
    expect(() => parse(text)).toThrow(message);
  });

  it('refuses bytes that are no text, with the line', () => {
    expect(() => parse(Buffer.from([0x61, 0x20, 0x31, 0x0a, 0x62, 0x7b, 0x78, 0x3d, 0x22, 0xff, 0x22, 0x7d]))).toThrow(
      /line 2: the text is not UTF-8/,
    );
  });

  it('refuses more samples than the limit', () => {
    expect(() => parse('a 1\nb 2\nc 3\n', { sampleLimit: 2 })).toThrow(
      expect.objectContaining({ code: 'body_too_large' }),
    );
  });
});

describe('OpenMetrics 1.0', () => {
  it('reads seconds, units, and samples with exemplars', () => {
    const { samples, metadata } = open(`# HELP req Requests.
# TYPE req counter
# UNIT req seconds
req_total{a="b"} 5 1520879607.789 # {trace_id="KOO5S4vxi0o"} 0.67
req_bucket{le="1.0"} 3 # {} 1
# EOF
`);
    expect(samples).toEqual([
      { __name__: 'req_total', a: 'b', at: 1_520_879_607_789, value: 5 },
      { __name__: 'req_bucket', le: '1.0', at: now, value: 3 },
    ]);
    expect(metadata).toEqual([{ family: 'req', type: 'counter', help: 'Requests.', unit: 'seconds' }]);
  });

  it.each([
    ['a 1\n', /line 2: the body does not end with # EOF/],
    ['a 1\n# EOF\nb 2\n', /line 3: there is something after # EOF/],
    ['a 1 # x 1\n# EOF\n', /line 1: an exemplar has no labels/],
    ['a 1 # {x="1"}\n# EOF\n', /line 1: there is no value of the exemplar/],
  ])('refuses %j', (text, message) => {
    expect(() => open(text)).toThrow(message);
  });
});

describe('a target with a memory', () => {
  it('hands the same objects over, and metadata only when it changes', () => {
    const cache = new ExpositionCache({ extraLabels: { job: 'j', instance: 'i', cluster: 'c' } });
    const first = parse('# TYPE a gauge\na{x="1"} 1\n', { cache });
    const second = parse('# TYPE a gauge\na{x="1"} 2\n', { cache });
    const third = parse('# TYPE a counter\na{x="1"} 2\n', { cache });
    expect(second.batch.series[0]).toBe(first.batch.series[0]);
    expect(first.samples[0]).toMatchObject({ job: 'j', instance: 'i', cluster: 'c' });
    expect([first, second, third].map((one) => one.metadata.map((m) => m.type))).toEqual([['gauge'], [], ['counter']]);
  });

  it('keeps labels of the exposition that clash as exported_, or lets them win', () => {
    const text = 'a{job="theirs",exported_job="x",instance=""} 1\n';
    const extraLabels = { job: 'ours', instance: 'i' };
    expect(parse(text, { cache: new ExpositionCache({ extraLabels }) }).samples[0]).toMatchObject({
      job: 'ours',
      instance: 'i',
      exported_exported_job: 'theirs',
      exported_job: 'x',
    });
    // An empty label stands for "none, not even the target's", as pushgateway writes it.
    expect(parse(text, { cache: new ExpositionCache({ extraLabels, honorLabels: true }) }).samples[0]).toEqual({
      __name__: 'a',
      job: 'theirs',
      exported_job: 'x',
      at: now,
      value: 1,
    });
  });

  it('relabels what has the target labels on, once for each series, and adds labels that are lacking', () => {
    let asked = 0;
    const cache = new ExpositionCache({
      extraLabels: { job: 'j' },
      relabelMerged: (labels) => {
        asked++;
        labels.set('seen', `${labels.get('job')}/${labels.get('x') ?? ''}`);
        return labels.get('x') !== 'drop';
      },
      defaultLabels: { cluster: 'c', job: 'not this' },
    });
    const text = 'a{x="1"} 1\na{x="drop"} 1\n';
    for (let round = 0; round < 3; round++) {
      expect(parse(text, { cache }).samples).toEqual([
        { __name__: 'a', x: '1', job: 'j', seen: 'j/1', cluster: 'c', at: now, value: 1 },
      ]);
    }
    expect(asked).toBe(2);
  });

  it('counts what it read, what was left, what is new, what stood twice', () => {
    const cache = new ExpositionCache({ relabelMerged: (labels) => labels.get('__name__') !== 'drop' });
    const count = (text: string, options: Partial<ExpositionOptions> = {}) => {
      const counts = noCounts();
      try {
        open(text, { cache, counts, ...options });
      } catch (error) {
        expect((error as { code: string }).code).toBe('body_too_large');
      }
      return counts;
    };
    const all = { lines: 5, kept: 4, added: 3, duplicates: 1, exemplars: 1 };
    const text = 'drop 1\na 1 # {t="1"} 2 3\na 1\nb 1\nc 1\n# EOF\n';
    expect(count(text)).toEqual(all);
    expect(count(text)).toEqual({ ...all, added: 0 });
    expect(count('a 1\n# EOF\n')).toMatchObject({ lines: 1, added: 0 });
    expect(count(text, { sampleLimit: 2 })).toMatchObject({ lines: 5, kept: 4 });
    expect(count(text)).toEqual({ ...all, added: 0 });
    expect(count('a 1\n# EOF\n')).toMatchObject({ lines: 1, added: 0 });
    expect(count(text)).toEqual({ ...all, added: 2 });
  });

  it.each([
    [{ labels: 2, nameLength: 0, valueLength: 0 }, /line 2: the series has 3 labels, more than 2 \(label_limit\)/],
    [{ labels: 0, nameLength: 8, valueLength: 0 }, /line 2: a label name is longer than 8 bytes/],
    [{ labels: 0, nameLength: 0, valueLength: 3 }, /the value of label "longer_name" is longer than 3 bytes/],
  ])('refuses a series beyond %j', (limits, message) => {
    const cache = new ExpositionCache({ limits });
    expect(() => parse('a 1\na{longer_name="üü",y="1"} 1\n', { cache })).toThrow(message);
  });

  it('hands an exemplar over once, with its own time or that of the sample', () => {
    const cache = new ExpositionCache({ relabelMerged: (labels) => labels.get('__name__') !== 'drop' });
    const read = (text: string) =>
      open(text, { cache }).batch.exemplars.map(({ series, labels, timestampMs, value }) => [
        series.metricName,
        labels.toObject(),
        timestampMs,
        value,
      ]);
    const first =
      'a_bucket{le="1.0"} 3 # {trace_id="t}1",span="ü",a=""} 0.7 1520879607.789\nb 1 # {} 2\ndrop 1 # {x="1"} 1\n';
    expect(read(`${first}# EOF\n`)).toEqual([
      ['a_bucket', { span: 'ü', trace_id: 't}1' }, 1_520_879_607_789, 0.7],
      ['b', {}, now, 2],
    ]);
    expect(read(`${first}# EOF\n`)).toEqual([]);
    expect(read('b 2 # {} 3\n# EOF\n')).toEqual([['b', {}, now, 3]]);
    cache.forgetExemplars();
    expect(read('b 2 # {} 3\n# EOF\n')).toHaveLength(1);
  });

  it('keeps its size when every read brings new series', () => {
    const cache = new ExpositionCache();
    for (let round = 0; round < 20; round++) {
      parse(Array.from({ length: 1000 }, (_, i) => `a{pod="${round}-${i}"} 1`).join('\n'), { cache });
    }
    expect(cache.intern.size).toBeLessThan(6000);
  });
});
