import { setImmediate } from 'node:timers/promises';
import type { SeriesEntry } from '@binnacle/shared/telemetry/reader.ts';

interface Count {
  readonly name: string;
  readonly value: number;
}

/** So many series are counted before others have their turn. */
const seriesPerTurn = 20_000;

/**
 * `status/tsdb`: which metrics, labels and pairs have most series, at most `limit` of each. The head's chunks and times
 * are Prometheus' own and left out.
 */
export async function seriesCounts(entries: readonly SeriesEntry[], limit: number) {
  const byLabel = new Map<string, Map<string, number>>();
  for (const [index, { labels }] of entries.entries()) {
    const { pairs } = labels;
    for (let i = 0; i < pairs.length; i += 2) {
      const name = pairs[i] as string;
      const values = byLabel.get(name) ?? new Map<string, number>();
      if (values.size === 0) byLabel.set(name, values);
      const value = pairs[i + 1] as string;
      values.set(value, (values.get(value) ?? 0) + 1);
    }
    if (index % seriesPerTurn === seriesPerTurn - 1) await setImmediate();
  }
  const labels = [...byLabel];
  const pairs = labels.flatMap(([name, values]) =>
    top(
      [...values].map(([value, series]) => ({ name: `${name}=${value}`, value: series })),
      limit,
    ),
  );
  const metrics = [...(byLabel.get('__name__') ?? [])].map(([name, value]) => ({ name, value }));
  const bytesOf = (values: ReadonlyMap<string, number>): number =>
    [...values].reduce((sum, [value, series]) => sum + Buffer.byteLength(value) * series, 0);
  return {
    headStats: {
      numSeries: entries.length,
      numLabelPairs: labels.reduce((sum, [, values]) => sum + values.size, 0),
    },
    seriesCountByMetricName: top(metrics, limit),
    labelValueCountByLabelName: top(
      labels.map(([name, values]) => ({ name, value: values.size })),
      limit,
    ),
    memoryInBytesByLabelName: top(
      labels.map(([name, values]) => ({ name, value: bytesOf(values) })),
      limit,
    ),
    seriesCountByLabelValuePair: top(pairs, limit),
  };
}

const top = (counts: readonly Count[], limit: number): Count[] =>
  counts.toSorted((a, b) => b.value - a.value || (a.name < b.name ? -1 : 1)).slice(0, limit);
