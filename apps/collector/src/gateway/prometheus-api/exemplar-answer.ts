import { childrenOf, type Expr } from '@binnacle/promql/parse/ast.ts';
import { formatFloat } from '@binnacle/promql/result/float.ts';
import type { Matcher, SampleReader, TimeRange } from '@binnacle/shared/telemetry/reader.ts';

/** Exemplars of one series, as `query_exemplars` answers them. */
export interface SeriesExemplars {
  readonly seriesLabels: Readonly<Record<string, string>>;
  readonly exemplars: {
    readonly labels: Readonly<Record<string, string>>;
    readonly value: string;
    /** Unix seconds */
    readonly timestamp: number;
  }[];
}

/** The exemplars of all series that a query selects; offsets and functions say nothing of which. */
export async function exemplarsOf(reader: SampleReader, expr: Expr, range: TimeRange): Promise<SeriesExemplars[]> {
  const bySeries = new Map<string, SeriesExemplars>();
  const seen = new Set<string>();
  for (const matchers of selectorsOf(expr)) {
    const selector = JSON.stringify(matchers);
    if (seen.has(selector)) continue;
    seen.add(selector);
    const known = new Set(bySeries.keys());
    for (const { series, labels, value, timestampMs } of (await reader.exemplars?.(matchers, range)) ?? []) {
      // A series that an earlier selector found is complete.
      if (known.has(series.key)) continue;
      let entry = bySeries.get(series.key);
      if (entry === undefined) {
        entry = { seriesLabels: series.toObject(), exemplars: [] };
        bySeries.set(series.key, entry);
      }
      entry.exemplars.push({
        labels: labels.toObject(),
        value: formatFloat(value),
        timestamp: timestampMs / 1000,
      });
    }
  }
  return [...bySeries.values()];
}

function* selectorsOf(expr: Expr): Generator<readonly Matcher[]> {
  if (expr.kind === 'selector') yield expr.matchers;
  for (const child of childrenOf(expr)) yield* selectorsOf(child);
}
