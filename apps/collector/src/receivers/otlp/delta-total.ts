import type { ExponentialBuckets } from './exponential-buckets.ts';

/** The sum of the deltas of one series since it was first seen, or since its last gap. Times are ns since 1970. */
export class DeltaTotal {
  /** It was given up: the next delta of its series begins another one. */
  ended = false;
  startNs = 0;
  timeNs = 0;
  /** This clock's ms when it was last added to. */
  seenAtMs = 0;
  /** The last delta, to know it again. */
  lastCount = 0;
  lastSum = 0;
  /** Total of a number; the number of values of a histogram. */
  count = 0;
  /** Total of the values of a histogram; NaN as soon as a delta came without it. */
  sum = 0;
  /** Explicit bounds, and the counts of their buckets. */
  bounds: number[] = [];
  buckets: number[] = [];
  exponential: ExponentialBuckets | null = null;

  /** Forgets what was added up. */
  restart(): void {
    this.count = 0;
    this.sum = 0;
    this.bounds.length = 0;
    this.buckets.length = 0;
    this.exponential = null;
  }
}
