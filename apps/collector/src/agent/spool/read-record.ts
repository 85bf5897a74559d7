import type { FileHandle } from 'node:fs/promises';
import { crc32 } from 'node:zlib';
import { decodeHeader, headerBytes, isKnown, magic, type PayloadKind, type RecordHeader } from './record-frame.ts';

/** Why a stretch of a segment is not handed out: a fixed list, which is also a label of the counter. */
export type Damage = 'torn' | 'header' | 'checksum' | 'unknown_kind' | 'unreadable';

/** What stands at a place of a segment; `end` is the place after it. */
export type Found =
  | { readonly what: 'record'; readonly header: RecordHeader; readonly payload: Buffer; readonly end: number }
  | { readonly what: 'expired'; readonly header: RecordHeader; readonly end: number }
  | { readonly what: 'damage'; readonly reason: Damage; readonly items: number | undefined; readonly end: number };

export interface ReadOptions {
  readonly kind: PayloadKind;
  /** Records put in before this are `expired`; their payload is not read. */
  readonly notBeforeMs: number;
}

const scanBytes = 256 * 1024;

/**
 * Reads what stands at `at` of a segment that ends at `limit`. At most one record is in memory. After damage, `end` is
 * where the next whole header stands, or the limit.
 */
export async function readRecord(
  file: FileHandle,
  at: number,
  limit: number,
  { kind, notBeforeMs }: ReadOptions,
): Promise<Found> {
  const header = decodeHeader(await readFully(file, at, Math.min(headerBytes, limit - at)));
  if (header === undefined) {
    const end = await findHeader(file, at + 1, limit);
    return { what: 'damage', reason: end === limit ? 'torn' : 'header', items: undefined, end };
  }
  const from = at + headerBytes;
  const end = from + header.payloadBytes;
  if (end > limit) {
    return { what: 'damage', reason: 'torn', items: header.items, end: await findHeader(file, from, limit) };
  }
  if (!isKnown(header, kind)) return { what: 'damage', reason: 'unknown_kind', items: header.items, end };
  if (header.bufferedAtMs < notBeforeMs) return { what: 'expired', header, end };
  const payload = await readFully(file, from, header.payloadBytes);
  if (payload.length < header.payloadBytes || crc32(payload) !== header.payloadChecksum) {
    return { what: 'damage', reason: 'checksum', items: header.items, end };
  }
  return { what: 'record', header, payload, end };
}

/**
 * Where the torn tail of a segment begins: the place after its last whole record, when nothing but damage follows.
 * Equals `size` when there is none.
 */
export async function endOfWhole(file: FileHandle, size: number, kind: PayloadKind): Promise<number> {
  let whole = 0;
  for (let at = 0; at < size; ) {
    const found = await readRecord(file, at, size, { kind, notBeforeMs: Number.NEGATIVE_INFINITY });
    // A record of a later version is not torn: its header holds, and so does its length.
    if (found.what !== 'damage' || found.reason === 'unknown_kind' || found.reason === 'checksum') whole = found.end;
    at = found.end;
  }
  return whole;
}

/** The next place from `from` on where a header's checksum holds, or `limit`. Reads in pieces. */
async function findHeader(file: FileHandle, from: number, limit: number): Promise<number> {
  for (let at = from; at < limit; at += scanBytes) {
    // A header may begin at the last byte of the piece.
    const piece = await readFully(file, at, Math.min(scanBytes + headerBytes - 1, limit - at));
    for (let hit = piece.indexOf(magic); hit !== -1 && hit < scanBytes; hit = piece.indexOf(magic, hit + 1)) {
      if (decodeHeader(piece, hit) !== undefined) return at + hit;
    }
    if (piece.length < scanBytes) break;
  }
  return limit;
}

/** Reads `length` bytes, fewer only where the file ends. */
async function readFully(file: FileHandle, from: number, length: number): Promise<Buffer> {
  const bytes = Buffer.allocUnsafe(Math.max(0, length));
  let filled = 0;
  while (filled < bytes.length) {
    const { bytesRead } = await file.read(bytes, filled, bytes.length - filled, from + filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return bytes.subarray(0, filled);
}
