/** Buckets of one table that a range needs, both inclusive. */
export interface BucketSpan {
  readonly from: number;
  readonly to: number;
}

/** Where the samples of a range lie; undefined where a table holds none of them. */
export interface BucketPlaces {
  /** `samples`, one row a sample. */
  readonly open: BucketSpan | undefined;
  /** `sealed`, one row a series and bucket. */
  readonly sealed: BucketSpan | undefined;
}

/** What is known of the rows of a bucket in `samples`. */
interface OpenBucket {
  /** Grows with each insert that may have brought rows. */
  writes: number;
  lastWriteMs: number;
  /** `writes` when all rows there were also in `sealed`; they are still there, and need not be read. */
  copiedAt: number | undefined;
}

/**
 * Which buckets have rows in `samples`, which in `sealed`: a reader asks only the tables that it needs, and rows of `samples` are
 * dropped only when nobody reads them any more. One process writes to a store, so this is the truth.
 */
export class BucketLedger {
  readonly #open = new Map<number, OpenBucket>();
  /** Samples of each bucket in `sealed`. */
  #sealed: Map<number, number>;
  /** Reads that run. */
  readonly #reading = new Set<object>();
  /** Who waits for one of them to end. */
  readonly #waiting: (() => void)[] = [];

  /** As the store was found; of `sealed`, how many samples each bucket has. */
  constructor(open: Iterable<number>, sealed: ReadonlyMap<number, number>, nowMs: number) {
    for (const bucket of open) this.#open.set(bucket, { writes: 0, lastWriteMs: nowMs, copiedAt: undefined });
    this.#sealed = new Map(sealed);
  }

  /** Call before samples of the bucket are inserted: a reader may find them from then on. */
  wrote(bucket: number, nowMs: number): void {
    const known = this.#open.get(bucket);
    if (known === undefined) this.#open.set(bucket, { writes: 1, lastWriteMs: nowMs, copiedAt: undefined });
    else {
      known.writes++;
      known.lastWriteMs = nowMs;
    }
  }

  /** How often the bucket was written to; undefined where it has no rows in `samples`. */
  writesOf(bucket: number): number | undefined {
    return this.#open.get(bucket)?.writes;
  }

  /** Buckets with rows in `samples` that were over by `sinceMs` and not written to after it, the oldest first. */
  quietBuckets(bucketMs: number, sinceMs: number): number[] {
    const found: number[] = [];
    for (const [bucket, { lastWriteMs }] of this.#open) {
      if ((bucket + 1) * bucketMs <= sinceMs && lastWriteMs <= sinceMs) found.push(bucket);
    }
    return found.sort((a, b) => a - b);
  }

  /** All rows of the bucket that were there at `writes` are in `sealed` now, and in `samples` until they are dropped. */
  copied(bucket: number, writes: number, samples: number): void {
    this.#sealed.set(bucket, (this.#sealed.get(bucket) ?? 0) + samples);
    const known = this.#open.get(bucket);
    if (known !== undefined) known.copiedAt = writes;
  }

  /** The bucket has no rows in `samples` any more. */
  dropped(bucket: number): void {
    this.#open.delete(bucket);
  }

  /** What is in `sealed` after rows were deleted there. */
  resealed(sealed: ReadonlyMap<number, number>): void {
    this.#sealed = new Map(sealed);
  }

  /** Samples in `sealed`. */
  get sealedSamples(): number {
    let sum = 0;
    for (const samples of this.#sealed.values()) sum += samples;
    return sum;
  }

  /** Buckets that left the store by their age. */
  forgetBefore(oldest: number): void {
    for (const bucket of this.#sealed.keys()) if (bucket < oldest) this.#sealed.delete(bucket);
    for (const bucket of this.#open.keys()) if (bucket < oldest) this.#open.delete(bucket);
  }

  /** Which tables to ask for the buckets of a range, both inclusive. */
  placesOf(range: BucketSpan): BucketPlaces {
    let open: { from: number; to: number } | undefined;
    for (const [bucket, { writes, copiedAt }] of this.#open) {
      if (bucket < range.from || bucket > range.to || copiedAt === writes) continue;
      open = wider(open, bucket);
    }
    let sealed: { from: number; to: number } | undefined;
    for (const bucket of this.#sealed.keys()) {
      if (bucket >= range.from && bucket <= range.to) sealed = wider(sealed, bucket);
    }
    return { open, sealed };
  }

  /** Call when the tables to be asked are chosen; the answer when they have answered. */
  beginRead(): () => void {
    const read = {};
    this.#reading.add(read);
    return () => {
      this.#reading.delete(read);
      for (const resolve of this.#waiting.splice(0)) resolve();
    };
  }

  /** Resolves when every read that has begun by now has ended. */
  async readsEnded(): Promise<void> {
    const earlier = [...this.#reading];
    while (earlier.some((read) => this.#reading.has(read))) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }
}

function wider(span: { from: number; to: number } | undefined, bucket: number): { from: number; to: number } {
  if (span === undefined) return { from: bucket, to: bucket };
  span.from = Math.min(span.from, bucket);
  span.to = Math.max(span.to, bucket);
  return span;
}
