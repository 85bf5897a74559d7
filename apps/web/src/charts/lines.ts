import type { RangeAnswer } from '#data/prometheus.ts';
import type { ChartLine } from './time-series-model.ts';

const collator = new Intl.Collator('en', { numeric: true });

/** Series of an answer as lines, named by their labels and in the order that people count. */
export function linesOf(
  answer: RangeAnswer | undefined,
  name: (labels: Readonly<Record<string, string>>) => string,
): ChartLine[] {
  return (answer?.series ?? [])
    .map((series) => ({ name: name(series.labels), times: series.times, values: series.values }))
    .sort((a, b) => collator.compare(a.name, b.name));
}

/** Labels as in PromQL without the metric's name; the name alone where there are no others. */
export function labelText(labels: Readonly<Record<string, string>>): string {
  const { __name__: name, ...rest } = labels;
  const pairs = Object.entries(rest).map(([key, value]) => `${key}="${value}"`);
  return pairs.length === 0 ? (name ?? 'value') : `${name ?? ''}{${pairs.join(', ')}}`;
}

/** The only series of an answer on its grid, for a sparkline: null where there is no sample. */
export function trendOf(answer: RangeAnswer | undefined): (number | null)[] {
  if (answer === undefined) return [];
  const count = Math.floor((answer.toMs - answer.fromMs) / (answer.stepSeconds * 1e3)) + 1;
  const trend = new Array<number | null>(Math.max(0, count)).fill(null);
  const series = answer.series[0];
  series?.times.forEach((time, i) => {
    const value = series.values[i];
    const at = Math.round((time - answer.fromMs) / (answer.stepSeconds * 1e3));
    if (at >= 0 && at < trend.length && value !== undefined && Number.isFinite(value)) trend[at] = value;
  });
  return trend;
}
