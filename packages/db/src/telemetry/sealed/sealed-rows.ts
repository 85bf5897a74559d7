import type { SampleSlab } from '@binnacle/shared/telemetry/reader.ts';
import { bytesOf, nativeBlock } from '../native/native-writer.ts';

export const sealedRowColumns = ['b', 'series', 'times', 'vals', 'has_nan'] as const;

/**
 * The samples of a slab, all of one bucket, as a `Native` block with a row for each series. `ids` are those of the scan's request.
 * Values go over as bytes: a load and store as a float may change the bits of a stale marker.
 */
export function sealedRows(
  { count, seriesOf, ends, timestamps, values, valueWords }: SampleSlab,
  ids: BigUint64Array,
  bucket: number,
  bucketMs: number,
): Uint8Array[] {
  const samples = count === 0 ? 0 : (ends[count - 1] as number);
  const buckets = new Uint32Array(count).fill(bucket);
  const series = new BigUint64Array(count);
  const rowEnds = new Uint32Array(2 * count);
  const hasNaN = new Uint8Array(count);
  for (let i = 0, at = 0; i < count; i++) {
    series[i] = ids[seriesOf[i] as number] as bigint;
    const end = ends[i] as number;
    rowEnds[2 * i] = end;
    for (; at < end; at++) if (Number.isNaN(values[at] as number)) hasNaN[i] = 1;
  }
  const times = new Uint32Array(samples);
  const beginMs = bucket * bucketMs;
  for (let i = 0; i < samples; i++) times[i] = (timestamps[i] as number) - beginMs;
  return nativeBlock(count, [
    { name: 'b', type: 'UInt32', data: [bytesOf(buckets)] },
    { name: 'series', type: 'UInt64', data: [bytesOf(series)] },
    { name: 'times', type: 'Array(UInt32)', data: [bytesOf(rowEnds), bytesOf(times)] },
    { name: 'vals', type: 'Array(Float64)', data: [bytesOf(rowEnds), bytesOf(valueWords.subarray(0, 2 * samples))] },
    { name: 'has_nan', type: 'Bool', data: [hasNaN] },
  ]);
}
