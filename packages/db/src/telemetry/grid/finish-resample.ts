import type { GridRequest } from '@binnacle/shared/telemetry/grid.ts';
import type { AnswerRow, FloatList } from './decode.ts';
import { declined, type Finished, keepsDigits, steadySpread, wholeNumbers } from './exactness.ts';
import { bucketsOfResample } from './resample-columns.ts';
import { combineWindows, filled, firstBuckets, maxima, minima, moments, sums } from './windows-of-buckets.ts';

/** Sums of this share of their magnitudes or more keep nine digits through as many additions as a window has buckets. */
const leastShare = 1e-3;

/** The windows of one series from its buckets. */
export function finishResampled(request: GridRequest, row: AnswerRow): Finished {
  if (row.repeats > 0) return declined('samples share their times');
  const { count: steps } = request;
  const buckets = bucketsOfResample(request);
  const lists = row.lists as [FloatList, FloatList, FloatList, FloatList, FloatList];
  const total = (list: FloatList) => combineWindows([filled(list, 0)], buckets, steps, sums)[0] as Float64Array;
  const first = firstBuckets(lists[0], buckets, steps);
  // A count of 0 is no NULL: of these, presence goes by the count.
  let present = Uint8Array.from(first, (at) => (at < 0 ? 0 : 1));
  const byCount = (counts: Float64Array) => {
    present = Uint8Array.from(counts, (count) => (count > 0 ? 1 : 0));
    return counts;
  };
  switch (request.function) {
    case 'count_over_time':
      return { values: byCount(total(lists[0])), present };
    case 'sum_over_time':
    case 'avg_over_time': {
      const values = total(lists[0]);
      if (!wholeNumbers(row) && !keepsDigits(values, total(lists[1]), leastShare)) {
        return declined('values of both signs nearly cancel out');
      }
      if (request.function === 'sum_over_time') return { values, present };
      const counts = total(lists[2]);
      return { values: values.map((sum, i) => sum / (counts[i] as number)), present };
    }
    case 'min_over_time':
      return {
        values: combineWindows([filled(lists[0], Infinity)], buckets, steps, minima)[0] as Float64Array,
        present,
      };
    case 'max_over_time':
      return {
        values: combineWindows([filled(lists[0], -Infinity)], buckets, steps, maxima)[0] as Float64Array,
        present,
      };
    case 'first_over_time':
      return { values: Float64Array.from(first, (at) => (at < 0 ? 0 : (lists[0].values[at] as number))), present };
    default:
      return spread(request, lists, present);
  }
}

function spread(
  request: GridRequest,
  lists: [FloatList, FloatList, FloatList, FloatList, FloatList],
  present: Uint8Array,
): Finished {
  const { count: steps } = request;
  const buckets = bucketsOfResample(request);
  const [variances, bucketSums, bucketCounts, lows, highs] = lists;
  const counts = filled(bucketCounts, 0);
  const means = filled(bucketSums, 0).map((sum, i) => (counts[i] === 0 ? 0 : sum / (counts[i] as number)));
  const squares = filled(variances, 0).map((variance, i) => variance * (counts[i] as number));
  const [n, , m2] = combineWindows([counts, means, squares], buckets, steps, moments) as [
    Float64Array,
    Float64Array,
    Float64Array,
  ];
  const low = combineWindows([filled(lows, Infinity)], buckets, steps, minima)[0] as Float64Array;
  const high = combineWindows([filled(highs, -Infinity)], buckets, steps, maxima)[0] as Float64Array;
  const magnitudes = new Float64Array(steps);
  const values = new Float64Array(steps);
  for (let i = 0; i < steps; i++) {
    if (present[i] === 0) continue;
    magnitudes[i] = Math.max(Math.abs(low[i] as number), Math.abs(high[i] as number));
    // Of equal values the means of buckets may differ by rounding; the spread is exactly 0.
    values[i] = low[i] === high[i] ? 0 : (m2[i] as number) / (n[i] as number);
  }
  if (!steadySpread(values, magnitudes, present)) return declined('the spread is small beside the values');
  return { values: request.function === 'stddev_over_time' ? values.map(Math.sqrt) : values, present };
}
