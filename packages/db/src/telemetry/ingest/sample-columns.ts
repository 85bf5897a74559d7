import { BinnacleError } from '@binnacle/shared/errors.ts';
import type { LabelSet } from '@binnacle/shared/telemetry/labels.ts';
import type { SampleBatch } from '@binnacle/shared/telemetry/sample-batch.ts';
import { bytesOf, nativeBlock } from '../native/native-writer.ts';
import { bucketMs } from '../schema/tables.ts';
import type { LabelIndex } from '../series/label-index.ts';
import type { SpanChanges } from './span-changes.ts';

/** Rows per block: what one block costs in memory twice over (here and in the engine) stays at tens of megabytes. */
const rowsPerBlock = 262_144;
const word = 2 ** 32;
/** ClickHouse dates of a TTL end in 2106. */
const endOfTimeMs = 0xffffffff * 1000;

export const sampleColumns = ['b', 'series', 'ts', 'value'] as const;

/**
 * The samples of a group as `Native` blocks, and into `changes` the series whose span they extend. Values go over as
 * 32-bit words: a load and store as a float may change the bits of a stale marker.
 * Errors: `bad_sample` for a time that is no whole ms between 1970 and 2106; then nothing of the group is stored.
 */
export function sampleBlocks(index: LabelIndex, batches: readonly SampleBatch[], changes: SpanChanges): Uint8Array[] {
  let left = 0;
  for (const batch of batches) left += batch.length;
  const pieces: Uint8Array[] = [];
  let block = new SampleBlockBuilder(Math.min(left, rowsPerBlock));
  let lastBucket = -1;
  for (const batch of batches) {
    const { seriesOf, timestamps, valueWords } = batch;
    const places = placesOf(index, batch);
    for (let i = 0; i < batch.length; i++) {
      const timestampMs = timestamps[i] as number;
      if (!(timestampMs >= 0 && timestampMs < endOfTimeMs) || !Number.isInteger(timestampMs)) throw badTime();
      const at = places[seriesOf[i] as number] as number;
      const bucket = Math.floor(timestampMs / bucketMs);
      if (bucket !== lastBucket) {
        changes.buckets.add(bucket);
        lastBucket = bucket;
      }
      if (!index.covers(at, bucket)) changes.add(at, bucket);
      if (block.rows === block.capacity) {
        pieces.push(...block.finish());
        block = new SampleBlockBuilder(Math.min(left, rowsPerBlock));
      }
      const row = block.rows++;
      block.buckets[row] = bucket;
      block.idWords[2 * row] = index.idLow(at);
      block.idWords[2 * row + 1] = index.idHigh(at);
      const high = Math.floor(timestampMs / word);
      block.timeWords[2 * row] = timestampMs - high * word;
      block.timeWords[2 * row + 1] = high;
      block.valueWords[2 * row] = valueWords[2 * i] as number;
      block.valueWords[2 * row + 1] = valueWords[2 * i + 1] as number;
      left--;
    }
  }
  if (block.rows > 0) pieces.push(...block.finish());
  return pieces;
}

/** Places in the index of the batch's series: out of notes in a typed array where the decoder numbers its series. */
function placesOf(index: LabelIndex, { series, table, numbers }: SampleBatch): Uint32Array {
  const places = new Uint32Array(series.length);
  if (table === undefined || numbers === undefined) {
    for (let i = 0; i < places.length; i++) places[i] = index.resolve(series[i] as LabelSet);
    return places;
  }
  if (table.placesOwner !== index) {
    table.places.fill(0);
    table.placesOwner = index;
  }
  const known = table.places;
  for (let i = 0; i < places.length; i++) {
    const number = numbers[i] as number;
    let place = known[number] as number;
    if (place === 0) known[number] = place = index.resolve(series[i] as LabelSet) + 1;
    places[i] = place - 1;
  }
  return places;
}

class SampleBlockBuilder {
  readonly capacity: number;
  rows = 0;
  readonly buckets: Uint32Array;
  readonly idWords: Uint32Array;
  readonly timeWords: Uint32Array;
  readonly valueWords: Uint32Array;

  constructor(capacity: number) {
    this.capacity = capacity;
    this.buckets = new Uint32Array(capacity);
    this.idWords = new Uint32Array(capacity * 2);
    this.timeWords = new Uint32Array(capacity * 2);
    this.valueWords = new Uint32Array(capacity * 2);
  }

  finish(): Uint8Array[] {
    const { rows } = this;
    return nativeBlock(rows, [
      { name: 'b', type: 'UInt32', data: [bytesOf(this.buckets.subarray(0, rows))] },
      { name: 'series', type: 'UInt64', data: [bytesOf(this.idWords.subarray(0, rows * 2))] },
      { name: 'ts', type: "DateTime64(3, 'UTC')", data: [bytesOf(this.timeWords.subarray(0, rows * 2))] },
      { name: 'value', type: 'Float64', data: [bytesOf(this.valueWords.subarray(0, rows * 2))] },
    ]);
  }
}

function badTime(): BinnacleError {
  return new BinnacleError('bad_sample', 'A sample has a time that is not a whole millisecond between 1970 and 2106.');
}
