import { describe, expect, it } from 'vitest';
import { parseExposition } from './parse.ts';
import { textOfProtobuf } from './protobuf-text.ts';

/** Just enough of a protobuf encoder for messages of tests. */
function varint(value: number): Buffer {
  const bytes: number[] = [];
  let left = BigInt(value);
  for (; left >= 0x80n; left >>= 7n) bytes.push(Number(left & 0x7fn) | 0x80);
  return Buffer.from([...bytes, Number(left)]);
}
const delimited = (bytes: Buffer) => Buffer.concat([varint(bytes.length), bytes]);
const message = (field: number, ...parts: Buffer[]) =>
  Buffer.concat([varint(field * 8 + 2), delimited(Buffer.concat(parts))]);
const text = (field: number, value: string) => message(field, Buffer.from(value));
const whole = (field: number, value: number) => Buffer.concat([varint(field * 8), varint(value)]);
function double(field: number, value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleLE(value);
  return Buffer.concat([varint(field * 8 + 1), bytes]);
}
const label = (name: string, value: string) => message(1, text(1, name), text(2, value));
const family = (...parts: Buffer[]) => delimited(Buffer.concat(parts));

describe('protobuf exposition', () => {
  it('reads counters, gauges, summaries and histograms, with exemplars and timestamps', () => {
    const exemplar = [
      label('trace_id', 'a"b'),
      double(2, 0.7),
      message(3, whole(1, 1_520_879_607), whole(2, 789_000_000)),
    ];
    const body = Buffer.concat([
      family(
        text(1, 'requests_total'),
        text(2, 'What came\nin.'),
        whole(3, 0),
        message(
          4,
          label('path', '/a\\b'),
          message(3, double(1, 7), message(2, ...exemplar)),
          whole(6, 1_520_879_608_125),
        ),
        message(4, message(3, double(1, Number.POSITIVE_INFINITY))),
      ),
      family(text(1, 'temp'), whole(3, 1), message(4, message(2, double(1, -0.5)))),
      family(text(1, 'my.name'), whole(3, 3), message(4, label('a.b', 'c'), message(5, double(1, Number.NaN)))),
      family(
        text(1, 's'),
        whole(3, 2),
        message(4, message(4, whole(1, 3), double(2, 4.5), message(3, double(1, 0.5), double(2, 1)))),
      ),
      family(
        text(1, 'took_seconds'),
        whole(3, 4),
        text(5, 'seconds'),
        message(
          4,
          message(
            7,
            whole(1, 9),
            double(2, 12),
            message(3, whole(1, 4), double(2, 1)),
            message(3, whole(1, 6), double(2, 2.5), message(3, ...exemplar)),
            whole(5, 6),
          ),
        ),
      ),
    ]);
    const written = textOfProtobuf(body).toString();
    expect(written).toBe(`# HELP requests_total What came\\nin.
# TYPE requests_total counter
requests_total{path="/a\\\\b"} 7 1520879608.125 # {trace_id="a\\"b"} 0.7 1520879607.789
requests_total +Inf
# TYPE temp gauge
temp -0.5
# TYPE "my.name" unknown
{"my.name","a.b"="c"} NaN
# TYPE s summary
s{quantile="0.5"} 1
s_sum 4.5
s_count 3
# TYPE took_seconds histogram
# UNIT took_seconds seconds
took_seconds_bucket{le="1.0"} 4
took_seconds_bucket{le="2.5"} 6 # {trace_id="a\\"b"} 0.7 1520879607.789
took_seconds_bucket{le="+Inf"} 9
took_seconds_sum 12
took_seconds_count 9
# EOF
`);
    const { batch, lines } = parseExposition(Buffer.from(written), { format: 'openmetrics', defaultTimestampMs: 1 });
    expect(lines).toBe(12);
    expect(batch.timestamps[0]).toBe(1_520_879_608_125);
    expect(batch.exemplars.map(({ labels }) => labels.toObject())).toEqual([{ trace_id: 'a"b' }, { trace_id: 'a"b' }]);
  });

  it('has count, sum and +Inf of a native histogram without classic buckets, floats included', () => {
    const body = family(
      text(1, 'n'),
      whole(3, 4),
      message(4, message(7, double(4, 2.5), double(2, 3), whole(5, 6), message(12, whole(1, 0), whole(2, 1)))),
    );
    expect(textOfProtobuf(body).toString().split('\n').slice(1, 4)).toEqual([
      'n_bucket{le="+Inf"} 2.5',
      'n_sum 3',
      'n_count 2.5',
    ]);
  });

  it.each([
    [0, '0.0'],
    [1, '1.0'],
    [-2.5, '-2.5'],
    [0.0001, '0.0001'],
    [0.00001, '1e-05'],
    [123456, '123456.0'],
    [1_000_000, '1e+06'],
    [1_234_567, '1.234567e+06'],
    [1e100, '1e+100'],
    [Number.NEGATIVE_INFINITY, '-Inf'],
  ])('writes the bound %d as Prometheus does', (upper, le) => {
    const body = family(text(1, 'h'), whole(3, 4), message(4, message(7, message(3, whole(1, 1), double(2, upper)))));
    expect(textOfProtobuf(body).toString()).toContain(`h_bucket{le="${le}"} 1`);
  });

  it('takes an empty body, and refuses one that is cut off anywhere', () => {
    expect(textOfProtobuf(Buffer.alloc(0)).toString()).toBe('# EOF\n');
    const body = family(text(1, 'a'), whole(3, 1), message(4, label('x', 'y'), message(2, double(1, 1))));
    for (let end = 1; end < body.length; end++) {
      expect(() => textOfProtobuf(body.subarray(0, end)), String(end)).toThrow(/protobuf, byte \d+/);
    }
  });
});
