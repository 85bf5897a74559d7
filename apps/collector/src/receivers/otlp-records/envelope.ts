import { MapColumn, TextColumn } from '@binnacle/shared/telemetry/rows/growing-columns.ts';
import type { Limits } from '../../pipeline/limits.ts';
import type { ProtobufReader } from '../../wire/protobuf.ts';
import type { RowRefusal } from './refusals.ts';
import { addPair, addUtf8, addValue, emptyPair, readPair } from './values.ts';

/** What all rows of a resource share, encoded once and copied into every row. */
export interface Resource {
  readonly attributes: MapColumn;
  readonly service: TextColumn;
  readonly schemaUrl: TextColumn;
  /** Why none of its rows can be taken. */
  readonly fault: RowRefusal | undefined;
}

export interface Scope {
  readonly name: TextColumn;
  readonly version: TextColumn;
  readonly attributes: MapColumn;
  readonly schemaUrl: TextColumn;
  readonly fault: RowRefusal | undefined;
}

const serviceName = Buffer.from('service.name');

/**
 * Walks `ResourceSpans` or `ResourceLogs` in bytes up to `end`, which have the same form (1 resource, 2 scopes, 3 schema
 * URL; a scope's 1 scope, 2 rows, 3 schema URL), and calls `row` with the reader at the beginning of each row. Fields may
 * stand in any order, so every message is walked twice: for what it says of its rows, then for the rows.
 * Source: opentelemetry-proto, trace/v1/trace.proto and logs/v1/logs.proto.
 */
export function walkRows(
  reader: ProtobufReader,
  limits: Limits,
  row: (end: number, resource: Resource, scope: Scope) => void,
): void {
  const end = reader.bytes.length;
  while (reader.position < end) {
    const tag = reader.uint32(end);
    if (tag !== 0x0a) {
      if (tag >>> 3 === 1) reader.expect(tag, 2);
      reader.skip(tag, end);
      continue;
    }
    const stop = reader.bytesEnd(end);
    const begin = reader.position;
    const resource = readResource(reader, stop, limits);
    reader.position = begin;
    eachMessage(reader, stop, 0x12, (scopeEnd) => {
      const scopeBegin = reader.position;
      const scope = readScope(reader, scopeEnd, limits);
      reader.position = scopeBegin;
      eachMessage(reader, scopeEnd, 0x12, (rowEnd) => row(rowEnd, resource, scope));
    });
  }
}

/** Calls `work` at the beginning of every message with this tag; the reader is at `end` afterwards. */
function eachMessage(reader: ProtobufReader, end: number, wanted: number, work: (stop: number) => void): void {
  while (reader.position < end) {
    const tag = reader.uint32(end);
    if (tag !== wanted) {
      reader.skip(tag, end);
      continue;
    }
    const stop = reader.bytesEnd(end);
    work(stop);
    reader.position = stop;
  }
}

function readResource(reader: ProtobufReader, end: number, limits: Limits): Resource {
  const attributes = new MapColumn();
  const service = new TextColumn();
  const schemaUrl = new TextColumn();
  const pair = emptyPair();
  let fault: RowRefusal | undefined;
  let urlStart = end;
  let urlEnd = end;
  let named = false;
  service.mark();
  while (reader.position < end) {
    const tag = reader.uint32(end);
    if (tag !== 0x0a && tag !== 0x1a) {
      reader.skip(tag, end);
      continue;
    }
    const stop = reader.bytesEnd(end);
    if (tag === 0x1a) {
      urlStart = reader.position;
      urlEnd = stop;
    } else {
      eachMessage(reader, stop, 0x0a, (pairEnd) => {
        readPair(reader, pairEnd, pair);
        fault ??= addTo(attributes, reader, pair, limits);
        if (fault !== undefined || !isServiceName(reader.bytes, pair.keyStart, pair.keyEnd)) return;
        service.rollback();
        named = addValue(reader, pair.valueStart, pair.valueEnd, service, limits.attributeBytes);
      });
    }
    reader.position = stop;
  }
  if (!named) service.addText('');
  if (urlEnd - urlStart > limits.attributeBytes) fault ??= 'attribute_too_long';
  else addUtf8(reader, urlStart, urlEnd, schemaUrl);
  return { attributes, service, schemaUrl, fault };
}

function readScope(reader: ProtobufReader, end: number, limits: Limits): Scope {
  const places = { name: [end, end], version: [end, end], url: [end, end] };
  const attributes = new MapColumn();
  const pair = emptyPair();
  let fault: RowRefusal | undefined;
  const place = (name: keyof typeof places, stop: number): void => {
    places[name] = [reader.position, stop];
    reader.position = stop;
  };
  while (reader.position < end) {
    const tag = reader.uint32(end);
    if (tag === 0x1a) place('url', reader.bytesEnd(end));
    else if (tag === 0x0a) {
      const stop = reader.bytesEnd(end);
      while (reader.position < stop) {
        const inner = reader.uint32(stop);
        if (inner === 0x0a) place('name', reader.bytesEnd(stop));
        else if (inner === 0x12) place('version', reader.bytesEnd(stop));
        else if (inner === 0x1a) {
          const pairEnd = reader.bytesEnd(stop);
          readPair(reader, pairEnd, pair);
          fault ??= addTo(attributes, reader, pair, limits);
        } else reader.skip(inner, stop);
      }
    } else reader.skip(tag, end);
  }
  const text = ([from = end, to = end]: readonly number[]): TextColumn => {
    const column = new TextColumn();
    if (to - from > limits.attributeBytes) fault ??= 'attribute_too_long';
    else addUtf8(reader, from, to, column);
    return column;
  };
  const [name, version, schemaUrl] = [text(places.name), text(places.version), text(places.url)];
  return { name, version, schemaUrl, attributes, fault };
}

/** Adds a pair to a map that is one row; why it cannot be. */
function addTo(
  map: MapColumn,
  reader: ProtobufReader,
  pair: ReturnType<typeof emptyPair>,
  limits: Limits,
): RowRefusal | undefined {
  if (map.entries >= limits.attributesPerSpan) return 'too_many_attributes';
  if (!addPair(reader, pair, map, limits.attributeBytes)) return 'attribute_too_long';
  map.endRow(1);
  return undefined;
}

function isServiceName(bytes: Buffer, start: number, end: number): boolean {
  return end - start === serviceName.length && bytes.compare(serviceName, 0, serviceName.length, start, end) === 0;
}
