import type { InternedSeries } from '../../wire/series-intern.ts';
import type { PointFault } from './delta-totals.ts';
import { appendEnd, malformed, maxBuckets } from './histogram-point.ts';
import { noRecordedValue, type PointCursor } from './point-cursor.ts';
import type { PointSeries } from './point-series.ts';

/** `SummaryDataPoint`: one series for each quantile, `_sum`, `_count`. */
export class SummaryPoint {
  readonly #quantiles: number[] = [];
  readonly #values: number[] = [];
  #count = 0;
  #sum = 0;

  read(cursor: PointCursor, end: number): PointFault | undefined {
    const { reader } = cursor;
    cursor.begin(0x3a);
    this.#quantiles.length = 0;
    this.#values.length = 0;
    this.#count = 0;
    this.#sum = 0;
    while (reader.position < end) {
      const at = reader.position;
      const tag = reader.uint32(end);
      if (tag === 0x3a) cursor.attribute(at, end);
      else if (tag === 0x19) cursor.time(end);
      else if (tag === 0x11) cursor.start(end);
      else if (tag === 0x21) this.#count = cursor.unsigned(reader.fixed64(end));
      else if (tag === 0x29) this.#sum = cursor.view.getFloat64(reader.fixed64(end), true);
      else if (tag === 0x32) this.#quantile(cursor, reader.bytesEnd(end));
      else if (tag === 0x40) cursor.flags = reader.uint32(end);
      else reader.skip(tag, end);
    }
    cursor.finish(end);
    return this.#quantiles.length > maxBuckets
      ? malformed(`a summary has more than ${maxBuckets} quantiles`)
      : undefined;
  }

  take(cursor: PointCursor, { parts }: PointSeries): void {
    if (parts === null) return;
    if ((cursor.flags & noRecordedValue) !== 0) {
      if (this.#quantiles.length > 0) parts.quantiles(this.#quantiles);
      appendEnd(cursor, parts);
      return;
    }
    const series = parts.quantiles(this.#quantiles);
    for (let i = 0; i < series.length; i++)
      cursor.append(series[i] as InternedSeries, cursor.timeMs, this.#values[i] as number);
    cursor.append(parts.sum, cursor.timeMs, this.#sum);
    cursor.append(parts.count, cursor.timeMs, this.#count);
    for (const gone of parts.takeGone()) cursor.appendStale(gone);
  }

  #quantile(cursor: PointCursor, end: number): void {
    const { reader } = cursor;
    let quantile = 0;
    let value = 0;
    while (reader.position < end) {
      const tag = reader.uint32(end);
      if (tag === 0x09) quantile = reader.double(end);
      else if (tag === 0x11) value = reader.double(end);
      else reader.skip(tag, end);
    }
    if (this.#quantiles.length > maxBuckets) return;
    this.#quantiles.push(quantile);
    this.#values.push(value);
  }
}
