import { randomInt } from 'node:crypto';
import type { PointSeries } from './point-series.ts';

const seed = randomInt(2 ** 31);
/** Beyond this many probes an entry is not kept: who crafts colliding keys pays with misses, not with our time. */
const maxProbes = 64;
const chunkBytes = 256 * 1024;

/** Hash of bytes[start, end) and a tag, seeded for each process (MurmurHash3's mixing, public domain). */
function hashOf(view: DataView, start: number, end: number, tag: number): number {
  let h = seed ^ tag;
  let i = start;
  for (; i + 4 <= end; i += 4) {
    let k = Math.imul(view.getInt32(i, true), 0xcc9e2d51);
    k = (k << 15) | (k >>> 17);
    h ^= Math.imul(k, 0x1b873593);
    h = (h << 13) | (h >>> 19);
    h = (Math.imul(h, 5) + 0xe6546b64) | 0;
  }
  for (; i < end; i++) h = Math.imul(h ^ view.getUint8(i), 0x01000193);
  h ^= end - start;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}

/** Whether bytes[start, end) are the attributes of the series. The caller knows that the metric is the same. */
export function hasKey(series: PointSeries, view: DataView, start: number, end: number): boolean {
  if (series.keyLength !== end - start) return false;
  const key = series.keyView;
  let at = series.keyStart;
  let i = start;
  for (; i + 4 <= end; i += 4, at += 4) if (view.getInt32(i, true) !== key.getInt32(at, true)) return false;
  for (; i < end; i++, at++) if (view.getUint8(i) !== key.getUint8(at)) return false;
  return true;
}

/** What was used since the last swap; open addressing, nothing is removed one by one. */
class Generation {
  readonly series: PointSeries[] = [];
  keyBytes = 0;
  #slots = new Int32Array(256);
  #hashes: number[] = [];
  #tags: number[] = [];
  #chunk = new Uint8Array(0);
  #chunkView = new DataView(this.#chunk.buffer);
  #chunkAt = 0;

  get(view: DataView, start: number, end: number, tag: number, hash: number): PointSeries | undefined {
    const mask = this.#slots.length - 1;
    for (let probe = 0; probe < maxProbes; probe++) {
      const entry = (this.#slots[(hash + probe) & mask] as number) - 1;
      if (entry < 0) return undefined;
      if (this.#hashes[entry] !== hash || this.#tags[entry] !== tag) continue;
      const series = this.series[entry] as PointSeries;
      if (hasKey(series, view, start, end)) return series;
    }
    return undefined;
  }

  set(bytes: Buffer, start: number, end: number, tag: number, hash: number, series: PointSeries): void {
    if (this.series.length * 2 >= this.#slots.length) this.#grow();
    const slot = this.#freeSlot(hash);
    this.#keep(bytes, start, end, series);
    if (slot < 0) return;
    series.generation = this;
    const entry = this.series.push(series) - 1;
    this.#slots[slot] = entry + 1;
    this.#hashes.push(hash);
    this.#tags.push(tag);
  }

  /** Keys lie in chunks that never move, so that a series can point at its own. */
  #keep(bytes: Buffer, start: number, end: number, series: PointSeries): void {
    const length = end - start;
    if (this.#chunkAt + length > this.#chunk.length) {
      this.#chunk = new Uint8Array(Math.max(length, this.series.length < 1000 ? 16_384 : chunkBytes));
      this.#chunkView = new DataView(this.#chunk.buffer);
      this.#chunkAt = 0;
    }
    this.#chunk.set(bytes.subarray(start, end), this.#chunkAt);
    series.keyView = this.#chunkView;
    series.keyStart = this.#chunkAt;
    series.keyLength = length;
    this.#chunkAt += length;
    this.keyBytes += length;
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
    this.#slots = new Int32Array(this.#slots.length * 2);
    for (let entry = 0; entry < this.series.length; entry++) {
      const slot = this.#freeSlot(this.#hashes[entry] as number);
      if (slot >= 0) this.#slots[slot] = entry + 1;
    }
  }
}

export interface PointTableBounds {
  /** Series of one generation; two are alive at a time. */
  readonly maxSeries: number;
  /** Bytes of keys of one generation. */
  readonly maxKeyBytes: number;
}

/**
 * Series of data points by the bytes of their attributes, within a metric (the tag): no string is made for one that is
 * known. Bounded: when a generation is full it becomes the old one; what is used moves over, the rest is forgotten.
 */
export class PointTable {
  readonly #bounds: PointTableBounds;
  #young = new Generation();
  #old: Generation | undefined;

  constructor(bounds: PointTableBounds) {
    this.#bounds = bounds;
  }

  /** Whether a series that the caller holds would be found, and counts as used, without being looked up. */
  isYoung(series: PointSeries): boolean {
    return series.generation === this.#young;
  }

  get(bytes: Buffer, view: DataView, start: number, end: number, tag: number): PointSeries | undefined {
    const hash = hashOf(view, start, end, tag);
    const series = this.#young.get(view, start, end, tag, hash);
    if (series !== undefined || this.#old === undefined) return series;
    const old = this.#old.get(view, start, end, tag, hash);
    if (old !== undefined) this.#put(bytes, start, end, tag, hash, old);
    return old;
  }

  /** The key must not be in the table. */
  set(bytes: Buffer, view: DataView, start: number, end: number, tag: number, series: PointSeries): void {
    this.#put(bytes, start, end, tag, hashOf(view, start, end, tag), series);
  }

  #put(bytes: Buffer, start: number, end: number, tag: number, hash: number, series: PointSeries): void {
    const { maxSeries, maxKeyBytes } = this.#bounds;
    if (end - start > maxKeyBytes) return;
    if (this.#young.series.length >= maxSeries || this.#young.keyBytes + end - start > maxKeyBytes) {
      this.#old = this.#young;
      this.#young = new Generation();
    }
    this.#young.set(bytes, start, end, tag, hash, series);
  }
}
