/** A writer hands out a chunk when it holds this many bytes; one with long labels holds a little more. */
export const chunkBytes = 128 * 1024;

/** Bytes written one after another, taken away in chunks. Whoever takes a chunk owns it: it is not written to again. */
export class ByteChunks {
  bytes: Buffer;
  at = 0;

  /** `expected`: how many bytes are to come, as far as one knows; small answers take small chunks. */
  constructor(expected: number) {
    this.bytes = Buffer.allocUnsafeSlow(Math.min(Math.max(expected, 256), chunkBytes));
  }

  get full(): boolean {
    return this.at >= chunkBytes - 1024;
  }

  /** Makes room for so many bytes after `at`. */
  room(bytes: number): void {
    if (this.at + bytes <= this.bytes.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(this.at + bytes, 2 * this.bytes.length));
    this.bytes.copy(larger, 0, 0, this.at);
    this.bytes = larger;
  }

  text(text: string): void {
    this.room(text.length * 3);
    this.at += this.bytes.write(text, this.at);
  }

  /** What was written since the last chunk. */
  take(): Buffer {
    const chunk = this.bytes.subarray(0, this.at);
    this.bytes = Buffer.allocUnsafeSlow(Math.min(this.bytes.length, chunkBytes));
    this.at = 0;
    return chunk;
  }

  /** What was written since the last chunk, when nothing more comes. */
  rest(): Buffer {
    return this.bytes.subarray(0, this.at);
  }
}
