import { isStale, staleHigh, staleLow } from '@binnacle/shared/telemetry/sample-batch.ts';
import { describe, expect, test } from 'vitest';
import { NativeReader } from '../native/native-reader.ts';
import { bytesOf, nativeBlock } from '../native/native-writer.ts';
import { ColumnPool } from './column-pool.ts';
import { KeyOrder } from './key-order.ts';
import { narrowBlock, wideBlock } from './sample-columns.ts';
import { SlabBuilder } from './slab-builder.ts';

type Row = [series: bigint, time: number, value: number | 'stale'];
type Width = 'narrow' | 'wide';

const start = 1_795_449_034_000;
const entries = (ids: bigint[]) => ids.map((id) => ({ id, labels: undefined as never }));
const low = (id: bigint) => Number(id & 0xffffffffn);

/** The answer of ClickHouse to the scan's columns. */
function answer(rows: Row[], width: Width): Uint8Array[] {
  const values = new Float64Array(rows.length);
  const words = new Uint32Array(values.buffer);
  rows.forEach(([, , value], i) => {
    if (value === 'stale') words.set([staleLow, staleHigh], 2 * i);
    else values[i] = value;
  });
  const val = { name: 'val', type: 'Float64', data: [bytesOf(values)] };
  if (width === 'narrow') {
    return nativeBlock(rows.length, [
      val,
      { name: 'time', type: 'UInt32', data: [bytesOf(Uint32Array.from(rows, ([, time]) => time))] },
      { name: 'half', type: 'UInt32', data: [bytesOf(Uint32Array.from(rows, ([id]) => low(id)))] },
    ]);
  }
  return nativeBlock(rows.length, [
    val,
    { name: 'time', type: 'Int64', data: [bytesOf(BigInt64Array.from(rows, ([, time]) => BigInt(start + time)))] },
    { name: 'full', type: 'UInt64', data: [bytesOf(BigUint64Array.from(rows, ([id]) => id))] },
  ]);
}

/** What comes out of blocks of rows, as `index in the request@time=value`. */
async function built(request: bigint[], blocks: Row[][], width: Width = 'narrow'): Promise<string[]> {
  const order = new KeyOrder(entries(request), () => 0);
  const builder = new SlabBuilder(order.set(0, request.length), new ColumnPool());
  const reader = new NativeReader();
  for (const rows of blocks) {
    for (const block of reader.push(Buffer.concat(answer(rows, width)))) {
      builder.push(width === 'narrow' ? narrowBlock(block, start) : wideBlock(block));
    }
  }
  const slab = await builder.finish();
  const out: string[] = [];
  for (let s = 0; s < slab.count; s++) {
    for (let i = s === 0 ? 0 : (slab.ends[s - 1] as number); i < (slab.ends[s] as number); i++) {
      const value = isStale(slab.valueWords, i) ? 'stale' : slab.values[i];
      expect(slab.stale?.[i] === 1).toBe(value === 'stale');
      out.push(`${slab.seriesOf[s]}@${(slab.timestamps[i] as number) - start}=${value}`);
    }
  }
  return out;
}

describe.each<Width>(['narrow', 'wide'])('%s rows', (width) => {
  test('of blocks in any order become series in time order, named by their place in the request', async () => {
    const early: Row[] = [
      [10n, 0, 1],
      [10n, 1, 2],
      [20n, 0, 3],
    ];
    const late: Row[] = [
      [10n, 2, 4],
      [20n, 5, 5],
    ];
    const expected = ['1@0=1', '1@1=2', '1@2=4', '0@0=3', '0@5=5'];
    expect(await built([20n, 10n], [early, late], width)).toEqual(expected);
    expect(await built([20n, 10n], [late, early], width)).toEqual(expected);
  });

  test.each<[what: string, values: (number | 'stale')[], stands: string]>([
    ['the larger of two numbers', [1, 3, 2], '3'],
    ['a number over NaN', [Number.NaN, -5], '-5'],
    ['a number over a stale marker', ['stale', -5], '-5'],
    ['NaN over a stale marker', ['stale', Number.NaN], 'NaN'],
    ['an infinity over a number', [1, Number.POSITIVE_INFINITY], 'Infinity'],
    ['one stale marker of two', ['stale', 'stale'], 'stale'],
  ])(
    'of samples at one time stands %s, in whatever order they come, in one block or several',
    async (_, values, stands) => {
      for (const order of [values, [...values].reverse()]) {
        const rows = order.map((value): Row => [1n, 5, value]);
        expect(await built([1n], [rows], width)).toEqual([`0@5=${stands}`]);
        expect(
          await built(
            [1n],
            rows.map((row) => [row]),
            width,
          ),
        ).toEqual([`0@5=${stands}`]);
      }
    },
  );

  test('of a series that overlap in time are merged sample by sample', async () => {
    const every = (step: number, from: number): Row[] => Array.from({ length: 50 }, (_, i) => [7n, from + i * step, i]);
    const blocks = [every(4, 2), every(2, 1), every(4, 0)];
    const times = [...new Set(blocks.flat().map(([, time]) => time))].sort((a, b) => a - b);
    expect((await built([7n], blocks, width)).map((text) => Number(/@(\d+)/.exec(text)?.[1]))).toEqual(times);
  });

  test('of series that were not asked for are dropped; equal times of neighbours are no duplicates', async () => {
    const rows: Row[] = [
      [1n, 5, 1],
      [2n, 5, 2],
      [3n, 5, 3],
      [4n, 5, 4],
    ];
    expect(await built([2n, 4n], [rows], width)).toEqual(['0@5=2', '1@5=4']);
  });

  test('in long runs keep every bit', async () => {
    const rows = Array.from({ length: 5000 }, (_, i): Row => [9n, i, i % 7 === 3 ? 'stale' : i / 3]);
    expect(await built([9n], [rows.slice(0, 3000), rows.slice(3000)], width)).toEqual(
      rows.map(([, time, value]) => `0@${time}=${value}`),
    );
  });
});

test('what lies outside of the range is left out', async () => {
  const builder = new SlabBuilder(new KeyOrder(entries([1n, 2n]), () => 0).set(0, 2), new ColumnPool(), {
    fromMs: start + 2,
    toMs: start + 3,
  });
  const rows: Row[] = [1n, 2n].flatMap((id) =>
    [1, 2, 3, 4].map((time): Row => [id, id === 1n ? time : time + 4, time]),
  );
  for (const block of new NativeReader().push(Buffer.concat(answer(rows, 'wide')))) builder.push(wideBlock(block));
  expect(builder.samples).toBe(2);
  const { count, ends, timestamps } = await builder.finish();
  expect([count, ends[0], timestamps[0], timestamps[1]]).toEqual([1, 2, start + 2, start + 3]);
});

test('ids whose lower halves are equal are told from one another by wide rows', async () => {
  const ids = [5n, (1n << 32n) | 5n];
  const set = new KeyOrder(entries(ids), () => 0).set(0, 2);
  expect(set.lowHalvesDiffer).toBe(false);
  expect(
    await built(
      ids,
      [
        [
          [ids[0] as bigint, 1, 1],
          [ids[1] as bigint, 1, 2],
        ],
      ],
      'wide',
    ),
  ).toEqual(['0@1=1', '1@1=2']);
});

describe('the order of the key', async () => {
  test('gives few series as pairs with the buckets', async () => {
    const order = new KeyOrder(entries([9n, 7n]), () => 0);
    expect(order.pairs(0, 2, { from: 3, to: 4 })).toBe('(b, series) IN ((3, 7), (3, 9), (4, 7), (4, 9))');
  });

  const metric = (hash: bigint, count: number) =>
    Array.from({ length: count }, (_, i) => (hash << 44n) | BigInt(i * 3));

  test('finds every series among many, and none besides', async () => {
    const ids = metric(7n, 5000).reverse();
    const set = new KeyOrder(entries(ids), () => 0).set(0, 5000);
    const find = (id: bigint) => {
      const at = set.find(low(id), Number(id >> 32n));
      return at < 0 ? -1 : set.requestIndexOf(at);
    };
    expect(ids.map(find)).toEqual(ids.map((_, i) => i));
    expect(ids.map((id) => find(id + 1n)).filter((at) => at >= 0)).toEqual([]);
  });

  test('is asked for in ranges where all series of its metrics are wanted, and one by one otherwise', async () => {
    const ids = [...metric(7n, 3), ...metric(9n, 3)];
    const whole = new KeyOrder(entries(ids), () => 3);
    expect(whole.condition(0, 6)).toBe(
      `(series BETWEEN ${7n << 44n} AND ${(7n << 44n) + 6n} OR series BETWEEN ${9n << 44n} AND ${(9n << 44n) + 6n})`,
    );
    expect(whole.condition(1, 4)).toContain(`BETWEEN ${(7n << 44n) + 3n} AND ${(7n << 44n) + 6n}`);
    expect(new KeyOrder(entries(ids), () => 4).condition(0, 6)).toBe(`series IN (${ids.join(', ')})`);
  });
});
