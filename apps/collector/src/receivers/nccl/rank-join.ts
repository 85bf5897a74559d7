import type { InspectorRecord } from './inspector-record.ts';

/** Collectives under way for which execution times are kept, per communicator; the oldest gives way. */
const maxOpen = 256;
/** Execution times kept for a communicator, which bounds what thousands of ranks cost. */
const maxOpenTimes = 1_000_000;
/** Complete collectives that decide on a straggler. */
const windowLength = 32;
const fewestToJudge = 5;
/** A rank stands out in a collective when it is so much below the median: it came late, the others waited for it. */
const standsOutBelow = 0.9;

interface OpenCollective {
  readonly times: Float64Array;
  missing: number;
}

/**
 * Joins the ranks of one communicator on the sequence number of their collectives. A rank's execution time includes its
 * wait for the others, so the rank that arrives last has the shortest time.
 */
export class RankJoin {
  readonly #ranks: number;
  readonly #open = new Map<string, OpenCollective>();
  /** Slowest minus fastest rank of the newest complete collective, by kind. */
  readonly skewSeconds = new Map<string, number>();
  /** For each of the newest complete collectives the rank that stood out, or -1. */
  readonly #lastArrivals: number[] = [];

  constructor(ranks: number) {
    this.#ranks = ranks;
  }

  add(record: InspectorRecord): void {
    if (record.ranks !== this.#ranks || this.#ranks < 2 || this.#ranks > maxOpenTimes) return;
    const key = `${record.collective} ${record.sequence}`;
    let open = this.#open.get(key);
    if (open === undefined) {
      open = { times: new Float64Array(this.#ranks).fill(Number.NaN), missing: this.#ranks };
      this.#open.set(key, open);
      const limit = Math.max(1, Math.min(maxOpen, Math.floor(maxOpenTimes / this.#ranks)));
      if (this.#open.size > limit) this.#open.delete(this.#open.keys().next().value as string);
    }
    if (Number.isNaN(open.times[record.rank])) open.missing--;
    open.times[record.rank] = record.execSeconds;
    if (open.missing === 0) {
      this.#open.delete(key);
      this.#complete(record.collective, open.times);
    }
  }

  /** The rank that arrived last in most of the newest collectives; null when none stands out. */
  straggler(): number | null {
    const judged = this.#lastArrivals.length;
    if (judged < fewestToJudge) return null;
    const counts = new Map<number, number>();
    for (const rank of this.#lastArrivals) if (rank >= 0) counts.set(rank, (counts.get(rank) ?? 0) + 1);
    for (const [rank, count] of counts) if (count > judged / 2) return rank;
    return null;
  }

  #complete(collective: string, times: Float64Array): void {
    const sorted = times.toSorted();
    const fastest = sorted[0] as number;
    const slowest = sorted[sorted.length - 1] as number;
    const median = sorted[sorted.length >> 1] as number;
    this.skewSeconds.set(collective, slowest - fastest);
    this.#lastArrivals.push(fastest < standsOutBelow * median ? times.indexOf(fastest) : -1);
    if (this.#lastArrivals.length > windowLength) this.#lastArrivals.shift();
  }
}
