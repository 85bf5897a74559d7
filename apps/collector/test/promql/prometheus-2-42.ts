import { functionImplementations } from '@binnacle/promql/functions/registry.ts';
import type { RangeKernel } from '@binnacle/promql/kernels/windows.ts';

/** Functions and aggregations that came after Prometheus 2.42. */
export const lackedBy242: ReadonlySet<string> = new Set([
  'end',
  'first_over_time',
  'histogram_fraction',
  'histogram_quantiles',
  'info',
  'limit_ratio',
  'limitk',
  'mad_over_time',
  'max_of',
  'min_of',
  'range',
  'sort_by_label',
  'sort_by_label_desc',
  'start',
  'start_timestamp',
  'step',
  'ts_of_first_over_time',
  'ts_of_last_over_time',
  'ts_of_max_over_time',
  'ts_of_min_over_time',
]);

/** A query in the words of 2.42. */
export const inWordsOf242 = (query: string): string => query.replaceAll('double_exponential_smoothing', 'holt_winters');

/**
 * `rate` and `increase` of 2.42: where a counter would have been zero is looked at before the start is found to be too
 * far away to extrapolate to, so up to 1.1 average distances are added instead of half a one (changed in 2.51, #13725).
 */
function extrapolatedBy242(perSecond: boolean): RangeKernel {
  return ({ times, values }, windows, out, present) => {
    for (let i = 0; i < windows.count; i++) {
      const from = windows.from[i] as number;
      const last = (windows.to[i] as number) - 1;
      if (last <= from) continue;
      const first = values[from] as number;
      let difference = (values[last] as number) - first;
      for (let k = from + 1; k <= last; k++)
        if ((values[k] as number) < (values[k - 1] as number)) difference += values[k - 1] as number;
      const end = windows.endMs[i] as number;
      const sampled = ((times[last] as number) - (times[from] as number)) / 1000;
      const average = sampled / (last - from);
      let toStart = ((times[from] as number) - (end - windows.rangeMs)) / 1000;
      const toEnd = (end - (times[last] as number)) / 1000;
      if (difference > 0 && first >= 0) toStart = Math.min(toStart, sampled * (first / difference));
      const reach = (distance: number) => (distance < average * 1.1 ? distance : average / 2);
      const factor = (sampled + reach(toStart) + reach(toEnd)) / sampled / (perSecond ? windows.rangeMs / 1000 : 1);
      out[i] = difference * factor;
      present[i] = 1;
    }
  };
}

/** Lets every engine of this process compute by the rules of 2.42 where they can be told in code, until it is disposed. */
export function rulesOf242(): Disposable {
  const table = functionImplementations as Map<string, ReturnType<typeof functionImplementations.get> & object>;
  const ours = new Map(['rate', 'increase'].map((name) => [name, table.get(name)]));
  for (const [name, implementation] of ours) {
    if (implementation?.kind !== 'range') throw new Error(`${name} is no longer computed by a kernel`);
    table.set(name, { ...implementation, kernel: extrapolatedBy242(name === 'rate') });
  }
  return {
    [Symbol.dispose]: () => {
      for (const [name, implementation] of ours) if (implementation !== undefined) table.set(name, implementation);
    },
  };
}
