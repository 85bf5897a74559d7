import { LabelSet } from '@binnacle/shared/telemetry/labels.ts';
import type { SeriesEntry } from '@binnacle/shared/telemetry/reader.ts';
import { labelBits, nextId, type SeriesIds } from './series-id.ts';

/** What `LabelSet.storeSlot` holds: the series' place in the index that gave it. */
class Slot {
  readonly owner: LabelIndex;
  readonly at: number;

  constructor(owner: LabelIndex, at: number) {
    this.owner = owner;
    this.at = at;
  }
}

/** First bucket of a series that has no samples; above every real one. */
const noBucket = 0xffffffff;

/**
 * All series in memory: identity (labels to id), postings (label value to series) and, per series, the buckets of two
 * hours in which it may have samples. Series are numbered in the order in which they came; numbers are never given anew.
 *
 * Ids that collide: a series whose id is taken gets the next free one of its metric. The id is stored with the labels
 * before the first sample, so it stays the same after a restart.
 */
export class LabelIndex {
  readonly entries: SeriesEntry[] = [];
  readonly #ids: SeriesIds;
  readonly #byKey = new Map<string, number>();
  readonly #byId = new Map<bigint, number>();
  readonly #postings = new Map<string, Map<string, number[]>>();
  readonly #seriesPerMetricHash = new Map<bigint, number>();
  /** Ids of stored series that are not held here. */
  readonly #occupied = new Set<bigint>();
  #partial = false;
  /** Bounds, inclusive, of all samples of a series: at rest in the store, so nothing may lie outside of them. */
  #firstBucket = new Uint32Array(1024);
  #lastBucket = new Uint32Array(1024);
  /** The ids again, as little-endian words: rows are written by them. */
  #idWords = new Uint32Array(2048);

  constructor(ids: SeriesIds) {
    this.#ids = ids;
  }

  get size(): number {
    return this.entries.length;
  }

  /** Number of the series with these labels; a new series gets an id here and has no span yet. */
  resolve(labels: LabelSet): number {
    const slot = labels.storeSlot;
    if (slot instanceof Slot && slot.owner === this) return slot.at;
    const key = labels.key;
    let at = this.#byKey.get(key);
    if (at === undefined) {
      const id = this.candidateId(labels);
      // The sender's object is not kept: it may hold more than its labels.
      at = this.#add(id, new LabelSet(labels.pairs), key);
    }
    labels.storeSlot = new Slot(this, at);
    return at;
  }

  knows(labels: LabelSet): boolean {
    const slot = labels.storeSlot;
    return (slot instanceof Slot && slot.owner === this) || this.#byKey.has(labels.key);
  }

  hasId(id: bigint): boolean {
    return this.#byId.has(id);
  }

  /** The id that a series which is not known would get. */
  candidateId(labels: LabelSet): bigint {
    let id = this.#ids.idOf(labels.metricName, labels.key);
    while (this.#byId.has(id) || this.#occupied.has(id)) id = nextId(id);
    return id;
  }

  /** Keeps an id from being given: a stored series that is not held here has it. */
  occupy(id: bigint): void {
    this.#occupied.add(id);
  }

  /** A series as it was stored. */
  restore(id: bigint, labels: LabelSet, firstBucket: number, lastBucket: number): void {
    if (this.#byId.has(id)) return;
    const at = this.#add(id, labels, labels.key);
    this.#firstBucket[at] = firstBucket;
    this.#lastBucket[at] = lastBucket;
  }

  /** Wider bounds of a series, as another process stored them; false where the series is not held here. */
  widen(id: bigint, firstBucket: number, lastBucket: number): boolean {
    const at = this.#byId.get(id);
    if (at === undefined) return false;
    this.extend(at, firstBucket, lastBucket);
    return true;
  }

  isNew(at: number): boolean {
    return this.#firstBucket[at] === noBucket;
  }

  /** Lower half of the id of a series. */
  idLow(at: number): number {
    return this.#idWords[2 * at] as number;
  }

  /** Upper half of the id of a series. */
  idHigh(at: number): number {
    return this.#idWords[2 * at + 1] as number;
  }

  covers(at: number, bucket: number): boolean {
    return bucket >= (this.#firstBucket[at] as number) && bucket <= (this.#lastBucket[at] as number);
  }

  firstBucket(at: number): number {
    return this.#firstBucket[at] as number;
  }

  lastBucket(at: number): number {
    return this.#lastBucket[at] as number;
  }

  /** Call after the new bounds are in the store. */
  extend(at: number, firstBucket: number, lastBucket: number): void {
    if (firstBucket < (this.#firstBucket[at] as number)) this.#firstBucket[at] = firstBucket;
    if (lastBucket > (this.#lastBucket[at] as number)) this.#lastBucket[at] = lastBucket;
  }

  /** New bounds of a series that lost samples; without bounds it has none, and is like one that was never stored. */
  narrow(at: number, bounds: { readonly first: number; readonly last: number } | undefined): void {
    this.#firstBucket[at] = bounds?.first ?? noBucket;
    this.#lastBucket[at] = bounds?.last ?? 0;
  }

  /** Whether the series may have samples in these buckets. */
  overlaps(at: number, fromBucket: number, toBucket: number): boolean {
    return (this.#firstBucket[at] as number) <= toBucket && (this.#lastBucket[at] as number) >= fromBucket;
  }

  names(): IterableIterator<string> {
    return this.#postings.keys();
  }

  /** Values of a label, each with its series in ascending order. */
  valuesOf(name: string): ReadonlyMap<string, readonly number[]> {
    return this.#postings.get(name) ?? noValues;
  }

  /** Says that the store has series which are not held here. */
  markPartial(): void {
    this.#partial = true;
  }

  /** How many series share the metric part of this id; of an index that does not hold all, more than can be asked for. */
  seriesOfMetricHash(id: bigint): number {
    if (this.#partial) return Number.MAX_SAFE_INTEGER;
    return this.#seriesPerMetricHash.get(id >> labelBits) ?? 0;
  }

  #add(id: bigint, labels: LabelSet, key: string): number {
    const at = this.entries.push({ id, labels }) - 1;
    if (at === this.#firstBucket.length) this.#grow();
    this.#firstBucket[at] = noBucket;
    this.#lastBucket[at] = 0;
    this.#idWords[2 * at] = Number(id & 0xffffffffn);
    this.#idWords[2 * at + 1] = Number(id >> 32n);
    this.#byKey.set(key, at);
    this.#byId.set(id, at);
    const metricHash = id >> labelBits;
    this.#seriesPerMetricHash.set(metricHash, (this.#seriesPerMetricHash.get(metricHash) ?? 0) + 1);
    const { pairs } = labels;
    for (let i = 0; i < pairs.length; i += 2) this.#post(pairs[i] as string, pairs[i + 1] as string, at);
    return at;
  }

  #post(name: string, value: string, at: number): void {
    let values = this.#postings.get(name);
    if (values === undefined) {
      values = new Map();
      this.#postings.set(name, values);
    }
    const list = values.get(value);
    if (list === undefined) values.set(value, [at]);
    else list.push(at);
  }

  #grow(): void {
    const first = new Uint32Array(this.#firstBucket.length * 2);
    const last = new Uint32Array(first.length);
    first.set(this.#firstBucket);
    last.set(this.#lastBucket);
    this.#firstBucket = first;
    this.#lastBucket = last;
    const idWords = new Uint32Array(first.length * 2);
    idWords.set(this.#idWords);
    this.#idWords = idWords;
  }
}

const noValues: ReadonlyMap<string, readonly number[]> = new Map();
