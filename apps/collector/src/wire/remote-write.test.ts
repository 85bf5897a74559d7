import { type LabelSet, labelsFromObject } from '@binnacle/shared/telemetry/labels.ts';
import { isStale, SampleBatch } from '@binnacle/shared/telemetry/sample-batch.ts';
import { describe, expect, it } from 'vitest';
import { ClassicHistograms } from './classic-histograms.ts';
import { WriteRequestDecoder } from './remote-write-decode.ts';
import { encodeWriteRequest, encodeWriteRequestMessage } from './remote-write-encode.ts';
import { WriteRequestExtras } from './remote-write-extras.ts';
import { SeriesIntern } from './series-intern.ts';
import { snappyDecode } from './snappy.ts';

const at = 1_788_000_000_123;

function batchOf(...series: Record<string, string>[]): SampleBatch {
  const batch = new SampleBatch(1);
  for (const labels of series) batch.addSeries(labelsFromObject(labels));
  return batch;
}

const length = (...bytes: number[]) => [bytes.length, ...bytes];
const text = (value: string) => length(...Buffer.from(value));
const label = (name: string, value: string) => [0x0a, ...length(0x0a, ...text(name), 0x12, ...text(value))];
const sample = [0x12, ...length(0x09, 0, 0, 0, 0, 0, 0, 0xf0, 0x3f, 0x10, 0x05)];
const series = (...parts: number[][]) => [0x0a, ...length(...parts.flat())];
const decode = (...bytes: number[][]) => new WriteRequestDecoder().decode(Buffer.from(bytes.flat())).batch;

describe('remote write 1.0', () => {
  it('comes back as it went, stale markers, NaN and infinities by their bits', () => {
    const batch = batchOf({ __name__: 'a', job: 'j', text: 'ünï\n"\\' }, { __name__: 'b' });
    batch.append(0, at, 1.5);
    batch.appendStale(1, at);
    batch.append(0, at + 15_000, Number.NEGATIVE_INFINITY);
    batch.append(1, -5, -0);
    batch.appendBits(1, at + 1, 1, 0x7ff80000);
    batch.metadata.push({ family: 'a', type: 'counter', help: 'Hilfe ü', unit: 'seconds' });
    const decoded = new WriteRequestDecoder().decode(snappyDecode(encodeWriteRequest(batch), 1e6)).batch;
    expect(decoded.series.map((one) => one.pairs)).toEqual(batch.series.map((one) => one.pairs));
    expect([...decoded.seriesOf.subarray(0, 5)]).toEqual([0, 0, 1, 1, 1]);
    expect([...decoded.timestamps.subarray(0, 5)]).toEqual([at, at + 15_000, at, -5, at + 1]);
    expect([...decoded.values.subarray(0, 2)]).toEqual([1.5, Number.NEGATIVE_INFINITY]);
    expect(isStale(decoded.valueWords, 2)).toBe(true);
    expect(Object.is(decoded.values[3], -0)).toBe(true);
    expect([decoded.valueWords[8], decoded.valueWords[9]]).toEqual([1, 0x7ff80000]);
    expect(decoded.metadata).toEqual(batch.metadata);
  });

  it('hands the same LabelSet object over for the same series, also when its labels come in another order', () => {
    const decoder = new WriteRequestDecoder();
    const one = Buffer.from(series(label('__name__', 'm'), label('a', '1'), sample));
    const other = Buffer.from(series(label('a', '1'), label('__name__', 'm'), sample));
    const first = decoder.decode(one).batch.series[0];
    expect(decoder.decode(one).batch.series[0]).toBe(first);
    expect(decoder.decode(other).batch.series[0]).toBe(first);
    const both = decoder.decode(Buffer.concat([one, other])).batch;
    expect(both.series).toHaveLength(1);
    expect(both.length).toBe(2);
  });

  it('sorts labels, leaves out empty values, and keeps repeated names side by side for the sink to refuse', () => {
    expect(
      decode(series(label('z', '1'), label('__name__', 'm'), label('e', ''), label('z', '2'), sample)).series[0]?.pairs,
    ).toEqual(['__name__', 'm', 'z', '1', 'z', '2']);
  });

  it('puts its own labels on series that lack them', () => {
    const decoder = new WriteRequestDecoder({ cluster: 'west' });
    const body = [
      ...series(label('__name__', 'm'), sample),
      ...series(label('__name__', 'm'), label('cluster', 'east'), sample),
    ];
    const { batch } = decoder.decode(Buffer.from(body));
    expect(batch.series.map((one) => one.get('cluster'))).toEqual(['west', 'east']);
  });

  it('finds labels behind samples, and labels that are torn apart', () => {
    expect(decode(series(sample, label('__name__', 'late'))).series[0]?.metricName).toBe('late');
    expect(decode(series(label('__name__', 'torn'), sample, label('a', 'b'), sample)).series[0]?.pairs).toEqual([
      '__name__',
      'torn',
      'a',
      'b',
    ]);
  });

  it('reads a left-out value and timestamp as 0, skips unknown fields and exemplars, and counts native histograms', () => {
    const { batch, histograms } = new WriteRequestDecoder().decode(
      Buffer.from([
        ...series(label('__name__', 'm'), [0x12, 0], [0x1a, 1, 0], [0x22, 0], [0x22, 0], [0x78, 5], [0x3d, 1, 2, 3, 4]),
        0x50,
        1,
      ]),
    );
    expect([batch.length, batch.values[0], batch.timestamps[0], histograms]).toEqual([1, 0, 0, 2]);
  });

  it.each([
    ['a tag without a value', [0x0a], /byte 1: cut off/],
    ['a varint without end', Array(12).fill(0x80), /varint is longer than ten bytes/],
    ['a varint that is cut off', [0x0a, 0x80], /varint is cut off/],
    ['a field that is too long', [0x0a, 0x05, 0x0a], /byte 2: a field of 5 bytes runs past/],
    ['a label that is too long', series([0x0a, 0x40, 0x0a], sample), /runs past the end/],
    ['a value that is cut off', series([0x12, 0x03, 0x09, 0, 0]), /64-bit field is cut off/],
    ['a group', [0x0b], /field 1 has wire type 3|wire type 3/],
    ['field number 0', [0x00, 0x01], /field number 0/],
    ['samples of the wrong wire type', series([0x10, 0x01]), /field 2 has wire type 0/],
    ['text that is not UTF-8', series([0x0a, 6, 0x0a, 1, 0x61, 0x12, 1, 0xff], sample), /a string is not UTF-8/],
  ])('refuses %s with the place', (_, bytes, message) => {
    expect(() => decode(bytes as number[])).toThrow(message);
  });

  it('carries exemplars, as agents forward them', () => {
    const batch = batchOf({ __name__: 'took_bucket', le: '1' });
    batch.append(0, at, 4);
    const [series] = batch.series as [LabelSet];
    const exemplar = { series, labels: labelsFromObject({ trace_id: 'ab' }), timestampMs: at - 1, value: 0.25 };
    batch.exemplars.push(exemplar);
    const bytes = encodeWriteRequestMessage(batch);
    const intern = new SeriesIntern();
    const decoded = new WriteRequestDecoder({}, intern).decode(bytes);
    expect([decoded.batch.length, decoded.exemplars]).toEqual([1, 1]);
    const classic = new ClassicHistograms(intern, { maxBuckets: 160, maxSeries: 100 });
    new WriteRequestExtras({}, intern, classic).append(bytes, decoded.batch);
    expect(decoded.batch.exemplars.map((one) => [one.series.key, one.labels.key, one.timestampMs, one.value])).toEqual([
      [series.key, exemplar.labels.key, at - 1, 0.25],
    ]);
  });

  it('leaves series without samples out of a request', () => {
    expect(encodeWriteRequestMessage(batchOf({ __name__: 'a' }))).toHaveLength(0);
  });
});
