/** Buckets of one sign: `counts[i]` belongs to the bucket `offset + i`. */
export class BucketRun {
  offset = 0;
  readonly counts: number[] = [];

  clear(): void {
    this.offset = 0;
    this.counts.length = 0;
  }
}

/**
 * Buckets of an exponential histogram: bucket i holds what is above base^i, up to and with base^(i+1), where base is
 * 2^(2^-scale); of the negative side the same of the absolute value
 * (https://opentelemetry.io/docs/specs/otel/metrics/data-model/#exponentialhistogram).
 */
export class ExponentialBuckets {
  scale = 0;
  zeroCount = 0;
  readonly positive = new BucketRun();
  readonly negative = new BucketRun();

  clear(): void {
    this.scale = 0;
    this.zeroCount = 0;
    this.positive.clear();
    this.negative.clear();
  }

  /** Adds what others hold, at the coarser of both scales and not finer than `maxScale`: totals stay small. */
  add(others: ExponentialBuckets, maxScale: number): void {
    const scale = Math.min(this.scale, others.scale, maxScale);
    coarsen(this.positive, this.scale - scale);
    coarsen(this.negative, this.scale - scale);
    this.scale = scale;
    this.zeroCount += others.zeroCount;
    addRun(this.positive, others.positive, others.scale - scale);
    addRun(this.negative, others.negative, others.scale - scale);
  }
}

/** Index of the bucket that holds bucket `index` when the scale is lowered by `shift`: its bounds are among the finer ones. */
export const mergedIndex = (index: number, shift: number): number => Math.floor(index / 2 ** shift);

function coarsen(run: BucketRun, shift: number): void {
  if (shift === 0 || run.counts.length === 0) return;
  const { counts } = run;
  const offset = mergedIndex(run.offset, shift);
  for (let i = 0; i < counts.length; i++) {
    const count = counts[i] as number;
    counts[i] = 0;
    const to = mergedIndex(run.offset + i, shift) - offset;
    counts[to] = (counts[to] as number) + count;
  }
  counts.length = mergedIndex(run.offset + counts.length - 1, shift) - offset + 1;
  run.offset = offset;
}

function addRun(into: BucketRun, from: BucketRun, shift: number): void {
  let first = 0;
  let last = from.counts.length - 1;
  while (first <= last && from.counts[first] === 0) first++;
  while (last >= first && from.counts[last] === 0) last--;
  if (first > last) return;
  const low = mergedIndex(from.offset + first, shift);
  const high = mergedIndex(from.offset + last, shift);
  const { counts } = into;
  if (counts.length === 0) into.offset = low;
  if (low < into.offset) {
    counts.unshift(...new Array<number>(into.offset - low).fill(0));
    into.offset = low;
  }
  while (counts.length <= high - into.offset) counts.push(0);
  for (let i = first; i <= last; i++) {
    const to = mergedIndex(from.offset + i, shift) - into.offset;
    counts[to] = (counts[to] as number) + (from.counts[i] as number);
  }
}
