import { type FileHandle, open, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';

/**
 * One segment of the spool: `<number>.native` holds blocks of `Native` one after another, so that the engine reads the file as
 * it is; `<number>.sums` says for each block where it lies and what its checksum is.
 */
export interface SegmentPaths {
  readonly native: string;
  readonly sums: string;
}

export function segmentPaths(folder: string, number: number): SegmentPaths {
  const name = String(number).padStart(12, '0');
  return { native: join(folder, `${name}.native`), sums: join(folder, `${name}.sums`) };
}

/** Bytes of one entry of a `.sums` file: offset, length, rows, CRC-32 of the block, CRC-32 of the entry; uint32 little-endian. */
export const sumBytes = 20;

export function sumEntry(offset: number, length: number, rows: number, blockCrc: number): Buffer {
  const entry = Buffer.alloc(sumBytes);
  entry.writeUInt32LE(offset, 0);
  entry.writeUInt32LE(length, 4);
  entry.writeUInt32LE(rows, 8);
  entry.writeUInt32LE(blockCrc, 12);
  entry.writeUInt32LE(crc32(entry.subarray(0, 16)), 16);
  return entry;
}

/** A segment being written. One append at a time. */
export class SegmentWriter {
  readonly paths: SegmentPaths;
  readonly openedAt = performance.now();
  rows = 0;
  bytes = 0;
  /** Something may stand in the files that was never acknowledged: check them before they are read. */
  doubtful = false;
  readonly buckets = new Set<number>();
  readonly #native: FileHandle;
  readonly #sums: FileHandle;
  #blocks = 0;

  private constructor(paths: SegmentPaths, native: FileHandle, sums: FileHandle) {
    this.paths = paths;
    this.#native = native;
    this.#sums = sums;
  }

  static async create(paths: SegmentPaths): Promise<SegmentWriter> {
    // Only the owner reads samples; the numbers of the files are never given twice.
    const native = await open(paths.native, 'wx', 0o600);
    try {
      return new SegmentWriter(paths, native, await open(paths.sums, 'wx', 0o600));
    } catch (error) {
      await native.close();
      await unlink(paths.native).catch(() => {});
      throw error;
    }
  }

  /**
   * Resolves when the block has been handed to the operating system: the process may be killed then and it stays. A block that
   * failed is cut off again.
   */
  async append(pieces: readonly Uint8Array[], rows: number, buckets: Iterable<number>): Promise<void> {
    let crc = 0;
    let length = 0;
    for (const piece of pieces) {
      crc = crc32(piece, crc);
      length += piece.byteLength;
    }
    try {
      await Promise.all([
        writeAll(this.#native, pieces, length, this.bytes),
        writeAll(this.#sums, [sumEntry(this.bytes, length, rows, crc)], sumBytes, this.#blocks * sumBytes),
      ]);
    } catch (error) {
      this.doubtful = true;
      await this.#native.truncate(this.bytes).catch(() => {});
      await this.#sums.truncate(this.#blocks * sumBytes).catch(() => {});
      throw error;
    }
    this.bytes += length;
    this.rows += rows;
    for (const bucket of buckets) this.buckets.add(bucket);
    this.#blocks++;
  }

  async close(): Promise<void> {
    await this.#native.close();
    await this.#sums.close();
  }
}

async function writeAll(file: FileHandle, pieces: readonly Uint8Array[], length: number, position: number) {
  const { bytesWritten } = await file.writev(pieces as Uint8Array[], position);
  if (bytesWritten === length) return;
  // A short write: the disk is nearly full, or a signal came between.
  const rest = Buffer.concat(pieces).subarray(bytesWritten);
  for (let done = 0; done < rest.byteLength; ) {
    const { bytesWritten: more } = await file.write(rest, done, rest.byteLength - done, position + bytesWritten + done);
    if (more === 0) throw Object.assign(new Error('the disk took no more bytes'), { code: 'ENOSPC' });
    done += more;
  }
}
