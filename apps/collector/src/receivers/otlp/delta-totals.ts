import type { InternedSeries } from '../../wire/series-intern.ts';
import type { RefusalReason } from '../receiver.ts';
import { DeltaTotal } from './delta-total.ts';
import type { PointSeries } from './point-series.ts';

/** Why a point is not taken: a reason that is counted, and a sentence for the sender. */
export interface PointFault {
  readonly reason: RefusalReason;
  readonly message: string;
}

/** Times that were cut to whole ms on one side only still meet. */
const slackNs = 1e6;

const outOfOrder: PointFault = {
  reason: 'out_of_order',
  message: 'a delta ends before, or together with, one that was already added up',
};
const overlapping: PointFault = {
  reason: 'overlapping',
  message:
    'a delta begins before the last one of its series ended, so that adding both would count twice; if several processes send it, give each a service.instance.id',
};
const noTime: PointFault = { reason: 'bad_point', message: 'a delta has no time' };
const backwards: PointFault = { reason: 'bad_point', message: 'a delta begins after its end' };
const full: PointFault = {
  reason: 'too_many_series',
  message: 'more series with delta temporality than are added up at once (receivers.otlp.deltaMaxSeries)',
};

/**
 * How a delta follows the ones before it: `first` of its series, the `next` one, the first after a `gap`, or the last one
 * `again` (a request that is retried).
 */
export type DeltaStep = 'first' | 'next' | 'gap' | 'again';

export interface DeltaBounds {
  readonly maxSeries: number;
  readonly maxStaleMs: number;
  /** Whether a gap between two deltas begins a new total; otherwise the total goes on. */
  readonly restartAtGaps: boolean;
}

/**
 * Where deltas become totals, by the rules of https://opentelemetry.io/docs/specs/otel/metrics/data-model/#sums-delta-to-cumulative:
 * a delta that begins where the last one ended is added, one that comes late or overlaps is refused. One that begins
 * later leaves a gap, over which the total goes on or begins anew, as configured. A series that had nothing to tell is left
 * out of an export by its SDK: that is no gap if the sender's last export of anything did not end before its next delta.
 * SDKs that begin a delta with its first measurement still show gaps where nothing is missing, which is why going on is
 * the default: a rate is the same, since nobody knows of more.
 */
export class DeltaTotals {
  readonly #bounds: DeltaBounds;
  /**
   * By their series, in the order of their last delta, the longest silent first. The same series may come as other bytes
   * (attributes in another order, another encoding): its total is one.
   */
  readonly #tracked = new Map<InternedSeries, DeltaTotal>();
  /** Since the last `takeCounts`. */
  #gaps = 0;
  #forgotten = 0;

  constructor(bounds: DeltaBounds) {
    this.#bounds = bounds;
  }

  get size(): number {
    return this.#tracked.size;
  }

  /** Deltas that came after a gap, and totals that were given up as silent, since the last call. */
  takeCounts(): { gaps: number; forgotten: number } {
    const counts = { gaps: this.#gaps, forgotten: this.#forgotten };
    this.#gaps = 0;
    this.#forgotten = 0;
    return counts;
  }

  /**
   * Decides on a delta of this window, and moves the window when it is to be added (every step but `again`); after
   * `first` and `gap` the total is empty. `lastSeenNs` is the end of the newest delta of the sender's earlier requests.
   */
  step(
    series: PointSeries,
    startNs: number,
    timeNs: number,
    lastSeenNs: number,
    count: number,
    sum: number,
    nowMs: number,
  ): DeltaStep | PointFault {
    if (timeNs === 0) return noTime;
    if (startNs > timeNs) return backwards;
    const { canonical } = series;
    let total = series.total?.ended === false ? series.total : this.#tracked.get(canonical);
    let step: DeltaStep = 'next';
    if (total === undefined) {
      this.#forgetSilent(nowMs);
      if (this.#tracked.size >= this.#bounds.maxSeries) return full;
      total = new DeltaTotal();
      step = 'first';
    } else if (timeNs <= total.timeNs) {
      const again = timeNs === total.timeNs && startNs === total.startNs;
      series.total = total;
      return again && Object.is(count, total.lastCount) && Object.is(sum, total.lastSum) ? 'again' : outOfOrder;
    } else if (startNs !== 0 && startNs < total.timeNs - slackNs) {
      return overlapping;
    } else if (startNs > Math.max(total.timeNs, lastSeenNs) + slackNs) {
      this.#gaps++;
      if (this.#bounds.restartAtGaps) {
        step = 'gap';
        total.restart();
      }
    }
    series.total = total;
    total.startNs = startNs;
    total.timeNs = timeNs;
    total.lastCount = count;
    total.lastSum = sum;
    total.seenAtMs = nowMs;
    this.#tracked.delete(canonical);
    this.#tracked.set(canonical, total);
    return step;
  }

  /** The series says that it ended: what comes next is a first one. */
  end(series: PointSeries): void {
    const total = this.#tracked.get(series.canonical);
    if (total === undefined) return;
    total.ended = true;
    this.#tracked.delete(series.canonical);
  }

  #forgetSilent(nowMs: number): void {
    for (const [series, total] of this.#tracked) {
      if (nowMs - total.seenAtMs <= this.#bounds.maxStaleMs) return;
      total.ended = true;
      this.#tracked.delete(series);
      this.#forgotten++;
    }
  }
}
