import { BinnacleError } from '@binnacle/shared/errors.ts';
import type { Logger } from 'pino';
import { itemsOf, type Parcel, type ParcelQueue, type QueueRefusal } from '../parcel-queue.ts';
import { type Damage, endOfWhole, readRecord } from './read-record.ts';
import { ReaderPosition } from './reader-position.ts';
import { headerBytes, type PayloadKind } from './record-frame.ts';
import { SegmentWriter } from './segment-writer.ts';
import { closeSegment, listSegments, openSegment, removeSegment, type Segment } from './spool-segments.ts';

export interface SpoolOptions {
  /** A folder of this spool alone; it exists. */
  readonly directory: string;
  readonly kind: PayloadKind;
  /** Bytes of all segments; what would go over is refused. */
  readonly maxBytes: number;
  /** A segment is closed when it would grow over this. */
  readonly segmentBytes: number;
  /** At least so long between two syncs; what comes meanwhile goes together and waits for its acknowledgement. */
  readonly syncMilliseconds: number;
  /** What waited longer is let go. */
  readonly maxAgeSeconds: number;
  /** ms since 1970 */
  readonly now: () => number;
  readonly log: Logger;
  readonly onRefused: (why: QueueRefusal, items: number) => void;
  /** Told of each stretch that was not handed out; `items` where its header still says. */
  readonly onDamage: (reason: Damage, bytes: number, items: number | undefined) => void;
  readonly onExpired: (items: number) => void;
}

const maxReadAttempts = 5;

interface Current {
  readonly parcel: Parcel;
  readonly end: number;
}

/**
 * Requests that wait for the gateway, on disk. `add` resolves after fdatasync; several adds share one. Records are given
 * out in the order in which they came, one in memory at a time, and a segment is deleted when the gateway has all of it.
 * A damaged record is left out, counted and told; the others of its segment are not.
 */
export class DiskSpool implements ParcelQueue {
  readonly #options: SpoolOptions;
  /** Oldest first; the last one may be open for writing. */
  readonly #segments: Segment[];
  readonly #writer: SegmentWriter;
  readonly #position: ReaderPosition;
  /** Place in the first segment that is read next. */
  #offset: number;
  #current: Current | undefined;
  /** Adds that were accepted and are not on disk yet, in bytes. */
  #pendingBytes = 0;
  /** Samples or records that this process wrote and that wait. */
  #ownItems = 0;
  /** Newest segment that an earlier process left. */
  readonly #foreignUpTo: number;
  #readFailures = 0;
  #oldestMs: number | undefined;
  #closing = false;
  #expiredTold = false;

  private constructor(
    options: SpoolOptions,
    segments: Segment[],
    position: ReaderPosition,
    last: { segment: number; offset: number },
  ) {
    this.#options = options;
    this.#segments = segments;
    this.#position = position;
    this.#offset = last.offset;
    this.#foreignUpTo = segments.at(-1)?.number ?? 0;
    this.#writer = new SegmentWriter({
      directory: options.directory,
      kind: options.kind,
      segmentBytes: options.segmentBytes,
      syncMilliseconds: options.syncMilliseconds,
      firstNumber: Math.max(this.#foreignUpTo, last.segment) + 1,
      onSegment: (segment) => this.#segments.push(segment),
      log: options.log,
    });
  }

  /** Opens what an earlier process left. A torn tail is cut off and told. */
  static async open(options: SpoolOptions): Promise<DiskSpool> {
    const { directory, log, kind } = options;
    const { writer: position, last } = await ReaderPosition.open(directory);
    const segments = await listSegments(directory);
    while (segments[0] !== undefined && last !== undefined && segments[0].number < last.segment) {
      await removeSegment(segments.shift() as Segment);
    }
    const newest = segments.at(-1);
    if (newest !== undefined) await cutTornTail(newest, kind, options);
    const first = segments[0];
    const offset =
      last !== undefined && first?.number === last.segment && last.offset <= first.durableBytes ? last.offset : 0;
    const spool = new DiskSpool(options, segments, position, { segment: last?.segment ?? 0, offset });
    if (spool.bytes > 0) {
      await spool.first();
      log.info({ kind, bytes: spool.bytes }, 'what an earlier process left in the spool is sent now');
    }
    return spool;
  }

  get bytes(): number {
    return this.#diskBytes - this.#offset;
  }

  get items(): number | undefined {
    const first = this.#segments[0];
    return first !== undefined && first.number <= this.#foreignUpTo ? undefined : this.#ownItems;
  }

  get oldestMs(): number | undefined {
    return this.#oldestMs;
  }

  get #diskBytes(): number {
    let bytes = 0;
    for (const segment of this.#segments) bytes += segment.durableBytes;
    return bytes;
  }

  async add(parcels: readonly Parcel[]): Promise<void> {
    if (parcels.length === 0) return;
    const items = itemsOf(parcels);
    let bytes = 0;
    for (const { body } of parcels) bytes += headerBytes + body.byteLength;
    const { maxBytes, onRefused } = this.#options;
    if (this.#closing) {
      onRefused('closing', items);
      throw new BinnacleError('over_capacity', 'the agent is shutting down', { retryAfterSeconds: 5 });
    }
    if (this.#diskBytes + this.#pendingBytes + bytes > maxBytes) {
      onRefused('full', items);
      throw new BinnacleError(
        'over_capacity',
        `the spool of ${maxBytes} bytes is full, since the gateway takes nothing (agent.spool.bytes)`,
        { retryAfterSeconds: 15 },
      );
    }
    this.#pendingBytes += bytes;
    try {
      await this.#writer.append(parcels, bytes);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      const full = code === 'ENOSPC' || code === 'EDQUOT';
      onRefused(full ? 'disk_full' : 'disk_error', items);
      throw new BinnacleError(
        'over_capacity',
        full ? 'the disk of the spool is full; send again later' : 'the spool cannot be written; send again later',
        { retryAfterSeconds: 15, cause: error },
      );
    } finally {
      this.#pendingBytes -= bytes;
    }
    this.#ownItems += items;
    this.#oldestMs ??= parcels[0]?.bufferedAtMs;
  }

  async first(): Promise<Parcel | undefined> {
    this.#current ??= await this.#next();
    this.#oldestMs = this.#current?.parcel.bufferedAtMs;
    return this.#current?.parcel;
  }

  async drop(): Promise<void> {
    const current = this.#current;
    if (current === undefined) return;
    this.#current = undefined;
    this.#oldestMs = undefined;
    await this.#pass(current.end, current.parcel.items);
  }

  async close(): Promise<void> {
    this.#closing = true;
    await this.#writer.close();
    for (const segment of this.#segments) await closeSegment(segment);
    await this.#position.close();
  }

  async #next(): Promise<Current | undefined> {
    const { kind, now, maxAgeSeconds, onExpired } = this.#options;
    for (;;) {
      const segment = this.#segments[0];
      if (segment === undefined) return undefined;
      if (this.#offset >= segment.durableBytes) {
        if (!segment.sealed) return undefined;
        await this.#leave(segment);
        continue;
      }
      const at = this.#offset;
      const notBeforeMs = now() - maxAgeSeconds * 1000;
      let found: Awaited<ReturnType<typeof readRecord>>;
      try {
        found = await readRecord(await openSegment(segment), at, segment.durableBytes, { kind, notBeforeMs });
        this.#readFailures = 0;
      } catch (error) {
        this.#leaveUnreadable(segment, error);
        continue;
      }
      if (found.what === 'record') {
        const { items, bufferedAtMs } = found.header;
        return { parcel: { body: found.payload, items, bufferedAtMs }, end: found.end };
      }
      if (found.what === 'expired') {
        onExpired(found.header.items);
        this.#tellExpired(found.header.bufferedAtMs);
        await this.#pass(found.end, found.header.items);
        continue;
      }
      this.#tellDamage(segment, at, found.end, found.reason, found.items);
      await this.#pass(found.end, found.items ?? 0);
    }
  }

  async #pass(end: number, items: number): Promise<void> {
    const segment = this.#segments[0];
    if (segment === undefined) return;
    this.#offset = end;
    if (segment.number > this.#foreignUpTo) this.#ownItems -= items;
    if (segment.sealed && end >= segment.durableBytes) await this.#leave(segment);
    else await this.#persist({ segment: segment.number, offset: end });
  }

  /** The first segment has been handed out whole: it goes. */
  async #leave(segment: Segment): Promise<void> {
    this.#segments.shift();
    this.#offset = 0;
    await this.#persist({ segment: this.#segments[0]?.number ?? segment.number + 1, offset: 0 });
    await removeSegment(segment).catch((error: unknown) =>
      this.#options.log.error({ err: error, file: segment.file }, 'a sent segment of the spool could not be deleted'),
    );
  }

  async #persist(position: { segment: number; offset: number }): Promise<void> {
    // Without it, some requests are sent again after a restart, which changes nothing at the gateway.
    await this.#position.write(position).catch(() => undefined);
  }

  /** A file that cannot be read must not hold up those after it for ever. Throws while another attempt may help. */
  #leaveUnreadable(segment: Segment, error: unknown): void {
    const gone = (error as NodeJS.ErrnoException).code === 'ENOENT';
    if (!gone && ++this.#readFailures < maxReadAttempts) throw error;
    this.#readFailures = 0;
    const { log, onDamage } = this.#options;
    const bytes = segment.durableBytes - this.#offset;
    onDamage('unreadable', bytes, undefined);
    log.error({ err: error, file: segment.file, bytes }, 'a segment of the spool cannot be read; it is left out');
    segment.sealed = true;
    this.#writer.abandon(segment);
    this.#offset = segment.durableBytes;
  }

  #tellDamage(segment: Segment, from: number, to: number, reason: Damage, items: number | undefined): void {
    const { onDamage, log, kind } = this.#options;
    onDamage(reason, to - from, items);
    log.error(
      { file: segment.file, from, bytes: to - from, reason, ...(items === undefined ? {} : { items }) },
      `a damaged stretch of the spool of ${kind} is left out; the rest of the file is sent`,
    );
  }

  #tellExpired(bufferedAtMs: number): void {
    if (this.#expiredTold) return;
    this.#expiredTold = true;
    const { log, kind, maxAgeSeconds } = this.#options;
    log.error(
      { putInAt: new Date(bufferedAtMs).toISOString() },
      `${kind} waited longer than ${maxAgeSeconds} s (agent.spool.maxAgeSeconds) and are let go`,
    );
  }
}

/** What a crash cut off was never acknowledged: it is taken away, so that nobody takes it for damage. */
async function cutTornTail(segment: Segment, kind: PayloadKind, { log, onDamage }: SpoolOptions): Promise<void> {
  const size = segment.durableBytes;
  const file = await openSegment(segment);
  const whole = await endOfWhole(file, size, kind);
  if (whole < size) {
    await file.truncate(whole);
    await file.datasync();
    segment.durableBytes = whole;
    onDamage('torn', size - whole, undefined);
    log.warn(
      { file: segment.file, from: whole, bytes: size - whole },
      'the end of the spool was cut off in the middle of a write; nobody had been told that it was kept',
    );
  }
  await closeSegment(segment);
}
