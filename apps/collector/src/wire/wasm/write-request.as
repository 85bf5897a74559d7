// AssemblyScript, built into write-request.wasm by `npm run wasm`.
//
// Inflates a snappy block and decodes a plain `prometheus.WriteRequest` of remote write 1.0 in it: TimeSeries whose labels stand
// in one run and whose samples follow. Whatever else comes, and whatever is malformed, is left to the decoder in JavaScript: these
// functions then answer a negative number. Memory comes from outside; where the regions lie is said by `layout`.
//
// Series are found by the bytes of their labels. Senders send their series in the same order again and again, so the series that
// came after this one last time is looked at first; only where it is another one, the bytes are hashed.

import { equal, hashOf } from './keys';

/** Another form of body, or a malformed one. */
const OTHER: i32 = -1;
/** The table has no room for a new series: `clear` it and begin again. */
const FULL: i32 = -2;

/** Probes before a series is left to the other decoder: who crafts colliding keys pays with a slower road, not with our time. */
const MAX_PROBES: i32 = 64;
/** Bytes that a copy may write past its end, and that a comparison may read. */
const SLACK: usize = 64;

// An entry: hash, start and length in the arena, the request it was last seen in and its index there, the entry that came after
// it. The place of an entry is the number of its series.
const ENTRY: usize = 24;
const HASH: usize = 0;
const START: usize = 4;
const LENGTH: usize = 8;
const EPOCH: usize = 12;
const INDEX: usize = 16;
const NEXT: usize = 20;

let input: usize;
let inputCapacity: u32;
let output: usize;
let outputCapacity: u32;
/** Number in the table of each series of the request. */
let numbers: usize;
/** Index of the series of each sample. */
let seriesOf: usize;
let timestamps: usize;
let values: usize;
let maxSamples: u32;
let slots: usize;
let entries: usize;
let maxEntries: u32;
let arena: usize;
let maxArena: u32;
let seed: u64;

let mask: u32 = 0;
let count: u32 = 0;
let arenaLength: u32 = 0;
let epoch: u32 = 0;
let seriesCount: u32 = 0;
let last: u32 = 0;

export function layout(
  input_: u32, inputCapacity_: u32, output_: u32, outputCapacity_: u32, numbers_: u32, seriesOf_: u32, timestamps_: u32,
  values_: u32, maxSamples_: u32, slots_: u32, entries_: u32, maxEntries_: u32, arena_: u32, maxArena_: u32, seed_: u64,
): void {
  input = input_; inputCapacity = inputCapacity_; output = output_; outputCapacity = outputCapacity_;
  numbers = numbers_; seriesOf = seriesOf_; timestamps = timestamps_; values = values_; maxSamples = maxSamples_;
  slots = slots_; entries = entries_; maxEntries = maxEntries_; arena = arena_; maxArena = maxArena_; seed = seed_;
  mask = 1023;
  clear();
}

/** Forgets all series. */
export function clear(): void {
  memory.fill(slots, 0, (<usize>mask + 1) << 2);
  mask = 1023;
  count = 0;
  arenaLength = 0;
  last = 0;
}

export function entryCount(): u32 { return count; }
export function seriesInRequest(): u32 { return seriesCount; }
export function keyBytes(): u32 { return arenaLength; }
/** Where the key of an entry begins, in memory. */
export function keyStart(entry: u32): u32 { return <u32>(arena + load<u32>(at(entry) + START)); }
export function keyLength(entry: u32): u32 { return load<u32>(at(entry) + LENGTH); }

/** Takes the newest entries back, down to so many. */
export function truncate(to: u32): void {
  while (count > to) {
    count--;
    const entry = at(count);
    let slot = load<u32>(entry + HASH) & mask;
    while (load<u32>(slots + (<usize>slot << 2)) != count + 1) slot = (slot + 1) & mask;
    store<u32>(slots + (<usize>slot << 2), 0);
    arenaLength = load<u32>(entry + START);
  }
  last = 0;
}

@inline function at(entry: u32): usize { return entries + <usize>entry * ENTRY; }

/** Inflates `length` bytes of input; answers the bytes of output. */
export function inflate(length: u32, maxOutput: u32): i32 {
  let p = input;
  const end = input + length;
  let size: u64 = 0;
  let shift: u64 = 0;
  for (;;) {
    if (p >= end || shift > 28) return OTHER;
    const byte = load<u8>(p++);
    size |= (<u64>(byte & 0x7f)) << shift;
    if (byte < 0x80) break;
    shift += 7;
  }
  if (size > <u64>maxOutput || size > <u64>outputCapacity) return OTHER;
  let to = output;
  const stop = output + <usize>size;
  while (p < end) {
    const tag = <u32>load<u8>(p++);
    let n: usize;
    let offset: usize;
    switch (tag & 3) {
      case 0: {
        n = (tag >> 2) + 1;
        if (n > 60) {
          const extra = n - 60;
          if (p + extra > end) return OTHER;
          // Four bytes lie there in any case: the input ends in slack.
          n = <usize>((load<u32>(p) & <u32>(0xffffffff >>> (32 - 8 * <u32>extra)))) + 1;
          p += extra;
          if (n == 0) return OTHER;
        }
        if (n > end - p || n > stop - to) return OTHER;
        if (n <= 32) {
          v128.store(to, v128.load(p));
          v128.store(to + 16, v128.load(p + 16));
        } else memory.copy(to, p, n);
        p += n;
        to += n;
        continue;
      }
      case 1:
        if (p >= end) return OTHER;
        n = ((tag >> 2) & 7) + 4;
        offset = ((tag >> 5) << 8) | <u32>load<u8>(p);
        p += 1;
        break;
      case 2:
        if (p + 2 > end) return OTHER;
        n = (tag >> 2) + 1;
        offset = <usize>load<u16>(p);
        p += 2;
        break;
      default:
        if (p + 4 > end) return OTHER;
        n = (tag >> 2) + 1;
        offset = <usize>load<u32>(p);
        p += 4;
    }
    if (offset == 0 || offset > to - output || n > stop - to) return OTHER;
    let from = to - offset;
    const done = to + n;
    if (offset >= 16) {
      do {
        v128.store(to, v128.load(from));
        to += 16;
        from += 16;
      } while (to < done);
    } else if (offset >= 8) {
      do {
        store<u64>(to, load<u64>(from));
        to += 8;
        from += 8;
      } while (to < done);
    } else {
      do {
        store<u8>(to, load<u8>(from));
        to++;
        from++;
      } while (to < done);
    }
    to = done;
  }
  return to == stop ? <i32>size : OTHER;
}

// What `varint` read, and where it stopped: two results without an object.
let read: u64 = 0;
let cursor: usize = 0;

/** Reads a varint at `cursor`; false where it is cut off or longer than ten bytes. */
@inline function varint(end: usize): bool {
  let p = cursor;
  if (p >= end) return false;
  let byte = <u64>load<u8>(p++);
  if (byte < 0x80) {
    read = byte;
    cursor = p;
    return true;
  }
  let value = byte & 0x7f;
  let shift: u64 = 7;
  for (;;) {
    if (p >= end || shift > 63) return false;
    byte = <u64>load<u8>(p++);
    value |= (byte & 0x7f) << shift;
    if (byte < 0x80) break;
    shift += 7;
  }
  read = value;
  cursor = p;
  return true;
}

/** Decodes `length` bytes of output; answers the samples. New entries are those from the `entryCount` before on. */
export function decode(length: u32): i32 {
  const end = output + length;
  epoch++;
  seriesCount = 0;
  let samples: u32 = 0;
  cursor = output;
  while (cursor < end) {
    if (load<u8>(cursor) != 0x0a) return OTHER;
    cursor++;
    if (!varint(end) || read > <u64>(end - cursor)) return OTHER;
    const stop = cursor + <usize>read;
    const labels = cursor;
    while (cursor < stop && load<u8>(cursor) == 0x0a) {
      cursor++;
      if (!varint(stop) || read > <u64>(stop - cursor)) return OTHER;
      cursor += <usize>read;
    }
    const labelsLength = <u32>(cursor - labels);
    if (labelsLength == 0) return OTHER;
    // A series without samples is none: also not for the other decoder.
    if (cursor == stop) continue;
    if (load<u8>(cursor) != 0x12) return OTHER;
    const found = find(labels, labelsLength);
    if (found < 0) return found;
    const entry = at(<u32>found);
    let index: u32;
    if (load<u32>(entry + EPOCH) == epoch) index = load<u32>(entry + INDEX);
    else {
      if (seriesCount >= maxSamples) return OTHER;
      index = seriesCount++;
      store<u32>(entry + EPOCH, epoch);
      store<u32>(entry + INDEX, index);
      store<u32>(numbers + (<usize>index << 2), <u32>found);
    }
    do {
      if (load<u8>(cursor) != 0x12) return OTHER;
      cursor++;
      if (!varint(stop) || read > <u64>(stop - cursor) || samples >= maxSamples) return OTHER;
      const sampleEnd = cursor + <usize>read;
      let bits: u64 = 0;
      let time: i64 = 0;
      while (cursor < sampleEnd) {
        const tag = load<u8>(cursor++);
        if (tag == 0x09) {
          if (sampleEnd - cursor < 8) return OTHER;
          bits = load<u64>(cursor);
          cursor += 8;
        } else if (tag == 0x10) {
          if (!varint(sampleEnd)) return OTHER;
          time = <i64>read;
        } else return OTHER;
      }
      store<u32>(seriesOf + (<usize>samples << 2), index);
      store<f64>(timestamps + (<usize>samples << 3), <f64>time);
      store<u64>(values + (<usize>samples << 3), bits);
      samples++;
    } while (cursor < stop);
  }
  return <i32>samples;
}

@inline function find(key: usize, length: u32): i32 {
  if (count > 0) {
    const guess = load<u32>(at(last) + NEXT);
    const entry = at(guess);
    if (
      guess < count && load<u32>(entry + LENGTH) == length &&
      equal(arena + load<u32>(entry + START), key, length)
    ) {
      last = guess;
      return <i32>guess;
    }
  }
  return lookUp(key, length);
}

function lookUp(key: usize, length: u32): i32 {
  const hash = hashOf(key, length, seed);
  let slot = hash & mask;
  for (let probe = 0; probe < MAX_PROBES; probe++) {
    const taken = load<u32>(slots + (<usize>slot << 2));
    if (taken == 0) return add(key, length, hash, slot);
    const entry = at(taken - 1);
    if (
      load<u32>(entry + HASH) == hash && load<u32>(entry + LENGTH) == length &&
      equal(arena + load<u32>(entry + START), key, length)
    ) {
      return follow(taken - 1);
    }
    slot = (slot + 1) & mask;
  }
  return OTHER;
}

/** Remembers that this entry came after the one before. */
function follow(entry: u32): i32 {
  store<u32>(at(last) + NEXT, entry);
  last = entry;
  return <i32>entry;
}

function add(key: usize, length: u32, hash: u32, slot: u32): i32 {
  if (count >= maxEntries || arenaLength + length > maxArena) return FULL;
  const needed = arena + arenaLength + length + SLACK;
  const pages = <i32>((needed + 0xffff) >>> 16);
  if (pages > memory.size()) {
    // Steps of four megabytes.
    if (memory.grow(pages - memory.size() + 64) < 0) return FULL;
  }
  const entry = at(count);
  store<u32>(entry + HASH, hash);
  store<u32>(entry + START, arenaLength);
  store<u32>(entry + LENGTH, length);
  store<u32>(entry + EPOCH, 0);
  store<u32>(entry + NEXT, 0);
  memory.copy(arena + arenaLength, key, length);
  arenaLength += length;
  store<u32>(slots + (<usize>slot << 2), count + 1);
  const added = count++;
  if (count * 2 > mask) widen();
  return follow(added);
}

function widen(): void {
  mask = mask * 2 + 1;
  memory.fill(slots, 0, (<usize>mask + 1) << 2);
  for (let i: u32 = 0; i < count; i++) {
    let slot = load<u32>(at(i) + HASH) & mask;
    while (load<u32>(slots + (<usize>slot << 2)) != 0) slot = (slot + 1) & mask;
    store<u32>(slots + (<usize>slot << 2), i + 1);
  }
}
