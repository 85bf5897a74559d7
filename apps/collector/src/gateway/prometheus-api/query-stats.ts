import type { QueryStats } from '@binnacle/promql/result/result.ts';

/**
 * What a query cost, under the names that Prometheus gives them: timings in seconds, counts of samples. What the engine
 * does not measure is left out rather than 0. A sample counts once, however many steps look at it. `series` is ours:
 * series that the selectors read.
 */
export function statsOf({ samplesRead, series, peakSamples, durationMs }: QueryStats): object {
  const seconds = durationMs / 1000;
  return {
    timings: { evalTotalTime: seconds, execTotalTime: seconds },
    samples: { totalQueryableSamples: samplesRead, samplesRead, peakSamples },
    series,
  };
}
