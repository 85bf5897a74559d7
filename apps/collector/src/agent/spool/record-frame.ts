import { crc32 } from 'node:zlib';

/**
 * A record of the spool: 32 bytes of header, then the payload, all numbers little-endian.
 *
 *     0  4  magic, so that the next record is found after damage
 *     4  1  version of this layout
 *     5  1  kind of the payload
 *     6  6  ms since 1970 at which it was put in
 *    12  4  length of the payload in bytes
 *    16  4  samples or records in it
 *    20  4  nothing yet, zero
 *    24  4  CRC-32 of the payload
 *    28  4  CRC-32 of the 28 bytes before
 *
 * The header has a checksum of its own: where it holds, the length can be believed, and a damaged payload costs one record.
 */
export const headerBytes = 32;
/** More than any request that an agent makes; a header that says more is damage. */
export const maxPayloadBytes = 256 * 1024 * 1024;

/** First bytes of every record. 0x9e and 0xb1 begin no UTF-8 text. */
export const magic: Buffer = Buffer.from([0x9e, 0x42, 0x4e, 0xb1]);
const version = 1;

/** What a payload is, as it stands in the header. */
export const payloadKinds = { samples: 1, records: 2 } as const;
export type PayloadKind = keyof typeof payloadKinds;

export interface RecordHeader {
  /** Number of the kind; one that this version does not know is kept as it is. */
  readonly kind: number;
  readonly version: number;
  readonly payloadBytes: number;
  readonly items: number;
  readonly bufferedAtMs: number;
  readonly payloadChecksum: number;
}

export function encodeHeader(kind: PayloadKind, payload: Uint8Array, items: number, bufferedAtMs: number): Buffer {
  const header = Buffer.alloc(headerBytes);
  magic.copy(header);
  header[4] = version;
  header[5] = payloadKinds[kind];
  header.writeUIntLE(Math.max(0, Math.trunc(bufferedAtMs)), 6, 6);
  header.writeUInt32LE(payload.byteLength, 12);
  header.writeUInt32LE(items, 16);
  header.writeUInt32LE(crc32(payload), 24);
  header.writeUInt32LE(crc32(header.subarray(0, 28)), 28);
  return header;
}

/** The header at the offset, or undefined where there is none whose checksum holds. */
export function decodeHeader(bytes: Buffer, at = 0): RecordHeader | undefined {
  if (at + headerBytes > bytes.length) return undefined;
  if (bytes.compare(magic, 0, magic.length, at, at + magic.length) !== 0) return undefined;
  if (crc32(bytes.subarray(at, at + 28)) !== bytes.readUInt32LE(at + 28)) return undefined;
  const payloadBytes = bytes.readUInt32LE(at + 12);
  if (payloadBytes > maxPayloadBytes) return undefined;
  return {
    version: bytes[at + 4] as number,
    kind: bytes[at + 5] as number,
    bufferedAtMs: bytes.readUIntLE(at + 6, 6),
    payloadBytes,
    items: bytes.readUInt32LE(at + 16),
    payloadChecksum: bytes.readUInt32LE(at + 24),
  };
}

/** Whether this program can send what such a record holds. */
export function isKnown(header: RecordHeader, kind: PayloadKind): boolean {
  return header.version === version && header.kind === payloadKinds[kind];
}
