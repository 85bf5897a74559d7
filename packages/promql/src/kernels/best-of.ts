import type { FoldRow } from './group-folds.ts';

/** Which series stay: those with the largest values, the smallest, or simply the first. */
export type Preference = 'largest' | 'smallest' | 'first';

/** Steps that are looked at together: their values of one series lie in one cache line. */
const stepsTogether = 8;
/** Longer lists are sorted instead of kept in order. */
const shortList = 64;

/**
 * Picks at each step the `counts[step]` best of the series that are there; `pick` is told them best first. NaN is worst of
 * all; of equal values the one that comes first is better. Yields between blocks of steps, so that the caller can look at
 * the clock.
 */
export function* bestOf(
  rows: readonly FoldRow[],
  preference: Preference,
  counts: Int32Array,
  pick: (row: number, step: number) => void,
): Generator<void> {
  const lists = Array.from({ length: stepsTogether }, () => new BestList(rows.length));
  for (let from = 0; from < counts.length; from += stepsTogether) {
    const steps = Math.min(stepsTogether, counts.length - from);
    for (let j = 0; j < steps; j++) (lists[j] as BestList).begin(counts[from + j] as number);
    for (const [r, { values, present }] of rows.entries()) {
      for (let j = 0; j < steps; j++) {
        if (present[from + j] === 0) continue;
        const value = values[from + j] as number;
        (lists[j] as BestList).offer(r, preference === 'largest' ? value : preference === 'smallest' ? -value : 0);
      }
    }
    for (let j = 0; j < steps; j++) {
      const list = lists[j] as BestList;
      list.end();
      for (let i = 0; i < list.length; i++) pick(list.rows[i] as number, from + j);
    }
    yield;
  }
}

/** The best of what is offered: by key, the largest first, NaN last, equal ones in the order of coming. */
class BestList {
  readonly rows: Int32Array;
  readonly #keys: Float64Array;
  length = 0;
  #most = 0;
  #offered = 0;

  constructor(capacity: number) {
    this.rows = new Int32Array(capacity);
    this.#keys = new Float64Array(capacity);
  }

  begin(most: number): void {
    this.#most = most;
    this.length = 0;
    this.#offered = 0;
  }

  offer(row: number, key: number): void {
    const keys = this.#keys;
    if (this.#most > shortList) {
      this.rows[this.#offered] = row;
      keys[this.#offered++] = key;
      return;
    }
    const full = this.length === this.#most;
    if (full && (this.length === 0 || !isBetter(key, keys[this.length - 1] as number))) return;
    let at = full ? this.length - 1 : this.length++;
    for (; at > 0 && isBetter(key, keys[at - 1] as number); at--) {
      keys[at] = keys[at - 1] as number;
      this.rows[at] = this.rows[at - 1] as number;
    }
    keys[at] = key;
    this.rows[at] = row;
  }

  end(): void {
    if (this.#most <= shortList) return;
    const keys = this.#keys;
    const rows = this.rows.slice(0, this.#offered);
    const places = Int32Array.from(rows, (_, i) => i);
    places.sort((a, b) => {
      if (isBetter(keys[a] as number, keys[b] as number)) return -1;
      return isBetter(keys[b] as number, keys[a] as number) ? 1 : a - b;
    });
    this.length = Math.min(this.#most, this.#offered);
    for (let i = 0; i < this.length; i++) this.rows[i] = rows[places[i] as number] as number;
  }
}

const isBetter = (key: number, other: number): boolean => key > other || (Number.isNaN(other) && !Number.isNaN(key));
