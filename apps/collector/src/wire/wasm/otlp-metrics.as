// AssemblyScript, built into otlp-metrics.wasm by `npm run wasm`.
//
// Decodes a plain `ExportMetricsServiceRequest`: gauges and cumulative sums whose points have a time and a value. Whatever else
// comes, whatever is malformed, and whatever was not learned before is left to the decoder in JavaScript: these functions then
// answer a negative number. A request that was decoded there and stored is walked again to be learned: its points come in the same
// order, so the caller knows the labels of each. Memory comes from outside; where the regions lie is said by `layout`.
//
// Resources, metrics and points are entries of one table, found by their bytes within the entry above them. Senders send the same
// in the same order again and again, so the entry that came after this one last time is looked at first.

import { equal, hashOf } from './keys';

/** Another form of body, or a malformed one. */
const OTHER: i32 = -1;
/** The table has no room for a new entry: `clear` it and begin again. */
const FULL: i32 = -2;
/** A plain body, of which something was not learned. */
const UNKNOWN: i32 = -3;

/** Probes before an entry is left to the other decoder: who crafts colliding keys pays with a slower road, not with our time. */
const MAX_PROBES: i32 = 64;
const SLACK: usize = 64;

// An entry: hash, start and length in the arena, the entry above it and its kind, the request it was last seen in and its index
// there, the entry that came after it, the number of its series.
const ENTRY: usize = 32;
const HASH: usize = 0;
const START: usize = 4;
const LENGTH: usize = 8;
const ABOVE: usize = 12;
const EPOCH: usize = 16;
const INDEX: usize = 20;
const NEXT: usize = 24;
const NUMBER: usize = 28;

// Kinds: the last three bits of `ABOVE`. A sum that only grows is another metric than one that does not.
const RESOURCE: u32 = 1;
const GAUGE: u32 = 2;
const SUM: u32 = 3;
const MONOTONIC_SUM: u32 = 4;
const POINT: u32 = 5;

let input: usize;
/** Number in the table of each series of the request. */
let numbers: usize;
/** Index of the series of each sample. */
let seriesOf: usize;
let timestamps: usize;
let values: usize;
let maxSamples: u32;
/** Number of each resource of the request, and the time of its newest point (ms, float64). */
let resources: usize;
let newest: usize;
let maxResources: u32;
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
let resourceCount: u32 = 0;
let samples: u32 = 0;
let last: u32 = 0;
/** Resources and points that are known: each has the number of a series, a resource that of its target_info. */
let numbered: u32 = 0;
let learning: bool = false;
/** Something was not learned: the rest is only looked through, for what another form of body would be. */
let missed: bool = false;

export function layout(
  input_: u32, numbers_: u32, seriesOf_: u32, timestamps_: u32, values_: u32, maxSamples_: u32, resources_: u32, newest_: u32,
  maxResources_: u32, slots_: u32, entries_: u32, maxEntries_: u32, arena_: u32, maxArena_: u32, seed_: u64,
): void {
  input = input_; numbers = numbers_; seriesOf = seriesOf_; timestamps = timestamps_; values = values_; maxSamples = maxSamples_;
  resources = resources_; newest = newest_; maxResources = maxResources_; slots = slots_; entries = entries_;
  maxEntries = maxEntries_; arena = arena_; maxArena = maxArena_; seed = seed_;
  mask = 1023;
  clear();
}

/** Forgets all that was learned. */
export function clear(): void {
  memory.fill(slots, 0, (<usize>mask + 1) << 2);
  mask = 1023;
  count = 0;
  arenaLength = 0;
  last = 0;
  numbered = 0;
}

/** Of the request decoded last. */
export function seriesInRequest(): u32 { return seriesCount; }
export function resourcesInRequest(): u32 { return resourceCount; }

@inline function at(entry: u32): usize { return entries + <usize>entry * ENTRY; }

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

/** Reads the length of a field at `cursor`, and leaves in `read` where the field ends; false where that is beyond the end. */
@inline function field(end: usize): bool {
  if (!varint(end) || read > <u64>(end - cursor)) return false;
  read += <u64>cursor;
  return true;
}

/** Decodes `length` bytes of input; answers the samples. Learns what it does not know where `learn` is not 0. */
export function decode(length: u32, learn: u32): i32 {
  const end = input + length;
  epoch++;
  seriesCount = 0;
  resourceCount = 0;
  samples = 0;
  learning = learn != 0;
  missed = false;
  cursor = input;
  while (cursor < end) {
    if (load<u8>(cursor++) != 0x0a || !field(end)) return OTHER;
    const fault = resource(<usize>read);
    if (fault < 0) return fault;
  }
  return missed ? UNKNOWN : <i32>samples;
}

/** `ResourceMetrics` from the cursor on: the resource, if there is one, comes first. */
function resource(end: usize): i32 {
  let key = cursor;
  let length: u32 = 0;
  if (cursor < end && load<u8>(cursor) == 0x0a) {
    cursor++;
    if (!field(end)) return OTHER;
    key = cursor;
    cursor = <usize>read;
    length = <u32>(cursor - key);
  }
  const found = find(key, length, RESOURCE);
  if (found < 0) return found;
  if (resourceCount >= maxResources) return OTHER;
  const visit = resourceCount++;
  let newestMs: f64 = 0;
  while (cursor < end) {
    const tag = load<u8>(cursor++);
    if ((tag != 0x12 && tag != 0x1a) || !field(end)) return OTHER;
    const stop = <usize>read;
    if (tag == 0x1a) {
      cursor = stop;
      continue;
    }
    while (cursor < stop) {
      const inner = load<u8>(cursor++);
      if ((inner != 0x0a && inner != 0x12 && inner != 0x1a) || !field(stop)) return OTHER;
      if (inner == 0x12) {
        const fault = metric(<usize>read, <u32>found);
        if (fault < 0) return fault;
        if (newestOfMetric > newestMs) newestMs = newestOfMetric;
      } else cursor = <usize>read;
    }
  }
  store<u32>(resources + (<usize>visit << 2), load<u32>(at(<u32>found) + NUMBER));
  store<f64>(newest + (<usize>visit << 3), newestMs);
  return 0;
}

let newestOfMetric: f64 = 0;

/** `Metric` from the cursor on: what it says of itself, then its data. */
function metric(end: usize, above: u32): i32 {
  const key = cursor;
  let kind: u32 = 0;
  let length: u32 = 0;
  let data: usize = 0;
  let dataEnd: usize = 0;
  newestOfMetric = 0;
  while (cursor < end) {
    const tagAt = cursor;
    const tag = load<u8>(cursor++);
    if (!field(end)) return OTHER;
    if (tag == 0x2a || tag == 0x3a) {
      if (kind != 0) return OTHER;
      kind = tag == 0x2a ? GAUGE : SUM;
      length = <u32>(tagAt - key);
      data = cursor;
      dataEnd = <usize>read;
    } else if (tag != 0x62 && (kind != 0 || (tag != 0x0a && tag != 0x12 && tag != 0x1a))) return OTHER;
    cursor = <usize>read;
  }
  if (kind == 0) return OTHER;
  if (kind == SUM) {
    let temporality: u64 = 0;
    cursor = data;
    while (cursor < dataEnd) {
      const tag = load<u8>(cursor++);
      if (tag == 0x0a) {
        if (!field(dataEnd)) return OTHER;
        cursor = <usize>read;
      } else if (tag == 0x10) {
        if (!varint(dataEnd)) return OTHER;
        temporality = read;
      } else if (tag == 0x18) {
        if (!varint(dataEnd) || read > 1) return OTHER;
        kind = read == 1 ? MONOTONIC_SUM : SUM;
      } else return OTHER;
    }
    // Differences are added up by the other decoder.
    if (temporality != 2) return OTHER;
  }
  const found = find(key, length, (above << 3) | kind);
  if (found < 0) return found;
  cursor = data;
  while (cursor < dataEnd) {
    const tag = load<u8>(cursor++);
    if (tag == 0x0a) {
      if (!field(dataEnd)) return OTHER;
      const fault = point(<usize>read, <u32>found);
      if (fault < 0) return fault;
    } else if (kind == GAUGE || !varint(dataEnd)) return OTHER;
  }
  cursor = end;
  return 0;
}

/** `NumberDataPoint` from the cursor on. */
@inline function point(end: usize, above: u32): i32 {
  let key: usize = 0;
  let keyEnd: usize = 0;
  let bits: u64 = 0;
  let time: u64 = 0;
  let has: u32 = 0;
  while (cursor < end) {
    const tagAt = cursor;
    const tag = load<u8>(cursor++);
    if (tag == 0x3a) {
      if (!field(end)) return OTHER;
      if (key == 0) key = tagAt;
      // Attributes with other fields in between are another key.
      else if (keyEnd != tagAt) return OTHER;
      cursor = <usize>read;
      keyEnd = cursor;
    } else if (tag == 0x19 || tag == 0x21 || tag == 0x31 || tag == 0x11) {
      if (end - cursor < 8) return OTHER;
      const eight = load<u64>(cursor);
      cursor += 8;
      if (tag == 0x19) {
        time = eight;
        has |= 1;
      } else if (tag != 0x11) {
        bits = tag == 0x21 ? eight : reinterpret<u64>(<f64>(<i64>eight));
        has |= 2;
      }
    } else if (tag == 0x2a) {
      if (!field(end)) return OTHER;
      cursor = <usize>read;
    } else if (tag == 0x40) {
      if (!varint(end) || read != 0) return OTHER;
    } else return OTHER;
  }
  if (has != 3 || samples >= maxSamples) return OTHER;
  const found = find(key, <u32>(keyEnd - key), (above << 3) | POINT);
  if (found < 0 || missed) return found;
  const entry = at(<u32>found);
  let index: u32;
  if (load<u32>(entry + EPOCH) == epoch) index = load<u32>(entry + INDEX);
  else {
    index = seriesCount++;
    store<u32>(entry + EPOCH, epoch);
    store<u32>(entry + INDEX, index);
    store<u32>(numbers + (<usize>index << 2), load<u32>(entry + NUMBER));
  }
  const ms = <f64>(time / 1000000);
  if (ms > newestOfMetric) newestOfMetric = ms;
  store<u32>(seriesOf + (<usize>samples << 2), index);
  store<f64>(timestamps + (<usize>samples << 3), ms);
  store<u64>(values + (<usize>samples << 3), bits);
  samples++;
  return 0;
}

@inline function is(entry: usize, key: usize, length: u32, above: u32): bool {
  return load<u32>(entry + ABOVE) == above && load<u32>(entry + LENGTH) == length &&
    equal(arena + load<u32>(entry + START), key, length);
}

@inline function find(key: usize, length: u32, above: u32): i32 {
  if (missed) return 0;
  if (count > 0) {
    const guess = load<u32>(at(last) + NEXT);
    if (guess < count && is(at(guess), key, length, above)) {
      last = guess;
      return <i32>guess;
    }
  }
  return lookUp(key, length, above);
}

function lookUp(key: usize, length: u32, above: u32): i32 {
  const hash = hashOf(key, length, seed) ^ (above * 0x9e3779b1);
  let slot = hash & mask;
  for (let probe = 0; probe < MAX_PROBES; probe++) {
    const taken = load<u32>(slots + (<usize>slot << 2));
    if (taken == 0) {
      if (learning) return add(key, length, above, hash, slot);
      missed = true;
      return 0;
    }
    if (load<u32>(at(taken - 1) + HASH) == hash && is(at(taken - 1), key, length, above)) return follow(taken - 1);
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

function add(key: usize, length: u32, above: u32, hash: u32, slot: u32): i32 {
  if (count >= maxEntries || arenaLength + length > maxArena) return FULL;
  const needed = arena + arenaLength + length + SLACK;
  const pages = <i32>((needed + 0xffff) >>> 16);
  if (pages > memory.size()) {
    // Steps of four megabytes.
    if (memory.grow(pages - memory.size() + 64) < 0) return FULL;
  }
  const entry = at(count);
  const kind = above & 7;
  store<u32>(entry + HASH, hash);
  store<u32>(entry + START, arenaLength);
  store<u32>(entry + LENGTH, length);
  store<u32>(entry + ABOVE, above);
  store<u32>(entry + EPOCH, 0);
  store<u32>(entry + NEXT, 0);
  store<u32>(entry + NUMBER, kind == RESOURCE || kind == POINT ? numbered++ : 0);
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
