import { SpanBatch } from '@binnacle/shared/telemetry/rows/otel-rows.ts';
import type { Limits } from '../../pipeline/limits.ts';
import { ProtobufReader } from '../../wire/protobuf.ts';
import { milliseconds } from '../otlp/fixed64.ts';
import { type Resource, type Scope, walkRows } from './envelope.ts';
import type { RowRefusal } from './refusals.ts';
import { Refusals } from './refusals.ts';
import { RowReader, type TimeBounds } from './row-reader.ts';
import { addUtf8 } from './values.ts';

export interface DecodedRows<Batch> {
  readonly batch: Batch;
  /** Rows in the request, refused ones included. */
  readonly sent: number;
  readonly refusals: Refusals;
  /** ms since 1970, of the newest row that is in the batch; null when none is. */
  readonly newestMs: number | null;
  /** Every row says its time itself. */
  readonly timed: boolean;
}

/** Names as the OpenTelemetry Collector's exporter writes them; what is out of range is the first. */
const kinds = ['Unspecified', 'Internal', 'Server', 'Client', 'Producer', 'Consumer'] as const;
const statuses = ['Unset', 'Ok', 'Error'] as const;

/**
 * Decodes `ExportTraceServiceRequest` from its bytes into rows. What is wrong with one span refuses that span; what is
 * wrong with the bytes throws `malformed_body`, and more than a request may hold `body_too_large`.
 */
export function decodeSpans(bytes: Buffer, limits: Limits, bounds: TimeBounds): DecodedRows<SpanBatch> {
  const decoder = new SpanDecoder(bytes, limits, bounds);
  walkRows(decoder.reader, limits, (end, resource, scope) => decoder.span(end, resource, scope));
  const { batch, sent, refusals, newestMs } = decoder;
  return { batch, sent, refusals, newestMs: batch.rows === 0 ? null : newestMs, timed: true };
}

class SpanDecoder {
  readonly reader: ProtobufReader;
  readonly batch = new SpanBatch();
  readonly refusals = new Refusals();
  sent = 0;
  newestMs = 0;
  readonly #rows: RowReader;
  readonly #limits: Limits;
  // Of the span that is being read: where its fields stand, -1 where they are absent.
  #traceId = -1;
  #spanId = -1;
  #parentId = -1;
  #start = -1;
  #end = -1;
  #nameStart = 0;
  #nameEnd = 0;

  constructor(bytes: Buffer, limits: Limits, bounds: TimeBounds) {
    this.reader = new ProtobufReader(bytes);
    this.#limits = limits;
    this.#rows = new RowReader(this.reader, limits, bounds);
  }

  span(end: number, resource: Resource, scope: Scope): void {
    this.#rows.countRow(++this.sent, this.batch);
    const { batch } = this;
    batch.begin();
    this.#spanId = -1;
    this.#nameStart = this.#nameEnd = end;
    const fault = resource.fault ?? scope.fault ?? this.#read(end);
    if (fault !== undefined) {
      batch.drop();
      this.refusals.add(fault, () => this.#example());
      return;
    }
    batch.serviceName.addAll(resource.service);
    batch.resourceAttributes.addRow(resource.attributes);
    batch.scopeName.addAll(scope.name);
    batch.scopeVersion.addAll(scope.version);
    batch.keep();
  }

  /** Every field once, into columns that do not depend on the others; what does is added at the end. */
  #read(end: number): RowRefusal | undefined {
    const { reader, batch } = this;
    const { attributeBytes } = this.#limits;
    const rows = this.#rows;
    this.#traceId = this.#spanId = this.#parentId = this.#start = this.#end = -1;
    this.#nameStart = this.#nameEnd = end;
    let [stateStart, stateEnd, messageStart, messageEnd] = [end, end, end, end];
    let badId = false;
    let kind = 0;
    let status = 0;
    let attributes = 0;
    let events = 0;
    let links = 0;
    let fault: RowRefusal | undefined;
    while (reader.position < end && fault === undefined) {
      const tag = reader.uint32(end);
      switch (tag) {
        case 0x0a:
        case 0x12:
        case 0x22: {
          const stop = reader.bytesEnd(end);
          const at = rows.id(reader.position, stop, tag === 0x0a ? 16 : 8);
          if (tag === 0x0a) this.#traceId = at;
          else if (tag === 0x12) this.#spanId = at;
          else {
            this.#parentId = at;
            badId = at < 0 && stop > reader.position;
          }
          reader.position = stop;
          break;
        }
        case 0x1a:
          stateEnd = reader.bytesEnd(end);
          stateStart = reader.position;
          reader.position = stateEnd;
          break;
        case 0x2a:
          this.#nameEnd = reader.bytesEnd(end);
          this.#nameStart = reader.position;
          reader.position = this.#nameEnd;
          break;
        case 0x30:
          kind = reader.uint32(end);
          break;
        case 0x39:
          this.#start = reader.fixed64(end);
          break;
        case 0x41:
          this.#end = reader.fixed64(end);
          break;
        case 0x4a:
          fault = rows.attribute(reader.bytesEnd(end), batch.spanAttributes, attributes++);
          break;
        case 0x5a:
          fault = events++ < this.#limits.eventsPerSpan ? this.#event(reader.bytesEnd(end)) : 'too_many_events';
          break;
        case 0x6a:
          fault = links++ < this.#limits.eventsPerSpan ? this.#link(reader.bytesEnd(end)) : 'too_many_events';
          break;
        case 0x7a: {
          const stop = reader.bytesEnd(end);
          while (reader.position < stop) {
            const inner = reader.uint32(stop);
            if (inner === 0x12) {
              messageEnd = reader.bytesEnd(stop);
              messageStart = reader.position;
              reader.position = messageEnd;
            } else if (inner === 0x18) status = reader.uint32(stop);
            else reader.skip(inner, stop);
          }
          break;
        }
        default:
          reader.skip(tag, end);
      }
    }
    if (fault !== undefined) return fault;
    if (this.#traceId < 0 || this.#spanId < 0 || badId) return 'bad_id';
    if (this.#start < 0) return 'bad_time';
    const late = rows.time(this.#start);
    if (late !== undefined) return late;
    if (this.#nameEnd - this.#nameStart > attributeBytes || stateEnd - stateStart > attributeBytes)
      return 'attribute_too_long';
    if (messageEnd - messageStart > attributeBytes) return 'attribute_too_long';

    const { bytes } = reader;
    batch.timestamp.addBytes(bytes, this.#start);
    batch.traceId.addHex(bytes, this.#traceId, this.#traceId + 16);
    batch.spanId.addHex(bytes, this.#spanId, this.#spanId + 8);
    rows.addId(batch.parentSpanId, this.#parentId, 8);
    addUtf8(reader, stateStart, stateEnd, batch.traceState);
    addUtf8(reader, this.#nameStart, this.#nameEnd, batch.spanName);
    batch.spanKind.addText(kinds[kind] ?? kinds[0]);
    batch.spanAttributes.endRow(attributes);
    this.#addDuration();
    batch.statusCode.addText(statuses[status] ?? statuses[0]);
    addUtf8(reader, messageStart, messageEnd, batch.statusMessage);
    for (const column of [batch.eventTimes, batch.eventNames, batch.eventAttributes]) column.endRow(events);
    for (const column of [batch.linkTraceIds, batch.linkSpanIds, batch.linkTraceStates, batch.linkAttributes])
      column.endRow(links);
    this.newestMs = Math.max(this.newestMs, milliseconds(bytes, this.#start));
    return undefined;
  }

  /** End less beginning, 64 bits each. 0 for a span that has no end, or one before its beginning, as SDKs write it. */
  #addDuration(): void {
    const { bytes } = this.reader;
    const end = Math.max(this.#end, 0);
    const startLow = bytes.readUInt32LE(this.#start);
    const endLow = bytes.readUInt32LE(end);
    const borrow = endLow < startLow ? 1 : 0;
    const high = bytes.readUInt32LE(end + 4) - bytes.readUInt32LE(this.#start + 4) - borrow;
    if (this.#end < 0 || high < 0) this.batch.duration.words(0, 0);
    else this.batch.duration.words(endLow - startLow, high);
  }

  #event(end: number): RowRefusal | undefined {
    const { reader, batch } = this;
    let time = -1;
    let [nameStart, nameEnd] = [end, end];
    let attributes = 0;
    while (reader.position < end) {
      const tag = reader.uint32(end);
      if (tag === 0x09) time = reader.fixed64(end);
      else if (tag === 0x12) {
        nameEnd = reader.bytesEnd(end);
        nameStart = reader.position;
        reader.position = nameEnd;
      } else if (tag === 0x1a) {
        const fault = this.#rows.attribute(reader.bytesEnd(end), batch.eventAttributes.items, attributes++);
        if (fault !== undefined) return fault;
      } else reader.skip(tag, end);
    }
    // The store's times end in 2262.
    if (time >= 0 && reader.bytes.readUInt32LE(time + 4) >= 2 ** 31) return 'bad_time';
    if (nameEnd - nameStart > this.#limits.attributeBytes) return 'attribute_too_long';
    if (time < 0) batch.eventTimes.items.words(0, 0);
    else batch.eventTimes.items.addBytes(reader.bytes, time);
    addUtf8(reader, nameStart, nameEnd, batch.eventNames.items);
    batch.eventAttributes.items.endRow(attributes);
    return undefined;
  }

  #link(end: number): RowRefusal | undefined {
    const { reader, batch } = this;
    const rows = this.#rows;
    let traceId = -1;
    let spanId = -1;
    let [stateStart, stateEnd] = [end, end];
    let attributes = 0;
    while (reader.position < end) {
      const tag = reader.uint32(end);
      if (tag === 0x0a || tag === 0x12 || tag === 0x1a) {
        const stop = reader.bytesEnd(end);
        if (tag === 0x0a) traceId = rows.id(reader.position, stop, 16);
        else if (tag === 0x12) spanId = rows.id(reader.position, stop, 8);
        else [stateStart, stateEnd] = [reader.position, stop];
        reader.position = stop;
      } else if (tag === 0x22) {
        const fault = rows.attribute(reader.bytesEnd(end), batch.linkAttributes.items, attributes++);
        if (fault !== undefined) return fault;
      } else reader.skip(tag, end);
    }
    if (stateEnd - stateStart > this.#limits.attributeBytes) return 'attribute_too_long';
    rows.addId(batch.linkTraceIds.items, traceId, 16);
    rows.addId(batch.linkSpanIds.items, spanId, 8);
    addUtf8(reader, stateStart, stateEnd, batch.linkTraceStates.items);
    batch.linkAttributes.items.endRow(attributes);
    return undefined;
  }

  #example(): string {
    const { bytes } = this.reader;
    const name = JSON.stringify(
      bytes.toString('utf8', this.#nameStart, Math.min(this.#nameEnd, this.#nameStart + 200)),
    );
    const id = this.#spanId < 0 ? '' : ` (span ${bytes.toString('hex', this.#spanId, this.#spanId + 8)})`;
    return `${name}${id}`;
  }
}
