import { BinnacleError } from '@binnacle/shared/errors.ts';
import type { MapColumn, TextColumn } from '@binnacle/shared/telemetry/rows/growing-columns.ts';
import type { Limits } from '../../pipeline/limits.ts';
import type { ProtobufReader } from '../../wire/protobuf.ts';
import { milliseconds } from '../otlp/fixed64.ts';
import type { RowRefusal } from './refusals.ts';
import { addPair, emptyPair, readPair } from './values.ts';

/** Bounds of a row's time, ms since 1970, inclusive. */
export interface TimeBounds {
  readonly oldestMs: number;
  readonly newestMs: number;
}

/** What spans and log records have in common: ids, times, attributes, and how many a request may hold. */
export class RowReader {
  readonly #reader: ProtobufReader;
  readonly #limits: Limits;
  readonly #bounds: TimeBounds;
  readonly #pair = emptyPair();

  constructor(reader: ProtobufReader, limits: Limits, bounds: TimeBounds) {
    this.#reader = reader;
    this.#limits = limits;
    this.#bounds = bounds;
  }

  /**
   * Throws `body_too_large` when the request has more rows than allowed, or when its rows hold more memory than may wait
   * for the store: what a resource says once is stored with each of its rows.
   */
  countRow(number: number, batch: { readonly byteLength: number }): void {
    const { spansPerRequest, spanInFlightBytes } = this.#limits;
    if (number > spansPerRequest) {
      throw new BinnacleError(
        'body_too_large',
        `more than ${spansPerRequest} spans or log records in one request (limits.spansPerRequest)`,
      );
    }
    if (batch.byteLength > spanInFlightBytes) {
      throw new BinnacleError(
        'body_too_large',
        `with what they share the rows of the request are more than ${spanInFlightBytes} bytes (limits.spanInFlightBytes); send fewer at once`,
      );
    }
  }

  /** Where an id begins; -1 for one that is none: of another length, or all zeros. */
  id(start: number, end: number, length: number): number {
    if (end - start !== length) return -1;
    const { bytes } = this.#reader;
    for (let i = start; i < end; i++) if (bytes[i] !== 0) return start;
    return -1;
  }

  /** Adds an id of so many bytes; an empty text for one that is none. */
  addId(column: TextColumn, at: number, length: number): void {
    const start = Math.max(at, 0);
    column.addHex(this.#reader.bytes, start, at < 0 ? start : start + length);
  }

  /** Why a row of this time is refused. `at` is where its nanoseconds stand. */
  time(at: number): RowRefusal | undefined {
    const ms = milliseconds(this.#reader.bytes, at);
    if (ms > this.#bounds.newestMs) return 'too_far_in_future';
    return ms < this.#bounds.oldestMs ? 'too_old' : undefined;
  }

  /** Adds the `KeyValue` that ends at `end`, the row's attribute of this number, and moves there. */
  attribute(end: number, map: MapColumn, number: number): RowRefusal | undefined {
    if (number >= this.#limits.attributesPerSpan) return 'too_many_attributes';
    readPair(this.#reader, end, this.#pair);
    return addPair(this.#reader, this.#pair, map, this.#limits.attributeBytes) ? undefined : 'attribute_too_long';
  }
}
