import { type Edges, type Extension, findEdges, firstAfterWithin, interpolate } from './extended-windows.ts';
import type { KernelSamples } from './windows.ts';

/** Samples of one series in columns: ms since 1970, and values. */
export interface Points {
  readonly times: Float64Array;
  readonly values: Float64Array;
}

/**
 * What a range selector with a modifier answers by itself: the samples within the range, with one on each of its edges.
 * Undefined where the range has none. `from` to `to` (exclusive) are the samples of the extended window.
 */
export function extendedPoints(
  samples: KernelSamples,
  from: number,
  to: number,
  endMs: number,
  { modifier, rangeMs }: Extension,
): Points | undefined {
  if (to <= from) return undefined;
  const edges: Edges = { first: 0, last: 0, left: 0, right: 0 };
  const startMs = endMs - rangeMs;
  const range = { startMs, endMs, smoothed: modifier === 'smoothed', counter: false };
  if (!findEdges(samples, from, to, range, edges)) return undefined;
  const first = (samples.times[edges.first] as number) <= startMs ? edges.first + 1 : edges.first;
  const end = (samples.times[edges.last] as number) >= endMs ? edges.last : edges.last + 1;
  const inner = Math.max(0, end - first);
  const times = new Float64Array(inner + 2);
  const values = new Float64Array(inner + 2);
  times.set(samples.times.subarray(first, first + inner), 1);
  values.set(samples.values.subarray(first, first + inner), 1);
  times[0] = startMs;
  values[0] = edges.left;
  times[inner + 1] = endMs;
  values[inner + 1] = edges.right;
  return { times, values };
}

/**
 * The values of a `smoothed` instant selector: on the line between the samples before and after each lookup, or the last
 * one where none has come since. Lookups are ms since 1970 and never fall. Returns whether there is any value.
 */
export function smoothedValues(
  samples: KernelSamples,
  lookups: Float64Array,
  lookbackMs: number,
  out: Float64Array,
  present: Uint8Array,
): boolean {
  const { times, values, length } = samples;
  let any = false;
  let next = firstAfterWithin(times, 0, length, (lookups[0] ?? 0) - 1);
  for (let i = 0; i < lookups.length; i++) {
    const lookup = lookups[i] as number;
    while (next < length && (times[next] as number) < lookup) next++;
    const reached = next < length && (times[next] as number) <= lookup + lookbackMs;
    const previous = next > 0 && (times[next - 1] as number) > lookup - lookbackMs;
    if (reached && times[next] === lookup) out[i] = values[next] as number;
    else if (!previous) continue;
    else out[i] = reached ? interpolate(samples, next - 1, lookup, false) : (values[next - 1] as number);
    present[i] = 1;
    any = true;
  }
  return any;
}
