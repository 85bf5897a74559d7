import type { SelectorModifier } from '../parse/ast.ts';
import { type KernelSamples, makeWindows, type Windows } from './windows.ts';

/**
 * What `anchored` and `smoothed` look at beside a window: `anchored` takes the last sample at or before the window's start
 * for its value there, `smoothed` the line between the samples before and after each edge.
 */
export interface Extension {
  readonly modifier: SelectorModifier;
  readonly rangeMs: number;
  /** How far beside an edge a sample may stand for it. */
  readonly lookbackMs: number;
}

/** How far past its end a window of this kind looks. */
export const reachAheadMs = (modifier: SelectorModifier | undefined, lookbackMs: number): number =>
  modifier === 'smoothed' ? lookbackMs : 0;

/** How far before its start a window of this kind looks. */
export const reachBackMs = (modifier: SelectorModifier | undefined, lookbackMs: number): number =>
  modifier === undefined ? 0 : lookbackMs;

/** Windows that hold all the samples an extended range looks at; `rangeEdges` gives the range itself back. */
export function makeExtendedWindows(extension: Extension, endMs: Float64Array, stepMs: Float64Array): Windows {
  const { modifier, rangeMs, lookbackMs } = extension;
  const ahead = reachAheadMs(modifier, lookbackMs);
  const back = reachBackMs(modifier, lookbackMs);
  return makeWindows(
    back + rangeMs + ahead,
    endMs.map((end) => end + ahead),
    stepMs,
  );
}

/** End of the range within an extended window, ms since 1970; its start is `rangeMs` before. */
export const rangeEndOf = ({ modifier, lookbackMs }: Extension, windows: Windows, step: number): number =>
  (windows.endMs[step] as number) - reachAheadMs(modifier, lookbackMs);

/** First index from `from` (to `to`, which is also the answer where there is none) whose time is greater than t. */
export function firstAfterWithin(times: Float64Array, from: number, to: number, t: number): number {
  let low = from;
  let high = to;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((times[middle] as number) <= t) low = middle + 1;
    else high = middle;
  }
  return low;
}

/**
 * The value on the line between two neighbouring samples. A counter that was reset between them is taken to have counted
 * from zero since the first.
 */
export function interpolate(samples: KernelSamples, first: number, t: number, counter: boolean): number {
  const { times, values } = samples;
  const [t1, t2] = [times[first] as number, times[first + 1] as number];
  const v2 = values[first + 1] as number;
  const v1 = counter && v2 < (values[first] as number) ? 0 : (values[first] as number);
  return v1 + ((v2 - v1) * (t - t1)) / (t2 - t1);
}

/** The samples that stand for a range: indices of the first and last, and the values at the range's two edges. */
export interface Edges {
  first: number;
  last: number;
  left: number;
  right: number;
}

/**
 * Finds what stands for the edges of a range among the samples `from` to `to` (exclusive, not empty) of its extended window;
 * writes into `edges`, and returns false where the range has no samples to speak of.
 */
export function findEdges(
  samples: KernelSamples,
  from: number,
  to: number,
  { startMs, endMs, smoothed, counter }: { startMs: number; endMs: number; smoothed: boolean; counter: boolean },
  edges: Edges,
): boolean {
  const { times, values } = samples;
  let last = to - 1;
  const first = Math.max(from, firstAfterWithin(times, from, last, startMs) - 1);
  // Times are whole ms: the first at or after the end is the first after the ms before it.
  if (smoothed) last = firstAfterWithin(times, from, last, endMs - 1);
  if ((times[last] as number) <= startMs) return false;
  if (smoothed && (times[first] as number) > endMs) return false;
  edges.first = first;
  edges.last = last;
  edges.left =
    smoothed && (times[first] as number) < startMs
      ? interpolate(samples, first, startMs, counter)
      : (values[first] as number);
  edges.right =
    smoothed && last > from && (times[last] as number) > endMs
      ? interpolate(samples, last - 1, endMs, counter)
      : (values[last] as number);
  return true;
}
