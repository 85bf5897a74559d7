import { constants } from 'node:fs';
import { type FileHandle, mkdir, open, readdir, stat, unlink } from 'node:fs/promises';
import path from 'node:path';

/** One append-only file of the spool. */
export interface Segment {
  readonly number: number;
  readonly file: string;
  /** Bytes of it that are on disk for good; the reader goes no further. */
  durableBytes: number;
  /** Whether nothing more will be appended. */
  sealed: boolean;
  /** Open while it is written or read. */
  handle: FileHandle | undefined;
}

const suffix = '.spool';

/** The segments of a folder, oldest first. Files of other names are left alone. */
export async function listSegments(directory: string): Promise<Segment[]> {
  const segments: Segment[] = [];
  for (const name of await readdir(directory)) {
    if (!/^\d{16}\.spool$/.test(name)) continue;
    const file = path.join(directory, name);
    const { size } = await stat(file);
    segments.push({
      number: Number(name.slice(0, -suffix.length)),
      file,
      durableBytes: size,
      sealed: true,
      handle: undefined,
    });
  }
  return segments.sort((a, b) => a.number - b.number);
}

/** Makes an empty segment whose name outlives a power cut. Its content is this user's alone. */
export async function createSegment(directory: string, number: number): Promise<Segment> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const file = path.join(directory, `${String(number).padStart(16, '0')}${suffix}`);
  const handle = await open(file, constants.O_RDWR | constants.O_CREAT | constants.O_EXCL, 0o600);
  try {
    await syncDirectory(directory);
  } catch (error) {
    await handle.close();
    await unlink(file).catch(() => undefined);
    throw error;
  }
  return { number, file, durableBytes: 0, sealed: false, handle };
}

export async function openSegment(segment: Segment): Promise<FileHandle> {
  segment.handle ??= await open(segment.file, 'r+');
  return segment.handle;
}

/** Closes and removes it; one that is gone already is fine. */
export async function removeSegment(segment: Segment): Promise<void> {
  await closeSegment(segment);
  await unlink(segment.file).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
  });
}

export async function closeSegment(segment: Segment): Promise<void> {
  const { handle } = segment;
  segment.handle = undefined;
  await handle?.close();
}

async function syncDirectory(directory: string): Promise<void> {
  const handle = await open(directory, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
