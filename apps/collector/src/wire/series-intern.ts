import { type LabelPairs, LabelSet } from '@binnacle/shared/telemetry/labels.ts';
import type { SampleBatch } from '@binnacle/shared/telemetry/sample-batch.ts';
import { ByteTable, type TableBounds } from './byte-table.ts';

/** One series as a decoder knows it. The numbers are the decoder's notes, so that no map is needed for each batch. */
export class InternedSeries {
  readonly labels: LabelSet;
  /** The decoding it was last seen in, and its index in that batch. */
  epoch = 0;
  index = 0;
  /** ms since 1970, of its newest sample in that decoding. */
  lastTimestampMs = 0;
  /** Whether that sample came with a timestamp of its own. */
  ownTimestamp = false;

  constructor(labels: LabelSet) {
    this.labels = labels;
  }
}

/**
 * Labels of a series that are read; the others of a longer list are passed over. It is more than any limit allows
 * (`limits.labelsPerSeries`), so that such a series is refused by its count, and does not cost what it promises.
 */
export const maxLabelsRead = 1100;

/** Bytes of a series' labels that a table keeps. Longer ones are decoded anew each time, and held by nobody. */
export const maxRememberedBytes = 65_536;

/** Characters of a string that is kept to be given again; a label value may be as long as a body. */
const maxSharedCharacters = 4096;

/** Enough for what one gateway takes from its senders: at most two generations of it are alive. */
export const defaultInternBounds: TableBounds = { maxEntries: 500_000, maxKeyBytes: 128 * 1024 * 1024 };

/**
 * Intern table of series by the bytes of their labels. Different bytes of the same labels (another order, other blanks)
 * lead to one object, so a batch never has a series twice.
 */
export class SeriesIntern<T extends object = never> {
  readonly #bytes: ByteTable<InternedSeries | T>;
  readonly #bounds: TableBounds;
  #canonical = new Map<string, InternedSeries>();
  #canonicalOld = new Map<string, InternedSeries>();
  #strings = new Map<string, string>();
  #epoch = 0;

  constructor(bounds: TableBounds = defaultInternBounds) {
    this.#bounds = bounds;
    this.#bytes = new ByteTable(bounds);
  }

  get size(): number {
    return this.#bytes.size;
  }

  get(bytes: Buffer, start: number, end: number, tag = 0): InternedSeries | T | undefined {
    return this.#bytes.get(bytes, start, end, tag);
  }

  /** Remembers the labels of a byte run that `get` did not find. `pairs` must be sorted. */
  addLabels(bytes: Buffer, start: number, end: number, pairs: LabelPairs, tag = 0): InternedSeries {
    const series = this.bySortedPairs(pairs);
    if (end - start <= maxRememberedBytes) this.#bytes.set(bytes, start, end, series, tag);
    return series;
  }

  /** Remembers something else than a series: a line to skip, a histogram's series. */
  add(bytes: Buffer, start: number, end: number, value: T, tag = 0): void {
    this.#bytes.set(bytes, start, end, value, tag);
  }

  bySortedPairs(pairs: LabelPairs): InternedSeries {
    const labels = new LabelSet(pairs);
    const { key } = labels;
    if (key.length > maxRememberedBytes) return new InternedSeries(labels);
    let known = this.#canonical.get(key);
    if (known === undefined) {
      known = this.#canonicalOld.get(key);
      if (known !== undefined) this.#canonical.set(key, known);
    }
    // A key is a joined string: compare, since a value may contain what joins.
    if (known !== undefined && samePairs(known.labels.pairs, pairs)) return known;
    const series = new InternedSeries(labels);
    if (known === undefined) {
      if (this.#canonical.size >= this.#bounds.maxEntries) this.#turnCanonical();
      this.#canonical.set(key, series);
    }
    return series;
  }

  /** One string object for equal strings: label names and values repeat over thousands of series. */
  string(text: string): string {
    if (text.length > maxSharedCharacters) return text;
    const known = this.#strings.get(text);
    if (known !== undefined) return known;
    if (this.#strings.size >= 50_000) this.#strings = new Map();
    this.#strings.set(text, text);
    return text;
  }

  /** Begins a decoding; hand the result to `indexIn`. */
  nextEpoch(): number {
    return ++this.#epoch;
  }

  /** Begins a new generation of everything; what is not used until the next call is forgotten. */
  turn(): void {
    this.#bytes.turn();
    this.#turnCanonical();
  }

  #turnCanonical(): void {
    this.#canonicalOld = this.#canonical;
    this.#canonical = new Map();
  }
}

/** Index of the series in the batch of this decoding; adds it when it is new there. */
export function indexIn(batch: SampleBatch, series: InternedSeries, epoch: number): number {
  if (series.epoch === epoch) return series.index;
  series.epoch = epoch;
  series.index = batch.addSeries(series.labels);
  return series.index;
}

function samePairs(a: LabelPairs, b: LabelPairs): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/** Sorts pairs by name in code-unit order and leaves out empty values; repeated names stay, side by side. */
export function sortPairs(pairs: readonly string[]): string[] {
  let clean = true;
  for (let i = 0; i < pairs.length && clean; i += 2) {
    clean = pairs[i + 1] !== '' && (i === 0 || (pairs[i - 2] as string) <= (pairs[i] as string));
  }
  if (clean) return pairs as string[];
  const order: number[] = [];
  for (let i = 0; i < pairs.length; i += 2) if (pairs[i + 1] !== '') order.push(i);
  order.sort((a, b) =>
    (pairs[a] as string) < (pairs[b] as string) ? -1 : (pairs[a] as string) > (pairs[b] as string) ? 1 : a - b,
  );
  const sorted: string[] = [];
  for (const i of order) sorted.push(pairs[i] as string, pairs[i + 1] as string);
  return sorted;
}
