import type { Logger } from 'pino';
import type { Parcel } from '../parcel-queue.ts';
import { encodeHeader, type PayloadKind } from './record-frame.ts';
import { createSegment, openSegment, removeSegment, type Segment } from './spool-segments.ts';

export interface SegmentWriterOptions {
  readonly directory: string;
  readonly kind: PayloadKind;
  readonly segmentBytes: number;
  readonly syncMilliseconds: number;
  /** Number of the first segment that it makes. */
  readonly firstNumber: number;
  /** Told of a new segment once something of it is durable. */
  readonly onSegment: (segment: Segment) => void;
  readonly log: Logger;
}

interface Waiting {
  readonly parcels: readonly Parcel[];
  readonly bytes: number;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** writev takes at most this many pieces (IOV_MAX on Linux). */
const maxPieces = 1024;

/**
 * Appends to segments: write, fdatasync, then acknowledge, one group at a time. What fails is taken back from the file
 * and rejected; the next group tries again, so a disk that has room again is used again.
 */
export class SegmentWriter {
  readonly #options: SegmentWriterOptions;
  #segment: Segment | undefined;
  #nextNumber: number;
  #waiting: Waiting[] = [];
  #running: Promise<void> | undefined;
  #lastSyncAt = Number.NEGATIVE_INFINITY;
  #failing = false;

  constructor(options: SegmentWriterOptions) {
    this.#options = options;
    this.#nextNumber = options.firstNumber;
  }

  /** Resolves when the parcels are on disk; `bytes` is what they take there. */
  append(parcels: readonly Parcel[], bytes: number): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ parcels, bytes, resolve, reject });
      this.#running ??= this.#run().finally(() => {
        this.#running = undefined;
      });
    });
  }

  /** Nothing more goes to this segment. */
  abandon(segment: Segment): void {
    if (this.#segment === segment) this.#segment = undefined;
  }

  /** Waits for what was begun. */
  async close(): Promise<void> {
    while (this.#running !== undefined) await this.#running;
    const segment = this.#segment;
    if (segment !== undefined) await this.#giveUp(segment);
  }

  async #run(): Promise<void> {
    while (this.#waiting.length > 0) {
      const pauseMs = this.#lastSyncAt + this.#options.syncMilliseconds - performance.now();
      if (pauseMs > 0) await new Promise((resolve) => setTimeout(resolve, pauseMs));
      const group = this.#waiting;
      this.#waiting = [];
      try {
        await this.#write(group);
        this.#told(undefined);
        for (const { resolve } of group) resolve();
      } catch (error) {
        this.#told(error);
        for (const { reject } of group) reject(error);
      }
      this.#lastSyncAt = performance.now();
    }
  }

  async #write(group: readonly Waiting[]): Promise<void> {
    const bytes = group.reduce((sum, waiting) => sum + waiting.bytes, 0);
    const segment = await this.#segmentFor(bytes);
    const file = await openSegment(segment);
    const from = segment.durableBytes;
    let written = false;
    try {
      let at = from;
      let pieces: Uint8Array[] = [];
      for (const { parcels } of group) {
        for (const { body, items, bufferedAtMs } of parcels) {
          pieces.push(encodeHeader(this.#options.kind, body, items, bufferedAtMs), body);
          if (pieces.length < maxPieces) continue;
          at += await writeFully(file, pieces, at);
          pieces = [];
        }
      }
      if (pieces.length > 0) at += await writeFully(file, pieces, at);
      written = true;
      await file.datasync();
      segment.durableBytes = at;
    } catch (error) {
      const cut = await file.truncate(from).then(
        () => true,
        () => false,
      );
      // What the system still holds of a file whose sync failed is not known: nothing is appended to it again.
      if (written || !cut) await this.#giveUp(segment);
      throw error;
    }
    if (from === 0) this.#options.onSegment(segment);
  }

  async #segmentFor(bytes: number): Promise<Segment> {
    const open = this.#segment;
    if (open !== undefined && (open.durableBytes === 0 || open.durableBytes + bytes <= this.#options.segmentBytes)) {
      return open;
    }
    if (open !== undefined) this.#seal(open);
    const segment = await createSegment(this.#options.directory, this.#nextNumber);
    this.#nextNumber++;
    this.#segment = segment;
    return segment;
  }

  async #giveUp(segment: Segment): Promise<void> {
    this.#seal(segment);
    // Nobody was told of a segment without a record.
    if (segment.durableBytes === 0) await removeSegment(segment).catch(() => undefined);
  }

  #seal(segment: Segment): void {
    segment.sealed = true;
    this.abandon(segment);
  }

  #told(error: unknown): void {
    const failed = error !== undefined;
    if (failed === this.#failing) return;
    this.#failing = failed;
    const { log, directory, kind } = this.#options;
    if (failed)
      log.error(
        { err: error, directory },
        `the spool of ${kind} cannot be written: what comes is refused until it can`,
      );
    else log.info({ directory }, `the spool of ${kind} is written again`);
  }
}

async function writeFully(
  file: { writev(pieces: readonly Uint8Array[], at: number): Promise<{ bytesWritten: number }> },
  pieces: readonly Uint8Array[],
  at: number,
): Promise<number> {
  let total = 0;
  for (const { byteLength } of pieces) total += byteLength;
  let rest = pieces;
  let done = 0;
  while (done < total) {
    const { bytesWritten } = await file.writev(rest, at + done);
    // A disk that is nearly full takes a part, and says why at the next write.
    if (bytesWritten === 0) throw Object.assign(new Error('nothing was written'), { code: 'ENOSPC' });
    done += bytesWritten;
    rest = without(rest, bytesWritten);
  }
  return total;
}

function without(pieces: readonly Uint8Array[], bytes: number): Uint8Array[] {
  let skip = bytes;
  const rest: Uint8Array[] = [];
  for (const piece of pieces) {
    if (skip >= piece.byteLength) skip -= piece.byteLength;
    else {
      rest.push(skip === 0 ? piece : piece.subarray(skip));
      skip = 0;
    }
  }
  return rest;
}
