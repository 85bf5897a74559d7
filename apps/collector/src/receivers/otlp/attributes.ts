import type { ProtobufReader } from '../../wire/protobuf.ts';

const maxDepth = 16;

/** Attributes by their original names; values as text. */
export type Attributes = Map<string, string>;

/** Reads one KeyValue into the map; of a key that stands twice the last one counts. */
export function readKeyValue(reader: ProtobufReader, end: number, attributes: Attributes): void {
  let key = '';
  let value: unknown;
  while (reader.position < end) {
    const tag = reader.uint32(end);
    if (tag === 0x0a) key = reader.string(end);
    else if (tag === 0x12) value = readAnyValue(reader, reader.bytesEnd(end), 0);
    else reader.skip(tag, end);
  }
  attributes.set(key, textOf(value));
}

/** Reads the KeyValues in bytes[start, end), which are fields of this tag; others are skipped. */
export function readAttributes(reader: ProtobufReader, start: number, end: number, fieldTag: number): Attributes {
  const attributes: Attributes = new Map();
  reader.position = start;
  while (reader.position < end) {
    const tag = reader.uint32(end);
    if (tag === fieldTag) readKeyValue(reader, reader.bytesEnd(end), attributes);
    else reader.skip(tag, end);
  }
  return attributes;
}

function readAnyValue(reader: ProtobufReader, end: number, depth: number): unknown {
  if (depth > maxDepth) reader.fail(`an attribute is nested deeper than ${maxDepth}`);
  let value: unknown;
  while (reader.position < end) {
    const tag = reader.uint32(end);
    if (tag === 0x0a) value = reader.string(end);
    else if (tag === 0x10) value = reader.uint32(end) !== 0;
    else if (tag === 0x18) value = reader.int64(end);
    else if (tag === 0x21) value = reader.double(end);
    else if (tag === 0x2a) value = readArray(reader, reader.bytesEnd(end), depth + 1);
    else if (tag === 0x32) value = readKeyValueList(reader, reader.bytesEnd(end), depth + 1);
    else if (tag === 0x3a) {
      const stop = reader.bytesEnd(end);
      value = reader.bytes.toString('base64', reader.position, stop);
      reader.position = stop;
    } else reader.skip(tag, end);
  }
  return value;
}

function readArray(reader: ProtobufReader, end: number, depth: number): unknown[] {
  const values: unknown[] = [];
  while (reader.position < end) {
    const tag = reader.uint32(end);
    if (tag === 0x0a) values.push(readAnyValue(reader, reader.bytesEnd(end), depth) ?? null);
    else reader.skip(tag, end);
  }
  return values;
}

function readKeyValueList(reader: ProtobufReader, end: number, depth: number): Record<string, unknown> {
  const entries: [string, unknown][] = [];
  while (reader.position < end) {
    const tag = reader.uint32(end);
    if (tag !== 0x0a) {
      reader.skip(tag, end);
      continue;
    }
    const stop = reader.bytesEnd(end);
    let key = '';
    let value: unknown = null;
    while (reader.position < stop) {
      const inner = reader.uint32(stop);
      if (inner === 0x0a) key = reader.string(stop);
      else if (inner === 0x12) value = readAnyValue(reader, reader.bytesEnd(stop), depth) ?? null;
      else reader.skip(inner, stop);
    }
    entries.push([key, value]);
  }
  return Object.fromEntries(entries);
}

function textOf(value: unknown): string {
  if (value === undefined) return '';
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

/**
 * Attributes as label pairs. Attributes whose names become the same label are joined with ";" in the order of their
 * original names, as Prometheus does.
 */
export function labelPairs(attributes: Attributes, labelName: (attribute: string) => string): Map<string, string> {
  const labels = new Map<string, string>();
  for (const name of [...attributes.keys()].sort()) {
    const label = labelName(name);
    const before = labels.get(label);
    const value = attributes.get(name) as string;
    labels.set(label, before === undefined ? value : `${before};${value}`);
  }
  return labels;
}
