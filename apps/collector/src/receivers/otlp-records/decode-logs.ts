import { LogBatch } from '@binnacle/shared/telemetry/rows/otel-rows.ts';
import type { Limits } from '../../pipeline/limits.ts';
import { ProtobufReader } from '../../wire/protobuf.ts';
import { milliseconds } from '../otlp/fixed64.ts';
import type { DecodedRows } from './decode-spans.ts';
import { type Resource, type Scope, walkRows } from './envelope.ts';
import { Refusals, type RowRefusal } from './refusals.ts';
import { RowReader, type TimeBounds } from './row-reader.ts';
import { addUtf8, addValue } from './values.ts';

/**
 * Decodes `ExportLogsServiceRequest` from its bytes into rows, as `decodeSpans` does. A record without a time has that of
 * its observation; without that too, `nowMs`: this is where it was observed.
 */
export function decodeLogs(bytes: Buffer, limits: Limits, bounds: TimeBounds, nowMs: number): DecodedRows<LogBatch> {
  const decoder = new LogDecoder(bytes, limits, bounds, nowMs);
  walkRows(decoder.reader, limits, (end, resource, scope) => decoder.record(end, resource, scope));
  const { batch, sent, refusals, newestMs, timed } = decoder;
  return { batch, sent, refusals, newestMs: batch.rows === 0 ? null : newestMs, timed };
}

class LogDecoder {
  readonly reader: ProtobufReader;
  readonly batch = new LogBatch();
  readonly refusals = new Refusals();
  sent = 0;
  newestMs = 0;
  timed = true;
  readonly #rows: RowReader;
  readonly #limits: Limits;
  readonly #nowMs: number;

  constructor(bytes: Buffer, limits: Limits, bounds: TimeBounds, nowMs: number) {
    this.reader = new ProtobufReader(bytes);
    this.#limits = limits;
    this.#rows = new RowReader(this.reader, limits, bounds);
    this.#nowMs = nowMs;
  }

  record(end: number, resource: Resource, scope: Scope): void {
    this.#rows.countRow(++this.sent, this.batch);
    const { batch } = this;
    const begin = this.reader.position;
    batch.begin();
    const fault = resource.fault ?? scope.fault ?? this.#read(end);
    if (fault !== undefined) {
      batch.drop();
      this.refusals.add(fault, () => `record ${this.sent} of the request (its bytes begin at ${begin})`);
      return;
    }
    batch.serviceName.addAll(resource.service);
    batch.resourceSchemaUrl.addAll(resource.schemaUrl);
    batch.resourceAttributes.addRow(resource.attributes);
    batch.scopeSchemaUrl.addAll(scope.schemaUrl);
    batch.scopeName.addAll(scope.name);
    batch.scopeVersion.addAll(scope.version);
    batch.scopeAttributes.addRow(scope.attributes);
    batch.keep();
  }

  #read(end: number): RowRefusal | undefined {
    const { reader, batch } = this;
    const { attributeBytes, logBodyBytes } = this.#limits;
    const rows = this.#rows;
    let time = -1;
    let observed = -1;
    let severity = 0;
    let flags = 0;
    let attributes = 0;
    let traceId = -1;
    let spanId = -1;
    let [severityStart, severityEnd, bodyStart, bodyEnd, eventStart, eventEnd] = [end, end, end, end, end, end];
    while (reader.position < end) {
      const tag = reader.uint32(end);
      switch (tag) {
        case 0x09:
          time = reader.fixed64(end);
          break;
        case 0x59:
          observed = reader.fixed64(end);
          break;
        case 0x10:
          severity = reader.uint32(end);
          break;
        case 0x45:
          if (reader.position + 4 > end) reader.fail('a 32-bit field is cut off');
          flags = reader.bytes[reader.position] as number;
          reader.position += 4;
          break;
        case 0x32: {
          const fault = rows.attribute(reader.bytesEnd(end), batch.logAttributes, attributes++);
          if (fault !== undefined) return fault;
          break;
        }
        case 0x1a:
        case 0x2a:
        case 0x4a:
        case 0x52:
        case 0x62: {
          const stop = reader.bytesEnd(end);
          const start = reader.position;
          if (tag === 0x1a) [severityStart, severityEnd] = [start, stop];
          else if (tag === 0x2a) [bodyStart, bodyEnd] = [start, stop];
          else if (tag === 0x4a) traceId = rows.id(start, stop, 16);
          else if (tag === 0x52) spanId = rows.id(start, stop, 8);
          else [eventStart, eventEnd] = [start, stop];
          reader.position = stop;
          break;
        }
        default:
          reader.skip(tag, end);
      }
    }
    const at = isSet(reader.bytes, time) ? time : isSet(reader.bytes, observed) ? observed : -1;
    const late = at < 0 ? undefined : rows.time(at);
    if (late !== undefined) return late;
    if (severityEnd - severityStart > attributeBytes || eventEnd - eventStart > attributeBytes)
      return 'attribute_too_long';
    if (!addValue(reader, bodyStart, bodyEnd, batch.body, logBodyBytes)) return 'body_too_long';

    if (at < 0) {
      batch.timestamp.addNanoseconds(this.#nowMs);
      this.timed = false;
    } else batch.timestamp.addBytes(reader.bytes, at);
    rows.addId(batch.traceId, traceId, 16);
    rows.addId(batch.spanId, spanId, 8);
    batch.traceFlags.add(flags);
    addUtf8(reader, severityStart, severityEnd, batch.severityText);
    batch.severityNumber.add(severity <= 24 ? severity : 0);
    batch.logAttributes.endRow(attributes);
    addUtf8(reader, eventStart, eventEnd, batch.eventName);
    this.newestMs = Math.max(this.newestMs, at < 0 ? this.#nowMs : milliseconds(reader.bytes, at));
    return undefined;
  }
}

/** Whether a time stands at this place: 0 means that it is not known. */
function isSet(bytes: Buffer, at: number): boolean {
  return at >= 0 && (bytes.readUInt32LE(at) !== 0 || bytes.readUInt32LE(at + 4) !== 0);
}
