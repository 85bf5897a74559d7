import { isStale, staleHigh, staleLow } from '@binnacle/shared/telemetry/sample-batch.ts';
import { expect, test } from 'vitest';
import { NativeReader } from '../native/native-reader.ts';
import { bytesOf, nativeBlock } from '../native/native-writer.ts';
import { BlockMerger } from './block-merger.ts';
import { SeriesSet } from './series-set.ts';

type Row = [series: bigint, time: number, value: number | 'stale'];

const entry = (id: bigint) => ({ id, labels: undefined as never });

/** What comes out of blocks of rows, as `series@time=value`. */
function merged(series: bigint[], ...blocks: Row[][]): string[] {
  const merger = new BlockMerger(new SeriesSet(series.map(entry)));
  const reader = new NativeReader();
  const out: string[] = [];
  const take = ({ length, seriesOf, timestamps, values, valueWords }: ReturnType<BlockMerger['end']>) => {
    for (let i = 0; i < length; i++) {
      out.push(`${seriesOf[i]}@${timestamps[i]}=${isStale(valueWords, i) ? 'stale' : values[i]}`);
    }
  };
  for (const rows of blocks) {
    const values = new Float64Array(rows.length);
    const words = new Uint32Array(values.buffer);
    rows.forEach(([, , value], i) => {
      if (value === 'stale') words.set([staleLow, staleHigh], 2 * i);
      else values[i] = value;
    });
    const pieces = nativeBlock(rows.length, [
      { name: 'series', type: 'UInt64', data: [bytesOf(BigUint64Array.from(rows, ([id]) => id))] },
      {
        name: 'ts',
        type: "DateTime64(3, 'UTC')",
        data: [bytesOf(BigInt64Array.from(rows, ([, time]) => BigInt(time)))],
      },
      { name: 'value', type: 'Float64', data: [bytesOf(values)] },
    ]);
    for (const block of reader.push(Buffer.concat(pieces))) take(merger.push(block));
  }
  take(merger.end());
  return out;
}

test('hands samples over by their place in the request, times above 32 bits included', () => {
  const now = 1_795_449_034_056;
  expect(
    merged(
      [20n, 10n],
      [
        [10n, now, 1],
        [10n, now + 1, 2],
        [20n, now, 3],
      ],
    ),
  ).toEqual([`1@${now}=1`, `1@${now + 1}=2`, `0@${now}=3`]);
});

test.each<[what: string, values: (number | 'stale')[], stands: string]>([
  ['the larger of two numbers', [1, 3, 2], '3'],
  ['a number over NaN', [Number.NaN, -5], '-5'],
  ['a number over a stale marker', ['stale', -5], '-5'],
  ['NaN over a stale marker', ['stale', Number.NaN], 'NaN'],
  ['an infinity over a number', [1, Number.POSITIVE_INFINITY], 'Infinity'],
  ['one stale marker of two', ['stale', 'stale'], 'stale'],
])('of samples at one time stands %s, in whatever order they come', (_, values, stands) => {
  for (const order of [values, [...values].reverse()]) {
    expect(
      merged(
        [1n],
        order.map((value): Row => [1n, 5, value]),
      ),
    ).toEqual([`0@5=${stands}`]);
  }
});

test('duplicates are merged across blocks', () => {
  expect(
    merged(
      [1n, 2n],
      [[1n, 5, 1]],
      [
        [1n, 5, 9],
        [2n, 5, 4],
      ],
      [[2n, 5, 4]],
      [[2n, 6, 1]],
    ),
  ).toEqual(['0@5=9', '1@5=4', '1@6=1']);
});

test('equal times of neighbouring series are no duplicates', () => {
  expect(
    merged(
      [1n, 2n],
      [
        [1n, 5, 1],
        [2n, 5, 2],
      ],
    ),
  ).toEqual(['0@5=1', '1@5=2']);
});

test('samples of series that were not asked for are dropped', () => {
  expect(
    merged(
      [2n],
      [
        [1n, 5, 1],
        [2n, 5, 2],
        [3n, 5, 3],
      ],
      [[4n, 5, 1]],
    ),
  ).toEqual(['0@5=2']);
});

test('finds every series among many, and none besides', () => {
  const ids = Array.from({ length: 5000 }, (_, i) => (7n << 44n) | BigInt(i * 3));
  const set = new SeriesSet(ids.map(entry));
  const find = (id: bigint) => set.find(Number(id & 0xffffffffn), Number(id >> 32n));
  expect(ids.map(find)).toEqual(ids.map((_, i) => i));
  expect(ids.map((id) => find(id + 1n)).filter((at) => at >= 0)).toEqual([]);
});

test('the condition is a range of the key where all series of a metric are asked for', () => {
  const ids = [0n, 1n, 2n].map((i) => (7n << 44n) | i);
  const set = new SeriesSet(ids.map(entry));
  expect(set.condition(() => 3)).toBe(`series BETWEEN ${7n << 44n} AND ${(8n << 44n) - 1n}`);
  expect(set.condition(() => 4)).toBe(`series IN (${ids.join(', ')})`);
});
