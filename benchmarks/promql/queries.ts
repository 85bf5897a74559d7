import { type Dataset, metrics } from './dataset.ts';
import type { ServerName } from './options.ts';

export interface BenchQuery {
  readonly letter: string;
  readonly what: string;
  readonly text: string;
  /** How answers are compared: rows by their labels, or, where equal values make the choice free, values per step. */
  readonly compare: 'rows' | 'values per step';
  /** Versions of Prometheus differ in how a counter near zero is extrapolated: so much of the points may differ. */
  readonly extrapolates: boolean;
}

const base = { compare: 'rows', extrapolates: false } as const;

export const queries: readonly BenchQuery[] = [
  { ...base, letter: 'a', what: 'one series', text: 'DCGM_FI_DEV_GPU_UTIL{Hostname="gpu-001",gpu="3"}' },
  { ...base, letter: 'b', what: 'avg by host', text: 'avg by (Hostname) (DCGM_FI_DEV_GPU_UTIL)' },
  {
    ...base,
    letter: 'c',
    what: 'sum of rates by job',
    text: 'sum by (job) (rate(http_requests_total[5m]))',
    extrapolates: true,
  },
  { ...base, letter: 'd', what: 'topk(10)', text: 'topk(10, DCGM_FI_DEV_POWER_USAGE)', compare: 'values per step' },
  { ...base, letter: 'e', what: 'quantile .99', text: 'quantile(0.99, DCGM_FI_DEV_GPU_TEMP)' },
  { ...base, letter: 'f', what: 'max_over_time', text: 'max_over_time(DCGM_FI_DEV_FB_USED[5m])' },
  {
    ...base,
    letter: 'g',
    what: 'ratio of two sums of rates',
    text: 'sum(rate(http_request_errors_total[5m])) / sum(rate(http_requests_total[5m]))',
    extrapolates: true,
  },
];

/** Every series of the data set, and nothing that is written besides. */
export const allSeriesQuery = 'sum(rate({__name__=~"DCGM_.+|node_network_.+|http_request.+"}[5m]))';

/**
 * The same for a Prometheus that drops the metric's name before the sum: series that differ by their name alone are an
 * error there, until it removes names late.
 */
export const allSeriesSummedByMetric = metrics.map(({ name }) => `sum(rate(${name}[5m]))`).join(' + ');

/** The query over all series in the form that the server can answer. */
export const allSeriesFor = (server: ServerName) =>
  server === 'prometheus' ? allSeriesSummedByMetric : allSeriesQuery;

export interface Window {
  readonly name: string;
  readonly spanMs: number;
  readonly stepMs: number;
}

export const windows: readonly Window[] = [
  { name: '1h/15s', spanMs: 3_600_000, stepMs: 15_000 },
  { name: '6h/60s', spanMs: 6 * 3_600_000, stepMs: 60_000 },
];
export const longWindow = windows[1] as Window;

/** Path and parameters of a range query that ends with the data. */
export function rangePath(query: string, window: Window, dataset: Dataset): string {
  const parameters = new URLSearchParams({
    query,
    start: String((dataset.endMs - window.spanMs) / 1000),
    end: String(dataset.endMs / 1000),
    step: String(window.stepMs / 1000),
  });
  return `/api/v1/query_range?${parameters}`;
}
