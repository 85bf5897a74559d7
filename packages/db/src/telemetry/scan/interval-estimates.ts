import { labelBits } from '../series/series-id.ts';

/** What is assumed of a metric that was not read yet. */
const assumedIntervalMs = 10_000;
const mostMetrics = 10_000;
/** A new measurement counts for half. */
const weight = 0.5;

/**
 * The mean distance between two samples of a series, by metric, learned from what scans brought. It decides how a scan is cut;
 * a wrong one costs time, never an answer.
 */
export class IntervalEstimates {
  readonly #intervalMs = new Map<bigint, number>();

  /** ms between samples, for the metric of a series id. */
  of(id: bigint): number {
    return this.#intervalMs.get(id >> labelBits) ?? assumedIntervalMs;
  }

  /** A scan brought so many rows over so many ms of all its series together. */
  learn(id: bigint, rows: number, seriesMs: number): void {
    const metric = id >> labelBits;
    const measured = Math.min(3_600_000, Math.max(10, seriesMs / Math.max(1, rows)));
    const known = this.#intervalMs.get(metric);
    if (known === undefined && this.#intervalMs.size >= mostMetrics) this.#intervalMs.clear();
    this.#intervalMs.set(metric, known === undefined ? measured : known + weight * (measured - known));
  }
}
