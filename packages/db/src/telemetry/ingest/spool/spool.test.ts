import {
  appendFileSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { bytesOf, nativeBlock } from '../../native/native-writer.ts';
import { Spool, type SpoolOptions } from './spool.ts';

let folder: string;
let stored: { values: number[]; buckets: number[] }[];
let warnings: object[];
let storeAway = false;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'binnacle-spool-'));
  stored = [];
  warnings = [];
  storeAway = false;
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const headBytes = blockOf(0, []).reduce((sum, piece) => sum + piece.byteLength, 0);
const rowBytes = 28;

/** A block of the samples table; what is looked at is the values. */
function blockOf(bucket: number, values: readonly number[]): Uint8Array[] {
  return nativeBlock(values.length, [
    { name: 'b', type: 'UInt32', data: [bytesOf(Uint32Array.from(values, () => bucket))] },
    { name: 'series', type: 'UInt64', data: [bytesOf(new BigUint64Array(values.length))] },
    { name: 'ts', type: "DateTime64(3, 'UTC')", data: [bytesOf(new BigInt64Array(values.length))] },
    { name: 'value', type: 'Float64', data: [bytesOf(Float64Array.from(values))] },
  ]);
}

/** The values of blocks of up to 127 rows, as an engine would read them. */
function valuesIn(path: string): number[] {
  const bytes = readFileSync(path);
  const values: number[] = [];
  for (let at = 0; at < bytes.length; ) {
    const rows = bytes[at + 1] as number;
    const end = at + headBytes + rows * rowBytes;
    for (let row = 0; row < rows; row++) values.push(bytes.readDoubleLE(end - (rows - row) * 8));
    at = end;
  }
  return values;
}

const open = (options: Partial<SpoolOptions> = {}) =>
  Spool.open({
    folder,
    maxBytes: 1_000_000,
    segmentRows: 1_000_000,
    segmentMs: 3_600_000,
    log: { warn: (fields) => warnings.push(fields) },
    insertFile: async (path, buckets) => {
      if (storeAway) throw new Error('the store is away');
      stored.push({ values: valuesIn(path), buckets: [...buckets].sort() });
    },
    ...options,
  });
const append = (spool: Spool, bucket: number, values: number[]) =>
  spool.append(blockOf(bucket, values), values.length, [bucket]);
const files = (ending: string) =>
  readdirSync(folder)
    .filter((name) => name.endsWith(ending))
    .map((name) => join(folder, name));
const allStored = () => stored.flatMap(({ values }) => values);

describe('spool', () => {
  it('stores many appends as one insert, in order, and leaves no file behind', async () => {
    const spool = await open();
    await append(spool, 7, [1, 2]);
    await append(spool, 8, [3]);
    expect(spool.state).toMatchObject({ samples: 3 });
    expect(spool.state.bytes).toBe(2 * headBytes + 3 * rowBytes);
    await spool.flush();
    expect(stored).toEqual([{ values: [1, 2, 3], buckets: [7, 8] }]);
    expect(spool.state).toMatchObject({ samples: 0, bytes: 0, oldestAgeMs: 0 });
    expect(readdirSync(folder)).toEqual([]);
  });

  it('hands a segment over when it has its rows, and when it is old', async () => {
    const byRows = await open({ segmentRows: 2 });
    await append(byRows, 1, [1]);
    await append(byRows, 1, [2]);
    await expect.poll(allStored).toEqual([1, 2]);
    await byRows.close();
    const byAge = await open({ segmentMs: 5 });
    await append(byAge, 1, [3]);
    await expect.poll(allStored).toEqual([1, 2, 3]);
  });

  it('stores what a process left behind, once it is opened again', async () => {
    const dying = await open();
    await append(dying, 5, [1, 2]);
    await append(dying, 6, [3]);
    const next = await open();
    await next.flush();
    expect(stored).toEqual([{ values: [1, 2, 3], buckets: [5, 6] }]);
    expect(warnings).toEqual([]);
  });

  it('does not count a write that was cut off as damage', async () => {
    await append(await open(), 5, [1, 2]);
    const [native = ''] = files('.native');
    appendFileSync(native, blockOf(5, [3, 4]).at(-1) as Uint8Array);
    const next = await open();
    await next.flush();
    expect(allStored()).toEqual([1, 2]);
    expect([next.state.damagedBlocks, warnings]).toEqual([0, []]);
  });

  it('leaves out an entry that was faster than its block', async () => {
    const dying = await open();
    await append(dying, 5, [1, 2]);
    await append(dying, 5, [3]);
    const [native = ''] = files('.native');
    truncateSync(native, statSync(native).size - 4);
    const next = await open();
    await next.flush();
    expect([allStored(), next.state.damagedBlocks]).toEqual([[1, 2], 0]);
  });

  it.each(Array.from({ length: 40 }, (_, i) => i))(
    'refuses a block with a flipped bit and keeps the others (%i)',
    async (i) => {
      const dying = await open();
      for (const value of [1, 2, 3]) await append(dying, 5, [value]);
      const [native = ''] = files('.native');
      const bytes = readFileSync(native);
      const at = Math.floor(((i * 2 + 1) / 80) * bytes.length);
      bytes[at] = (bytes[at] as number) ^ (1 << (i % 8));
      writeFileSync(native, bytes);
      const next = await open();
      await next.flush();
      const bad = Math.floor(at / (bytes.length / 3)) + 1;
      expect(allStored()).toEqual([1, 2, 3].filter((value) => value !== bad));
      expect(next.state.damagedBlocks).toBe(1);
      expect(warnings).toMatchObject([{ damagedBlocks: 1, damagedSamples: 1 }]);
      expect(files('.damaged')).toHaveLength(1);
    },
  );

  it('keeps the blocks whose entries are whole when one entry is damaged', async () => {
    const dying = await open();
    for (const value of [1, 2, 3]) await append(dying, 5, [value]);
    const [sums = ''] = files('.sums');
    const bytes = readFileSync(sums);
    bytes[25] = (bytes[25] as number) ^ 4;
    writeFileSync(sums, bytes);
    const next = await open();
    await next.flush();
    expect([allStored(), next.state.damagedBlocks]).toEqual([[1, 3], 1]);
  });

  it('waits for a store that is away, and refuses more than it may hold', async () => {
    storeAway = true;
    const spool = await open({ maxBytes: 3 * (headBytes + rowBytes), segmentRows: 1 });
    for (const value of [1, 2, 3]) await append(spool, 5, [value]);
    await expect(append(spool, 5, [4])).rejects.toMatchObject({ code: 'over_capacity', retryAfterSeconds: 5 });
    await expect(spool.flush()).rejects.toThrow('the store is away');
    storeAway = false;
    await spool.flush();
    expect(allStored()).toEqual([1, 2, 3]);
    await append(spool, 5, [5]);
    await spool.flush();
    expect(allStored()).toEqual([1, 2, 3, 5]);
  });

  it('leaves what the store does not take to the next process', async () => {
    storeAway = true;
    const spool = await open();
    await append(spool, 5, [1]);
    await spool.close();
    expect(stored).toEqual([]);
    storeAway = false;
    await (await open()).flush();
    expect(allStored()).toEqual([1]);
  });
});
