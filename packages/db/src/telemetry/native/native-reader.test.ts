import { expect, test } from 'vitest';
import { type NativeBlockView, NativeReader } from './native-reader.ts';
import { bytesOf, nativeBlock, stringColumn } from './native-writer.ts';

const twoBlocks = Buffer.concat([
  ...nativeBlock(2, [
    { name: 'series', type: 'UInt64', data: [bytesOf(BigUint64Array.of(1n, 2n ** 63n))] },
    { name: 'text', type: 'String', data: stringColumn(['', 'x'.repeat(300)]) },
  ]),
  ...nativeBlock(1, [
    { name: 'series', type: 'UInt64', data: [bytesOf(BigUint64Array.of(7n))] },
    { name: 'text', type: 'String', data: stringColumn(['Kiel ⚓']) },
  ]),
]);

function plain(blocks: readonly NativeBlockView[]) {
  return blocks.map(({ rows, columns }) => [
    rows,
    Buffer.from(columns[0]?.bytes ?? []).toString('hex'),
    columns[1]?.strings,
  ]);
}

const expected = [
  [2, '01000000000000000000000000000080', ['', 'x'.repeat(300)]],
  [1, '0700000000000000', ['Kiel ⚓']],
];

test('reads blocks from one piece', () => {
  const reader = new NativeReader();
  expect(plain(reader.push(twoBlocks))).toEqual(expected);
  expect(reader.rest.length).toBe(0);
});

test.each([1, 3, 16, 50])('reads the same blocks from pieces of %i bytes', (size) => {
  const reader = new NativeReader();
  const blocks: NativeBlockView[] = [];
  for (let at = 0; at < twoBlocks.length; at += size) blocks.push(...reader.push(twoBlocks.subarray(at, at + size)));
  expect(plain(blocks)).toEqual(expected);
  expect(reader.rest.length).toBe(0);
});

test('keeps what belongs to no whole block', () => {
  const reader = new NativeReader();
  expect(reader.push(twoBlocks.subarray(0, twoBlocks.length - 1))).toHaveLength(1);
  expect(reader.rest.length).toBeGreaterThan(0);
});

test('refuses a type that it cannot decode', () => {
  const [block] = [Buffer.concat(nativeBlock(1, [{ name: 'a', type: 'UUID', data: [new Uint8Array(16)] }]))];
  expect(() => new NativeReader().push(block)).toThrow('no decoder for a Native column of type UUID');
});
