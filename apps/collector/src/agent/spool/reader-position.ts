import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import path from 'node:path';
import { crc32 } from 'node:zlib';

/** Up to where the gateway has acknowledged: a segment and the offset in it. */
export interface Position {
  readonly segment: number;
  readonly offset: number;
}

const bytes = 16;

/**
 * The reader's position in a small file that is overwritten in place, without a sync: one that is old or torn makes the
 * spool send a few requests again, which changes nothing at the gateway.
 */
export class ReaderPosition {
  readonly #file: FileHandle;
  readonly #buffer = Buffer.alloc(bytes);

  private constructor(file: FileHandle) {
    this.#file = file;
  }

  static async open(directory: string): Promise<{ writer: ReaderPosition; last: Position | undefined }> {
    const file = await open(path.join(directory, 'position'), constants.O_RDWR | constants.O_CREAT, 0o600);
    const writer = new ReaderPosition(file);
    const { bytesRead } = await file.read(writer.#buffer, 0, bytes, 0);
    const buffer = writer.#buffer;
    const whole = bytesRead === bytes && crc32(buffer.subarray(0, 12)) === buffer.readUInt32LE(12);
    const last = whole ? { segment: buffer.readUIntLE(0, 6), offset: buffer.readUIntLE(6, 6) } : undefined;
    return { writer, last };
  }

  async write({ segment, offset }: Position): Promise<void> {
    this.#buffer.writeUIntLE(segment, 0, 6);
    this.#buffer.writeUIntLE(offset, 6, 6);
    this.#buffer.writeUInt32LE(crc32(this.#buffer.subarray(0, 12)), 12);
    await this.#file.write(this.#buffer, 0, bytes, 0);
  }

  async close(): Promise<void> {
    await this.#file.close();
  }
}
