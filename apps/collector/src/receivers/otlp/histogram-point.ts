import type { InternedSeries } from '../../wire/series-intern.ts';
import type { DeltaTotal } from './delta-total.ts';
import type { DeltaStep, PointFault } from './delta-totals.ts';
import { noRecordedValue, type PointCursor } from './point-cursor.ts';
import type { PointSeries, SeriesParts } from './point-series.ts';

/** Buckets or quantiles of one point, and bounds of one metric. */
export const maxBuckets = 2000;

/** Appends `_bucket` for each bound, with how many values lie at or below it, then `_count` and `_sum`. */
export function appendHistogram(
  cursor: PointCursor,
  parts: SeriesParts,
  timeMs: number,
  bounds: readonly number[],
  below: readonly number[],
  count: number,
  sum: number | undefined,
): void {
  const buckets = parts.buckets(bounds);
  for (let i = 0; i < bounds.length; i++) cursor.append(buckets[i] as InternedSeries, timeMs, below[i] as number);
  cursor.append(buckets[bounds.length] as InternedSeries, timeMs, count);
  cursor.append(parts.count, timeMs, count);
  if (sum !== undefined) cursor.append(parts.sum, timeMs, sum);
  for (const gone of parts.takeGone()) cursor.appendStale(gone);
}

/** The same with zeros: where a total begins. */
export function appendZeroHistogram(
  cursor: PointCursor,
  parts: SeriesParts,
  timeMs: number,
  bounds: readonly number[],
  hasSum: boolean,
): void {
  for (const bucket of parts.buckets(bounds)) cursor.append(bucket, timeMs, 0);
  cursor.append(parts.count, timeMs, 0);
  if (hasSum) cursor.append(parts.sum, timeMs, 0);
}

/** The end of every series of a histogram or summary. */
export function appendEnd(cursor: PointCursor, parts: SeriesParts): void {
  for (const part of parts.last) cursor.appendStale(part);
  cursor.appendStale(parts.sum);
  cursor.appendStale(parts.count);
}

/** `HistogramDataPoint` as a classic histogram: `_bucket` with `le`, `_count`, and `_sum` where it was sent. */
export class HistogramPoint {
  /** As sent: one for each bucket. The arrays are used again for the next point. */
  readonly #counts: number[] = [];
  readonly #bounds: number[] = [];
  readonly #below: number[] = [];
  readonly #none: number[] = [];
  #sum: number | undefined;
  count = 0;

  /** What tells this delta from another of the same window, together with `count`. */
  get sum(): number {
    return this.#sum ?? Number.NaN;
  }

  read(cursor: PointCursor, end: number): PointFault | undefined {
    const { reader } = cursor;
    cursor.begin(0x4a);
    this.#counts.length = 0;
    this.#bounds.length = 0;
    this.count = 0;
    this.#sum = undefined;
    while (reader.position < end) {
      const at = reader.position;
      const tag = reader.uint32(end);
      if (tag === 0x4a) cursor.attribute(at, end);
      else if (tag === 0x19) cursor.time(end);
      else if (tag === 0x11) cursor.start(end);
      else if (tag === 0x21) this.count = cursor.unsigned(reader.fixed64(end));
      else if (tag === 0x29) this.#sum = cursor.view.getFloat64(reader.fixed64(end), true);
      else if (tag === 0x32) {
        for (const stop = packedEnd(cursor, end); reader.position < stop; )
          push(this.#counts, cursor.unsigned(reader.fixed64(stop)));
      } else if (tag === 0x31) push(this.#counts, cursor.unsigned(reader.fixed64(end)));
      else if (tag === 0x3a) {
        for (const stop = packedEnd(cursor, end); reader.position < stop; )
          push(this.#bounds, cursor.view.getFloat64(reader.fixed64(stop), true));
      } else if (tag === 0x39) push(this.#bounds, cursor.view.getFloat64(reader.fixed64(end), true));
      else if (tag === 0x50) cursor.flags = reader.uint32(end);
      else reader.skip(tag, end);
    }
    cursor.finish(end);
    return (cursor.flags & noRecordedValue) !== 0 ? undefined : this.#fault();
  }

  take(cursor: PointCursor, { parts }: PointSeries): void {
    if (parts === null) return;
    if ((cursor.flags & noRecordedValue) !== 0) {
      if (parts.last.length === 0) parts.buckets(this.#bounds);
      appendEnd(cursor, parts);
      return;
    }
    // Without counts there is only the bucket of everything.
    const bounds = this.#counts.length === 0 ? this.#none : this.#bounds;
    appendHistogram(
      cursor,
      parts,
      cursor.timeMs,
      bounds,
      this.#running(this.#counts, bounds.length),
      this.count,
      this.#sum,
    );
  }

  /** Whether the total has buckets of other bounds: it cannot be added to, and begins anew. */
  restarts({ bounds }: DeltaTotal): boolean {
    const own = this.#counts.length === 0 ? this.#none : this.#bounds;
    if (bounds.length !== own.length) return true;
    for (let i = 0; i < own.length; i++) if (bounds[i] !== own[i]) return true;
    return false;
  }

  takeDelta(cursor: PointCursor, { parts, total }: PointSeries, step: DeltaStep, zeroMs: number): void {
    if (parts === null || total === null) return;
    if (step !== 'again') {
      if (total.buckets.length === 0) {
        const bounds = this.#counts.length === 0 ? this.#none : this.#bounds;
        for (const bound of bounds) total.bounds.push(bound);
        for (let i = 0; i <= bounds.length; i++) total.buckets.push(0);
      }
      for (let i = 0; i < this.#counts.length; i++)
        total.buckets[i] = (total.buckets[i] as number) + (this.#counts[i] as number);
      total.count += this.count;
      total.sum += this.sum;
    }
    const sum = Number.isNaN(total.sum) ? undefined : total.sum;
    if (zeroMs > 0) appendZeroHistogram(cursor, parts, zeroMs, total.bounds, sum !== undefined);
    const below = this.#running(total.buckets, total.bounds.length);
    appendHistogram(cursor, parts, cursor.timeMs, total.bounds, below, total.count, sum);
  }

  #running(counts: readonly number[], length: number): readonly number[] {
    const into = this.#below;
    into.length = 0;
    let below = 0;
    for (let i = 0; i < length; i++) {
      below += counts[i] as number;
      into.push(below);
    }
    return into;
  }

  #fault(): PointFault | undefined {
    const bounds = this.#bounds;
    const counts = this.#counts;
    if (bounds.length > maxBuckets || counts.length > maxBuckets + 1)
      return malformed(`a histogram has more than ${maxBuckets} buckets`);
    if (counts.length !== 0 && counts.length !== bounds.length + 1)
      return malformed(`a histogram has ${counts.length} buckets for ${bounds.length} bounds`);
    for (let i = 0; i < bounds.length; i++) {
      const bound = bounds[i] as number;
      if (!(bound > (i === 0 ? Number.NEGATIVE_INFINITY : (bounds[i - 1] as number))) || bound === Infinity)
        return malformed('the bounds of a histogram do not rise');
    }
    return undefined;
  }
}

export const malformed = (message: string): PointFault => ({ reason: 'bad_histogram', message });

/** A little more than is taken is enough to refuse the point: a long list must not become a long array. */
function push(into: number[], value: number): void {
  if (into.length <= maxBuckets + 1) into.push(value);
}

/** The end of a packed list of 64-bit numbers. */
function packedEnd(cursor: PointCursor, end: number): number {
  const { reader } = cursor;
  const stop = reader.bytesEnd(end);
  if ((stop - reader.position) % 8 !== 0) reader.fail('a list of 64-bit numbers is not a multiple of 8 bytes');
  return stop;
}
