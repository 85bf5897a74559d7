import { type Edges, type Extension, findEdges, firstAfterWithin, rangeEndOf } from './extended-windows.ts';
import type { KernelSamples, RangeKernel } from './windows.ts';

/** Functions that go with `anchored`. */
export const anchoredFunctions: ReadonlySet<string> = new Set(['changes', 'delta', 'increase', 'rate', 'resets']);
/** Functions that go with `smoothed`. */
export const smoothedFunctions: ReadonlySet<string> = new Set(['delta', 'increase', 'rate']);

/** The kernel of a function over an extended range; undefined where the function does not go with the modifier. */
export function extendedKernel(name: string, extension: Extension): RangeKernel | undefined {
  const fits = extension.modifier === 'anchored' ? anchoredFunctions : smoothedFunctions;
  if (!fits.has(name)) return undefined;
  switch (name) {
    case 'rate':
      return difference(extension, { counter: true, perSecond: true });
    case 'increase':
      return difference(extension, { counter: true, perSecond: false });
    case 'delta':
      return difference(extension, { counter: false, perSecond: false });
    case 'resets':
      return anchoredCount(extension, (previous, current) => current < previous);
    default:
      return anchoredCount(
        extension,
        (previous, current) => current !== previous && !(Number.isNaN(current) && Number.isNaN(previous)),
      );
  }
}

/** The difference between the values at the two edges of the range, resets of a counter mended: nothing is extrapolated. */
function difference(
  extension: Extension,
  { counter, perSecond }: { readonly counter: boolean; readonly perSecond: boolean },
): RangeKernel {
  const smoothed = extension.modifier === 'smoothed';
  const { rangeMs } = extension;
  const edges: Edges = { first: 0, last: 0, left: 0, right: 0 };
  const range = { startMs: 0, endMs: 0, smoothed, counter };
  return (samples, windows, out, present) => {
    const { times } = samples;
    for (let i = 0; i < windows.count; i++) {
      const from = windows.from[i] as number;
      const to = windows.to[i] as number;
      if (to <= from) continue;
      range.endMs = rangeEndOf(extension, windows, i);
      range.startMs = range.endMs - rangeMs;
      if (!findEdges(samples, from, to, range, edges)) continue;
      let result = edges.right - edges.left;
      if (counter) {
        // What stands for an edge has its resets mended already; what lies between is looked through here.
        const inner = (times[edges.first] as number) <= range.startMs ? edges.first + 1 : edges.first;
        const end = (times[edges.last] as number) >= range.endMs ? edges.last : edges.last + 1;
        result += lostToResets(samples, inner, end, edges);
      }
      out[i] = perSecond ? result / (rangeMs / 1000) : result;
      present[i] = 1;
    }
  };
}

/** What a counter had counted at each of its resets between the edges. */
function lostToResets({ values }: KernelSamples, from: number, to: number, { left, right }: Edges): number {
  let lost = 0;
  let previous = left;
  for (let i = from; i < to; i++) {
    const value = values[i] as number;
    if (value < previous) lost += previous;
    previous = value;
  }
  return right < previous ? lost + previous : lost;
}

/** Counts neighbours in the range for which a test holds; the sample that anchors the range is the first of them. */
function anchoredCount(extension: Extension, holds: (previous: number, current: number) => boolean): RangeKernel {
  return ({ times, values }, windows, out, present) => {
    for (let i = 0; i < windows.count; i++) {
      const from = windows.from[i] as number;
      const to = windows.to[i] as number;
      const inside = firstAfterWithin(times, from, to, rangeEndOf(extension, windows, i) - extension.rangeMs);
      if (inside >= to) continue;
      let count = 0;
      for (let at = Math.max(inside, from + 1); at < to; at++) {
        if (holds(values[at - 1] as number, values[at] as number)) count++;
      }
      out[i] = count;
      present[i] = 1;
    }
  };
}
