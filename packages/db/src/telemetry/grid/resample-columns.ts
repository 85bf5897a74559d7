import type { GridRequest } from '@binnacle/shared/telemetry/grid.ts';

/** Buckets of equal width that every window of a request is made of: window i has `perWindow` of them from `i * perStep`. */
export interface ResampleBuckets {
  readonly widthMs: number;
  readonly count: number;
  readonly perWindow: number;
  readonly perStep: number;
}

/** Windows are open on the left, and so are the buckets: bucket 0 begins after the first window's start. */
export function bucketsOfResample({ stepMs, windowMs, count }: GridRequest): ResampleBuckets {
  // With one step there is one window, and no other has to begin within it.
  const widthMs = count === 1 ? windowMs : greatestCommonDivisor(stepMs, windowMs);
  const perWindow = windowMs / widthMs;
  const perStep = count === 1 ? 0 : stepMs / widthMs;
  return { widthMs, count: perWindow + (count - 1) * perStep, perWindow, perStep };
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}

/** The columns of one series: an array per partial result, and how many samples share their time with another. */
export interface ResampleColumns {
  readonly arrays: readonly string[];
  readonly repeats: string;
}

/**
 * Partial results of a function per bucket. Where samples with equal times would be counted twice, they are found by the
 * number of distinct times.
 */
export function resampleColumns(request: GridRequest, buckets: ResampleBuckets): ResampleColumns {
  const offsetMs = request.startMs - request.windowMs + 1;
  const key = `intDiv(toUnixTimestamp64Milli(ts) - ${offsetMs}, ${buckets.widthMs})`;
  const per = (name: string, ...args: string[]) =>
    `${name}Resample(0, ${buckets.count}, 1)(${[...args, key].join(', ')})`;
  const count = per('count', 'value');
  const sum = per('sumKahanOrNull', 'value');
  const magnitude = per('sumOrNull', 'abs(value)');
  const min = per('minOrNull', 'value');
  const max = per('maxOrNull', 'value');
  // Half the width is a third faster; in a bucket of more than 49 days times may seem equal that are not, which declines.
  const distinct = per('uniqExact', `toUInt32(toUnixTimestamp64Milli(ts) - ${offsetMs})`);
  const repeats = `toUInt64(arraySum(${count}) - arraySum(${distinct}))`;
  switch (request.function) {
    case 'count_over_time':
      return { arrays: [count], repeats };
    case 'sum_over_time':
      return { arrays: [sum, magnitude], repeats };
    case 'avg_over_time':
      return { arrays: [sum, magnitude, count], repeats };
    case 'min_over_time':
      return { arrays: [min], repeats };
    // The larger of two samples with equal times stands, and so does the largest of all.
    case 'max_over_time':
      return { arrays: [max], repeats: 'toUInt64(0)' };
    case 'first_over_time':
      return { arrays: [per('argMinOrNull', 'value', '(ts, -value)')], repeats: 'toUInt64(0)' };
    case 'stddev_over_time':
    case 'stdvar_over_time':
      return { arrays: [per('varPopStableOrNull', 'value'), sum, count, min, max], repeats };
    default:
      throw new Error(`no partial results are known for ${request.function}`);
  }
}
