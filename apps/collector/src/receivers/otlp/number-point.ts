import type { InternedSeries } from '../../wire/series-intern.ts';
import type { DeltaStep, PointFault } from './delta-totals.ts';
import { noRecordedValue, type PointCursor } from './point-cursor.ts';
import type { PointSeries } from './point-series.ts';

const noValue: PointFault = { reason: 'bad_point', message: 'a point has no value' };

/** `NumberDataPoint` of a gauge or sum. */
export class NumberPoint {
  #valueAt = -1;
  #integer = false;

  read(cursor: PointCursor, end: number): PointFault | undefined {
    const { reader } = cursor;
    cursor.begin(0x3a);
    this.#valueAt = -1;
    while (reader.position < end) {
      const at = reader.position;
      const tag = reader.uint32(end);
      if (tag === 0x3a) cursor.attribute(at, end);
      else if (tag === 0x19) cursor.time(end);
      else if (tag === 0x11) cursor.start(end);
      else if (tag === 0x21 || tag === 0x31) {
        this.#valueAt = reader.fixed64(end);
        this.#integer = tag === 0x31;
      } else if (tag === 0x40) cursor.flags = reader.uint32(end);
      else reader.skip(tag, end);
    }
    cursor.finish(end);
    return this.#valueAt < 0 && (cursor.flags & noRecordedValue) === 0 ? noValue : undefined;
  }

  take(cursor: PointCursor, { number }: PointSeries): void {
    if ((cursor.flags & noRecordedValue) !== 0) cursor.appendStale(number as InternedSeries);
    else if (this.#integer) cursor.append(number as InternedSeries, cursor.timeMs, cursor.signed(this.#valueAt));
    else cursor.appendDouble(number as InternedSeries, this.#valueAt);
  }

  /** The value as a number, which is what tells this delta from another of the same window. */
  valueOf(cursor: PointCursor): number {
    if (this.#valueAt < 0) return 0;
    return this.#integer ? cursor.signed(this.#valueAt) : cursor.view.getFloat64(this.#valueAt, true);
  }

  /** Adds the delta to the total of the series, which then is the sample. `zeroMs` is where the total began with 0. */
  takeDelta(cursor: PointCursor, { number, total }: PointSeries, step: DeltaStep, zeroMs: number): void {
    if (total === null) return;
    if (step !== 'again') total.count += this.valueOf(cursor);
    if (zeroMs > 0) cursor.append(number as InternedSeries, zeroMs, 0);
    cursor.append(number as InternedSeries, cursor.timeMs, total.count);
  }
}
