/** Nanoseconds since 1970 as whole ms, exact: the high word is divided first, so that nothing exceeds 2^53. */
export function milliseconds(bytes: Buffer, at: number): number {
  const low = bytes.readUInt32LE(at);
  const high = bytes.readUInt32LE(at + 4);
  return Math.floor(high / 1e6) * 2 ** 32 + Math.floor(((high % 1e6) * 2 ** 32 + low) / 1e6);
}

/** An unsigned integer as a number: exact up to 2^53. */
export function unsigned(bytes: Buffer, at: number): number {
  return bytes.readUInt32LE(at + 4) * 2 ** 32 + bytes.readUInt32LE(at);
}

export function double(bytes: Buffer, at: number): number {
  return bytes.readDoubleLE(at);
}
