import { open, readFile, rename, truncate, unlink, writeFile } from 'node:fs/promises';
import { crc32 } from 'node:zlib';
import { type SegmentPaths, sumBytes, sumEntry } from './segment.ts';

export interface CheckedSegment {
  /** Where the good blocks are now. */
  readonly paths: SegmentPaths;
  /** Rows that can be inserted. */
  readonly rows: number;
  readonly bytes: number;
  /** Buckets of two hours that these rows lie in. */
  readonly buckets: ReadonlySet<number>;
  /** Blocks whose bytes are not those that were written: left out. */
  readonly damagedBlocks: number;
  /** Rows of these, as far as their entries can be read; none of a block without an entry. */
  readonly damagedRows: number;
  /** Bytes behind the last good block that no entry speaks of: a write that was cut off, never acknowledged. */
  readonly tornBytes: number;
}

/**
 * Checks a segment that a process left behind. What is whole stays in its file; a damaged one is written anew
 * without its bad blocks, to `repaired`, and as it was found it is kept as `….damaged` for whoever wants to look. Samples of good blocks are never lost.
 */
export async function checkSegment(paths: SegmentPaths, repaired: SegmentPaths): Promise<CheckedSegment> {
  const sums = await readFile(paths.sums).catch(() => Buffer.alloc(0));
  const file = await open(paths.native, 'r');
  const good: Buffer[] = [];
  const entries: Buffer[] = [];
  const buckets = new Set<number>();
  let rows = 0;
  let bytes = 0;
  let damagedBlocks = 0;
  let damagedRows = 0;
  let end = 0;
  let cut = false;
  const { size } = await file.stat();
  try {
    for (let at = 0; at < sums.byteLength; at += sumBytes) {
      const entry = sums.subarray(at, at + sumBytes);
      // An entry that is cut off belongs to a block that was never acknowledged.
      if (entry.byteLength < sumBytes) break;
      if (entry.readUInt32LE(16) !== crc32(entry.subarray(0, 16))) {
        damagedBlocks++;
        continue;
      }
      const offset = entry.readUInt32LE(0);
      const length = entry.readUInt32LE(4);
      const blockRows = entry.readUInt32LE(8);
      const last = at + 2 * sumBytes > sums.byteLength;
      if (offset + length > size && last) {
        // The entry was faster than its block.
        cut = true;
        break;
      }
      const block = Buffer.alloc(length);
      const { bytesRead } = await file.read(block, 0, length, offset);
      end = Math.max(end, Math.min(size, offset + length));
      if (bytesRead < length || crc32(block) !== entry.readUInt32LE(12)) {
        damagedBlocks++;
        damagedRows += blockRows;
        continue;
      }
      addBuckets(block, blockRows, buckets);
      good.push(block);
      entries.push(sumEntry(bytes, length, blockRows, crc32(block)));
      rows += blockRows;
      bytes += length;
    }
  } finally {
    await file.close();
  }
  const tornBytes = Math.max(0, size - end);
  if (damagedBlocks === 0 && (tornBytes > 0 || cut)) {
    // What was never acknowledged stands at the end of both files.
    await truncate(paths.native, bytes);
    await truncate(paths.sums, entries.length * sumBytes);
  }
  if (damagedBlocks > 0) {
    // The entries first: blocks without entries would be taken for damage. A process that dies in between leaves both, and the good
    // blocks are stored twice, which does no harm.
    const unfinished = `${repaired.native}.partial`;
    await writeFile(repaired.sums, Buffer.concat(entries), { mode: 0o600 });
    await writeFile(unfinished, Buffer.concat(good, bytes), { mode: 0o600 });
    await rename(unfinished, repaired.native);
    await rename(paths.native, `${paths.native}.damaged`);
    await unlink(paths.sums).catch(() => {});
    return { paths: repaired, rows, bytes, buckets, damagedBlocks, damagedRows, tornBytes };
  }
  return { paths, rows, bytes, buckets, damagedBlocks, damagedRows, tornBytes };
}

/** The first column of a block is its buckets; see `sample-columns.ts`. A block may be several of `Native` in a row. */
function addBuckets(block: Buffer, rows: number, into: Set<number>): void {
  for (let at = 0, left = rows; left > 0; ) {
    // One byte says four columns; then come the rows as a varint.
    let count = 0;
    let shift = 0;
    for (at++; ; shift += 7) {
      const byte = block[at++] as number;
      count |= (byte & 0x7f) << shift;
      if (byte < 0x80) break;
    }
    // Name and type of each column stand before its values, each after a byte with its length.
    for (const bytesPerRow of [4, 8, 8, 8]) {
      at += 1 + (block[at] as number);
      at += 1 + (block[at] as number);
      if (bytesPerRow === 4) for (let row = 0; row < count; row++) into.add(block.readUInt32LE(at + row * 4));
      at += count * bytesPerRow;
    }
    left -= count;
  }
}
