import { randomInt } from 'node:crypto';

const seed = randomInt(2 ** 31);
/** Beyond this many probes an entry is not kept: who crafts colliding keys pays with misses, not with our time. */
const maxProbes = 64;

/** Hash of bytes[start, end) and a tag, seeded for each process so that collisions cannot be prepared (MurmurHash3's mixing, public domain). */
export function hashBytes(bytes: Buffer, start: number, end: number, tag: number): number {
  let h = seed ^ tag;
  let i = start;
  for (; i + 4 <= end; i += 4) {
    let k =
      (bytes[i] as number) |
      ((bytes[i + 1] as number) << 8) |
      ((bytes[i + 2] as number) << 16) |
      ((bytes[i + 3] as number) << 24);
    k = Math.imul(k, 0xcc9e2d51);
    k = (k << 15) | (k >>> 17);
    h ^= Math.imul(k, 0x1b873593);
    h = (h << 13) | (h >>> 19);
    h = (Math.imul(h, 5) + 0xe6546b64) | 0;
  }
  for (; i < end; i++) h = Math.imul(h ^ (bytes[i] as number), 0x01000193);
  h ^= end - start;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}

/** Keys are byte runs kept in one arena; open addressing, nothing is ever removed. */
class Generation<T> {
  readonly values: T[] = [];
  arenaLength = 0;
  #slots = new Int32Array(256);
  #hashes = new Int32Array(128);
  #tags = new Int32Array(128);
  #starts = new Uint32Array(128);
  #ends = new Uint32Array(128);
  #arena = Buffer.alloc(8192);

  get(bytes: Buffer, start: number, end: number, tag: number, hash: number): T | undefined {
    const mask = this.#slots.length - 1;
    for (let probe = 0; probe < maxProbes; probe++) {
      const entry = (this.#slots[(hash + probe) & mask] as number) - 1;
      if (entry < 0) return undefined;
      if (this.#hashes[entry] === hash && this.#tags[entry] === tag && this.#equals(entry, bytes, start, end))
        return this.values[entry];
    }
    return undefined;
  }

  set(bytes: Buffer, start: number, end: number, tag: number, hash: number, value: T): void {
    if (this.values.length * 2 >= this.#slots.length) this.#grow();
    const slot = this.#freeSlot(hash);
    if (slot < 0) return;
    const length = end - start;
    while (this.arenaLength + length > this.#arena.length) {
      const larger = Buffer.alloc(this.#arena.length * 2);
      larger.set(this.#arena);
      this.#arena = larger;
    }
    this.#arena.set(bytes.subarray(start, end), this.arenaLength);
    const entry = this.values.push(value) - 1;
    this.#slots[slot] = entry + 1;
    this.#hashes[entry] = hash;
    this.#tags[entry] = tag;
    this.#starts[entry] = this.arenaLength;
    this.#ends[entry] = this.arenaLength += length;
  }

  #equals(entry: number, bytes: Buffer, start: number, end: number): boolean {
    let at = this.#starts[entry] as number;
    if ((this.#ends[entry] as number) - at !== end - start) return false;
    const arena = this.#arena;
    if (end - start < 48) {
      for (let i = start; i < end; i++, at++) if (bytes[i] !== arena[at]) return false;
      return true;
    }
    return bytes.compare(arena, at, at + end - start, start, end) === 0;
  }

  #freeSlot(hash: number): number {
    const mask = this.#slots.length - 1;
    for (let probe = 0; probe < maxProbes; probe++) {
      const slot = (hash + probe) & mask;
      if (this.#slots[slot] === 0) return slot;
    }
    return -1;
  }

  #grow(): void {
    const old = this.values.length;
    this.#slots = new Int32Array(this.#slots.length * 2);
    for (let entry = 0; entry < old; entry++) {
      const slot = this.#freeSlot(this.#hashes[entry] as number);
      if (slot >= 0) this.#slots[slot] = entry + 1;
    }
    const capacity = this.#slots.length / 2;
    this.#hashes = grown(this.#hashes, new Int32Array(capacity));
    this.#tags = grown(this.#tags, new Int32Array(capacity));
    this.#starts = grown(this.#starts, new Uint32Array(capacity));
    this.#ends = grown(this.#ends, new Uint32Array(capacity));
  }
}

function grown<A extends Int32Array | Uint32Array>(from: A, to: A): A {
  to.set(from);
  return to;
}

export interface TableBounds {
  /** Entries of one generation; two are alive at a time. */
  readonly maxEntries: number;
  /** Bytes of keys of one generation. */
  readonly maxKeyBytes: number;
}

/**
 * Values looked up by a run of bytes, without making a string. Bounded: when a generation is full it becomes the old one
 * and a new one begins; what is used moves over, what is not is forgotten with the next swap.
 */
export class ByteTable<T> {
  #bounds: TableBounds;
  #young = new Generation<T>();
  #old: Generation<T> | undefined;

  constructor(bounds: TableBounds) {
    this.#bounds = bounds;
  }

  /** Entries of the running generation. */
  get size(): number {
    return this.#young.values.length;
  }

  get(bytes: Buffer, start: number, end: number, tag = 0): T | undefined {
    const hash = hashBytes(bytes, start, end, tag);
    const value = this.#young.get(bytes, start, end, tag, hash);
    if (value !== undefined || this.#old === undefined) return value;
    const old = this.#old.get(bytes, start, end, tag, hash);
    if (old !== undefined) this.#put(bytes, start, end, tag, hash, old);
    return old;
  }

  /** The key must not be in the table. */
  set(bytes: Buffer, start: number, end: number, value: T, tag = 0): void {
    this.#put(bytes, start, end, tag, hashBytes(bytes, start, end, tag), value);
  }

  /** Begins a new generation; what is not used until the next call is forgotten by it. */
  turn(): void {
    this.#old = this.#young;
    this.#young = new Generation<T>();
  }

  #put(bytes: Buffer, start: number, end: number, tag: number, hash: number, value: T): void {
    const { maxEntries, maxKeyBytes } = this.#bounds;
    if (end - start > maxKeyBytes) return;
    if (this.#young.values.length >= maxEntries || this.#young.arenaLength + end - start > maxKeyBytes) this.turn();
    this.#young.set(bytes, start, end, tag, hash, value);
  }
}
