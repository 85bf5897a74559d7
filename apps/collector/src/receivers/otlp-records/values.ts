import type { MapColumn, TextColumn } from '@binnacle/shared/telemetry/rows/growing-columns.ts';
import type { ProtobufReader } from '../../wire/protobuf.ts';

const maxDepth = 16;

/** Where the key and the value of a `KeyValue` stand. One object serves for all that are read one after another. */
export interface Pair {
  keyStart: number;
  keyEnd: number;
  valueStart: number;
  valueEnd: number;
}

export function emptyPair(): Pair {
  return { keyStart: 0, keyEnd: 0, valueStart: 0, valueEnd: 0 };
}

/** Finds key and value of the `KeyValue` that ends at `end`; the reader is at `end` afterwards. */
export function readPair(reader: ProtobufReader, end: number, pair: Pair): void {
  pair.keyStart = pair.keyEnd = pair.valueStart = pair.valueEnd = end;
  while (reader.position < end) {
    const tag = reader.uint32(end);
    if (tag !== 0x0a && tag !== 0x12) {
      reader.skip(tag, end);
      continue;
    }
    const stop = reader.bytesEnd(end);
    if (tag === 0x0a) {
      pair.keyStart = reader.position;
      pair.keyEnd = stop;
    } else {
      pair.valueStart = reader.position;
      pair.valueEnd = stop;
    }
    reader.position = stop;
  }
}

/**
 * Adds a pair to the map; a value that is no string is written as text: numbers in their shortest form, bytes in base64,
 * lists and maps as JSON. False when key or value is too long; the row must be dropped then. The reader stays where it is.
 * Source: opentelemetry-proto, common/v1/common.proto.
 */
export function addPair(reader: ProtobufReader, pair: Pair, map: MapColumn, maxBytes: number): boolean {
  if (pair.keyEnd - pair.keyStart > maxBytes) return false;
  addUtf8(reader, pair.keyStart, pair.keyEnd, map.keys);
  const before = reader.position;
  const fits = addValue(reader, pair.valueStart, pair.valueEnd, map.values, maxBytes);
  reader.position = before;
  return fits;
}

/** Adds the `AnyValue` in bytes[start, end) as text. False when it is longer than allowed; then nothing was added. */
export function addValue(
  reader: ProtobufReader,
  start: number,
  end: number,
  into: TextColumn,
  maxBytes: number,
): boolean {
  // A value takes about as many bytes as its text: what is far too long is not even rendered.
  if (end - start > maxBytes + 16) return false;
  const field = lastField(reader, start, end);
  const at = reader.position;
  if (field === 0x0a) {
    const stop = reader.bytesEnd(end);
    if (stop - reader.position > maxBytes) return false;
    addUtf8(reader, reader.position, stop, into);
    return true;
  }
  const text = field === 0 ? '' : scalarOrJson(reader, field, at, end);
  if (Buffer.byteLength(text) > maxBytes) return false;
  into.addText(text);
  return true;
}

/** Adds bytes[start, end) as a text. Throws `malformed_body` where they are not UTF-8. */
export function addUtf8(reader: ProtobufReader, start: number, end: number, into: TextColumn): void {
  checkUtf8(reader, start, end);
  into.add(reader.bytes, start, end);
}

function checkUtf8(reader: ProtobufReader, start: number, end: number): void {
  const { bytes } = reader;
  for (let i = start; i < end; i++) {
    if ((bytes[i] as number) < 0x80) continue;
    reader.text(i, end);
    return;
  }
}

/** Moves to the content of the field that counts, which is the last one of a `oneof`; returns its tag, 0 for none. */
function lastField(reader: ProtobufReader, start: number, end: number): number {
  let field = 0;
  let at = end;
  reader.position = start;
  while (reader.position < end) {
    const tag = reader.uint32(end);
    if (isValueTag(tag)) {
      field = tag;
      at = reader.position;
    }
    reader.skip(tag, end);
  }
  reader.position = at;
  return field;
}

/** string, bool, int, double, array, key-value list, bytes; each with its own wire type */
function isValueTag(tag: number): boolean {
  return tag === 0x0a || tag === 0x10 || tag === 0x18 || tag === 0x21 || tag === 0x2a || tag === 0x32 || tag === 0x3a;
}

function scalarOrJson(reader: ProtobufReader, field: number, at: number, end: number): string {
  reader.position = at;
  switch (field) {
    case 0x10:
      return reader.uint32(end) === 0 ? 'false' : 'true';
    case 0x18:
      return int64Text(reader, end);
    case 0x21:
      return String(reader.double(end));
    case 0x3a:
      return base64(reader, reader.bytesEnd(end));
    default: {
      const parts: string[] = [];
      addJson(reader, field, end, parts, 0);
      return parts.join('');
    }
  }
}

/** A signed 64-bit varint, every digit of it. */
function int64Text(reader: ProtobufReader, end: number): string {
  const at = reader.position;
  const value = reader.int64(end);
  if (Number.isSafeInteger(value)) return String(value);
  let whole = 0n;
  for (let i = at, shift = 0n; i < reader.position; i++, shift += 7n)
    whole |= BigInt((reader.bytes[i] as number) & 0x7f) << shift;
  return BigInt.asIntN(64, whole).toString();
}

function base64(reader: ProtobufReader, stop: number): string {
  const text = reader.bytes.toString('base64', reader.position, stop);
  reader.position = stop;
  return text;
}

/** The value whose tag has just been read, as JSON; integers keep their digits, what JSON has no word for is a string. */
function addJson(reader: ProtobufReader, field: number, end: number, parts: string[], depth: number): void {
  if (depth > maxDepth) reader.fail(`a value is nested deeper than ${maxDepth}`);
  switch (field) {
    case 0x0a:
      parts.push(JSON.stringify(reader.string(end)));
      return;
    case 0x10:
      parts.push(reader.uint32(end) === 0 ? 'false' : 'true');
      return;
    case 0x18:
      parts.push(int64Text(reader, end));
      return;
    case 0x21: {
      const value = reader.double(end);
      parts.push(Number.isFinite(value) ? String(value) : `"${value}"`);
      return;
    }
    case 0x3a:
      parts.push(`"${base64(reader, reader.bytesEnd(end))}"`);
      return;
    case 0x2a:
      addList(reader, reader.bytesEnd(end), parts, depth + 1);
      return;
    case 0x32:
      addObject(reader, reader.bytesEnd(end), parts, depth + 1);
      return;
    default:
      parts.push('null');
  }
}

function addAnyJson(reader: ProtobufReader, stop: number, parts: string[], depth: number): void {
  addJson(reader, lastField(reader, reader.position, stop), stop, parts, depth);
  reader.position = stop;
}

function addList(reader: ProtobufReader, stop: number, parts: string[], depth: number): void {
  let before = '[';
  while (reader.position < stop) {
    const tag = reader.uint32(stop);
    if (tag !== 0x0a) {
      reader.skip(tag, stop);
      continue;
    }
    parts.push(before);
    before = ',';
    addAnyJson(reader, reader.bytesEnd(stop), parts, depth);
  }
  parts.push(before === '[' ? '[]' : ']');
}

function addObject(reader: ProtobufReader, stop: number, parts: string[], depth: number): void {
  let before = '{';
  while (reader.position < stop) {
    const tag = reader.uint32(stop);
    if (tag !== 0x0a) {
      reader.skip(tag, stop);
      continue;
    }
    const pairEnd = reader.bytesEnd(stop);
    let key = '';
    let valueStart = pairEnd;
    let valueEnd = pairEnd;
    while (reader.position < pairEnd) {
      const inner = reader.uint32(pairEnd);
      if (inner === 0x0a) key = reader.string(pairEnd);
      else if (inner === 0x12) {
        valueEnd = reader.bytesEnd(pairEnd);
        valueStart = reader.position;
        reader.position = valueEnd;
      } else reader.skip(inner, pairEnd);
    }
    parts.push(before, JSON.stringify(key), ':');
    before = ',';
    reader.position = valueStart;
    addAnyJson(reader, valueEnd, parts, depth);
    reader.position = pairEnd;
  }
  parts.push(before === '{' ? '{}' : '}');
}
