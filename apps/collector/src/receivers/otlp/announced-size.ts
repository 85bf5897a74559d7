/** A byte of deflate becomes at most so many. */
const mostInflation = 1032;

/**
 * How long a compressed body says that it inflates to, where its format has a place for that: gzip at its end (RFC 1952,
 * modulo 2^32), zstd in the header of its first frame (RFC 8878). Undefined where nothing is said. Both decompressors
 * refuse a body that says something else than it holds, so an honest excess is refused before any memory is taken, and a
 * lie is found out on the way.
 */
export function announcedBytes(body: Buffer, encoding: string): number | undefined {
  if (encoding === 'gzip') {
    if (body.length < 18 || body.readUInt16BE(0) !== 0x1f8b) return undefined;
    const said = body.readUInt32LE(body.length - 4);
    // More than deflate can make of it: the body is cut off, and its end means nothing.
    return said > body.length * mostInflation ? undefined : said;
  }
  if (encoding !== 'zstd' || body.length < 5 || body.readUInt32LE(0) !== 0xfd2fb528) return undefined;
  const descriptor = body[4] as number;
  const singleSegment = (descriptor & 0x20) !== 0;
  const dictionaryBytes = [0, 1, 2, 4][descriptor & 3] as number;
  const at = 5 + (singleSegment ? 0 : 1) + dictionaryBytes;
  const width = [singleSegment ? 1 : 0, 2, 4, 8][descriptor >>> 6] as number;
  if (width === 0 || at + width > body.length) return undefined;
  if (width === 8) return Number(body.readBigUInt64LE(at));
  return body.readUIntLE(at, width) + (width === 2 ? 256 : 0);
}
