import type { DeltaTotals, PointFault } from './delta-totals.ts';
import type { ExponentialPoint } from './exponential-point.ts';
import { HistogramPoint } from './histogram-point.ts';
import type { Resource } from './metric-registry.ts';
import { NumberPoint } from './number-point.ts';
import { noRecordedValue, type PointCursor } from './point-cursor.ts';
import type { PointSeries } from './point-series.ts';

const negative: PointFault = {
  reason: 'bad_point',
  message: 'a delta of a monotonic sum is negative, or not a number',
};

/** Adds the deltas of one request to the totals of their series, and writes the totals. */
export class DeltaPoints {
  readonly #totals: DeltaTotals;
  /** Ends of the request's deltas, which become the resources' when all of them are added up. */
  readonly #newest = new Map<Resource, number>();

  constructor(totals: DeltaTotals) {
    this.#totals = totals;
  }

  /**
   * Takes the point that the cursor has read. `begins` says that the total is a counter, which is 0 where it begins: a
   * sample says so, just behind the start of the first delta, so that rates count that delta too.
   */
  take(
    point: NumberPoint | HistogramPoint | ExponentialPoint,
    cursor: PointCursor,
    series: PointSeries,
    begins: boolean,
    resource: Resource,
    nowMs: number,
  ): PointFault | undefined {
    if ((cursor.flags & noRecordedValue) !== 0) {
      this.#totals.end(series);
      point.take(cursor, series);
      return undefined;
    }
    const { startNs, timeNs, timeMs } = cursor;
    const isNumber = point instanceof NumberPoint;
    const count = isNumber ? point.valueOf(cursor) : point.count;
    if (isNumber && begins && !(count >= 0)) return negative;
    const lastSeenNs = resource.lastDeltaNs;
    let step = this.#totals.step(series, startNs, timeNs, lastSeenNs, count, isNumber ? 0 : point.sum, nowMs);
    if (typeof step === 'object') return step;
    const { total } = series;
    if (step === 'next' && total !== null && point instanceof HistogramPoint && point.restarts(total)) {
      total.restart();
      step = 'gap';
    }
    if (timeNs > (this.#newest.get(resource) ?? 0)) this.#newest.set(resource, timeNs);
    const startMs = Math.floor(startNs / 1e6);
    const zeroMs =
      begins && startNs > 0 && (step === 'first' || step === 'gap') && startMs + 1 < timeMs ? startMs + 1 : 0;
    point.takeDelta(cursor, series, step, zeroMs);
    return undefined;
  }

  /** The request is read: what it brought is what its senders' next deltas follow. */
  finish(): void {
    for (const [resource, timeNs] of this.#newest) resource.lastDeltaNs = Math.max(resource.lastDeltaNs, timeNs);
    this.#newest.clear();
  }
}
