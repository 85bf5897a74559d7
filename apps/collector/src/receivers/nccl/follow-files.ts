import { open, stat } from 'node:fs/promises';

interface Position {
  /** Tells a new file of the same name (rotation) from the old one. */
  readonly inode: number;
  offset: number;
  /** Lines seen, for messages; counted from where reading began. */
  line: number;
  /** Inside a line that is too long: everything up to the next line break is passed over. */
  skipping: boolean;
}

/** Read per file and reading; what is left comes with the next one. */
const maxChunkBytes = 4 * 1024 * 1024;
const maxLineBytes = 256 * 1024;

/**
 * Follows files that grow: hands over whole lines, each once, and remembers where it stands in each file. A file that
 * was replaced or cut is read from its beginning; a torn last line waits for its end.
 */
export class FileFollower {
  #positions = new Map<string, Position>();

  /** Reads on in each of the files and forgets those that are no longer among them. */
  async read(
    paths: readonly string[],
    signal: AbortSignal,
    take: (line: string, path: string, lineNumber: number) => void,
  ): Promise<void> {
    const positions = new Map<string, Position>();
    for (const path of paths) {
      signal.throwIfAborted();
      const position = await this.#readOne(path, take);
      if (position !== undefined) positions.set(path, position);
    }
    this.#positions = positions;
  }

  async #readOne(
    path: string,
    take: (line: string, path: string, lineNumber: number) => void,
  ): Promise<Position | undefined> {
    const status = await stat(path).catch(() => undefined);
    // Deleted between the listing and now: forgotten.
    if (status === undefined) return undefined;
    let position = this.#positions.get(path);
    if (position !== undefined && position.inode !== status.ino) {
      // Put aside under the usual name: what was written after the last reading is still in there.
      const aside = `${path}.1`;
      const old = await stat(aside).catch(() => undefined);
      if (old?.ino === position.inode) await readOn(aside, old.size, position, take);
    }
    if (position === undefined || position.inode !== status.ino || status.size < position.offset) {
      // A long file is joined near its end: only its newest collectives are of interest.
      const late = status.size > maxChunkBytes;
      position = { inode: status.ino, offset: late ? status.size - maxChunkBytes : 0, line: 0, skipping: late };
    }
    await readOn(path, status.size, position, take);
    return position;
  }
}

/** Hands over the whole lines from the position on, and moves it behind the last of them. */
async function readOn(
  path: string,
  size: number,
  position: Position,
  take: (line: string, path: string, lineNumber: number) => void,
): Promise<void> {
  if (size <= position.offset) return;
  await using file = await open(path, 'r');
  const length = Math.min(maxChunkBytes, size - position.offset);
  const { buffer, bytesRead } = await file.read(Buffer.allocUnsafe(length), 0, length, position.offset);
  let start = 0;
  for (let end = buffer.indexOf(10, start); end !== -1 && end < bytesRead; end = buffer.indexOf(10, start)) {
    position.line++;
    if (!position.skipping && end > start) take(buffer.toString('utf8', start, end), path, position.line);
    position.skipping = false;
    start = end + 1;
  }
  if (bytesRead - start > maxLineBytes) {
    position.skipping = true;
    start = bytesRead;
  }
  position.offset += start;
}
