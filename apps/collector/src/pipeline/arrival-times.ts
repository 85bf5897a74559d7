const slotMs = 60_000;
/** Minutes with arrivals that are remembered. */
const slotCount = 16;
/** Of these, how many of the newest speak of the lag. */
const lagSlots = 5;
/** Below this many gaps nobody knows what is usual. */
const enoughSlots = 3;

/** What stood out in one minute in which something arrived. */
interface Slot {
  readonly minute: number;
  /** Longest pause that ended in it, ms; NaN for the very first arrival. */
  longestGapMs: number;
  /** Smallest (arrival − newest sample time), ms; +Infinity where no batch had a time to compare. */
  leastLagMs: number;
}

/**
 * When batches of one source arrived, and how old they were on arrival, minute by minute. All times are ms since 1970
 * by the collector's clock, unless said otherwise.
 *
 * **Usual interval**: the median of the longest pauses of the last minutes that had arrivals. The longest of a minute,
 * because senders come in bursts: Prometheus sends every 15 s a dozen requests at once. The median, because one outage
 * must not make outages usual.
 *
 * **Lag**: arrival less the newest sample time of the batch. A sender's delay (batching, queues, the way) only ever adds
 * to it, so the smallest of a minute is nearest to the truth; and the median of the last minutes' smallest, so that one
 * odd batch says nothing. Delay is never negative: a lag below zero is a clock that runs ahead, by that much or more. A
 * positive lag is either a clock that is behind or a sender that holds samples back, and no arithmetic tells which.
 */
export class ArrivalTimes {
  #slots: Slot[] = [];
  #lastAt: number | null = null;
  /** Known beforehand: by configuration, or from before a restart. */
  #givenIntervalMs: number | null = null;

  get lastAt(): number | null {
    return this.#lastAt;
  }

  /** What an earlier process knew; pauses that span its absence are not counted. */
  recall(lastAt: number, usualIntervalMs: number | null): void {
    this.#lastAt = lastAt;
    this.#givenIntervalMs = usualIntervalMs;
    this.#slots = [];
  }

  /** Notes a batch. `newestSampleAt` is by the source's clock; null where the batch had no time to go by. */
  note(atMs: number, newestSampleAt: number | null): void {
    const minute = Math.floor(atMs / slotMs);
    let slot = this.#slots.at(-1);
    const gapMs = slot === undefined || this.#lastAt === null ? Number.NaN : Math.max(0, atMs - this.#lastAt);
    if (slot === undefined || slot.minute < minute) {
      slot = { minute, longestGapMs: gapMs, leastLagMs: Number.POSITIVE_INFINITY };
      this.#slots.push(slot);
      if (this.#slots.length > slotCount) this.#slots.shift();
    } else if (!(gapMs <= slot.longestGapMs)) slot.longestGapMs = gapMs;
    if (newestSampleAt !== null) slot.leastLagMs = Math.min(slot.leastLagMs, atMs - newestSampleAt);
    this.#lastAt = Math.max(this.#lastAt ?? 0, atMs);
  }

  /** null: too little has been seen to say. */
  get usualIntervalMs(): number | null {
    const gaps = this.#slots.flatMap(({ longestGapMs }) => (Number.isNaN(longestGapMs) ? [] : [longestGapMs]));
    return gaps.length < enoughSlots ? this.#givenIntervalMs : median(gaps);
  }

  /** null: no batch had a time to compare. */
  get lagMs(): number | null {
    const lags = this.#recentLags();
    return lags.length === 0 ? null : median(lags);
  }

  /**
   * Whether the lag stays what it is, as a wrong clock or a fixed delay does, rather than shrink or grow, as a backlog
   * does. null: seen for too short.
   */
  get lagIsSteady(): boolean | null {
    const lags = this.#recentLags();
    if (lags.length < enoughSlots) return null;
    const tolerance = Math.max(10_000, 2 * (this.usualIntervalMs ?? 0));
    return Math.max(...lags) - Math.min(...lags) <= tolerance;
  }

  #recentLags(): number[] {
    return this.#slots
      .slice(-lagSlots)
      .flatMap(({ leastLagMs }) => (leastLagMs === Number.POSITIVE_INFINITY ? [] : [leastLagMs]));
  }
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1
    ? (sorted[middle] as number)
    : ((sorted[middle - 1] as number) + (sorted[middle] as number)) / 2;
}
