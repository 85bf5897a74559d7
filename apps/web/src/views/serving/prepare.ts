import type { RangeAnswer, Sample } from '#data/prometheus.ts';
import { format, type Unit } from '#format/units.ts';

/** Where a quantile lies. Inside the first or the last bucket a histogram does not say where: only the bound is known. */
export type Quantile =
  | { readonly kind: 'value'; readonly value: number }
  | { readonly kind: 'below' | 'above'; readonly value: number }
  | { readonly kind: 'idle' }
  | { readonly kind: 'missing' };

/**
 * A quantile of cumulative buckets, by linear interpolation as PromQL's `histogram_quantile`; but what falls into the
 * first bucket is told as "below its bound", since the interpolation down to 0 would be invented.
 */
export function quantileOf(buckets: readonly Sample[], quantile: number): Quantile {
  const sorted = buckets
    .flatMap(({ labels, value }) => {
      const bound = labels.le === '+Inf' ? Number.POSITIVE_INFINITY : Number(labels.le ?? Number.NaN);
      return Number.isNaN(bound) || Number.isNaN(value) ? [] : [{ bound, value }];
    })
    .sort((a, b) => a.bound - b.bound);
  const last = sorted.at(-1);
  if (last === undefined || last.bound !== Number.POSITIVE_INFINITY || sorted.length < 2) return { kind: 'missing' };
  // Engines of different versions may have different buckets: a sum of them need not rise everywhere.
  let highest = 0;
  for (const bucket of sorted) {
    highest = Math.max(highest, bucket.value);
    bucket.value = highest;
  }
  if (last.value <= 0) return { kind: 'idle' };
  const rank = quantile * last.value;
  const index = sorted.findIndex(({ value }) => value >= rank);
  const bucket = sorted[index] as { bound: number; value: number };
  const before = sorted[index - 1];
  if (before === undefined) return { kind: 'below', value: bucket.bound };
  if (bucket.bound === Number.POSITIVE_INFINITY) return { kind: 'above', value: before.bound };
  const inside = bucket.value - before.value;
  const share = inside === 0 ? 1 : (rank - before.value) / inside;
  return { kind: 'value', value: before.bound + (bucket.bound - before.bound) * share };
}

/** A quantile in words: `45 ms`, `< 1 ms`, `> 2560 s`. */
export function quantileText(quantile: Quantile, unit: Unit = 'seconds'): string {
  switch (quantile.kind) {
    case 'value':
      return format(quantile.value, unit);
    case 'below':
      return `< ${format(quantile.value, unit)}`;
    case 'above':
      return `> ${format(quantile.value, unit)}`;
    case 'idle':
      return 'no requests';
    case 'missing':
      return 'not exported';
  }
}

/** For sorting: the bound where only that is known, null where nothing is. */
export const quantileValue = (quantile: Quantile): number | null => ('value' in quantile ? quantile.value : null);

const names = ['p50', 'p90', 'p99'] as const;
export type QuantileName = (typeof names)[number];
export const quantiles: Readonly<Record<QuantileName, number>> = { p50: 0.5, p90: 0.9, p99: 0.99 };
export const quantileNames: readonly QuantileName[] = names;

/** The limit of the shipped rule for the 99th percentile of the time to first token, seconds. */
export const firstTokenLimitSeconds = 2;
/** From this share of the KV cache on, requests wait or are preempted. */
export const fullCacheShare = 0.95;

export interface Deployment {
  readonly model: string;
  /** Per second; null where the engine does not export it. */
  readonly requests: number | null;
  readonly firstToken: Readonly<Record<QuantileName, Quantile>>;
  readonly interToken: Readonly<Record<QuantileName, Quantile>>;
  /** 0 to 1, of the fullest engine. */
  readonly cache: number | null;
  readonly running: number | null;
  readonly waiting: number | null;
  readonly generated: number | null;
  readonly prompt: number | null;
  /** In the page's range. */
  readonly preemptions: number | null;
  readonly verdict: 'in_time' | 'slow' | 'full' | 'idle' | 'unknown';
}

export type ServingAnswers = Readonly<
  Record<
    'requests' | 'firstToken' | 'interToken' | 'cache' | 'running' | 'waiting' | 'generated' | 'prompt' | 'preemptions',
    readonly Sample[] | undefined
  >
>;

const collator = new Intl.Collator('en', { numeric: true });

/** Every deployment of which anything is known, by name. */
export function deploymentsOf(answers: ServingAnswers): Deployment[] {
  const models = new Set<string>();
  for (const samples of Object.values(answers)) {
    for (const { labels } of samples ?? []) if (labels.model_name) models.add(labels.model_name);
  }
  return [...models].sort(collator.compare).map((model) => {
    const one = (samples: readonly Sample[] | undefined): number | null => {
      const value = samples?.find(({ labels }) => labels.model_name === model)?.value;
      return value === undefined || Number.isNaN(value) ? null : value;
    };
    const all = (samples: readonly Sample[] | undefined) => {
      const mine = (samples ?? []).filter(({ labels }) => labels.model_name === model);
      return Object.fromEntries(names.map((name) => [name, quantileOf(mine, quantiles[name])])) as Record<
        QuantileName,
        Quantile
      >;
    };
    const firstToken = all(answers.firstToken);
    const cache = one(answers.cache);
    return {
      model,
      requests: one(answers.requests),
      firstToken,
      interToken: all(answers.interToken),
      cache,
      running: one(answers.running),
      waiting: one(answers.waiting),
      generated: one(answers.generated),
      prompt: one(answers.prompt),
      preemptions: one(answers.preemptions),
      verdict: verdictOf(firstToken.p99, cache),
    };
  });
}

function verdictOf(p99: Quantile, cache: number | null): Deployment['verdict'] {
  if (p99.kind === 'value' && p99.value > firstTokenLimitSeconds) return 'slow';
  if (p99.kind === 'above') return 'slow';
  if (cache !== null && cache > fullCacheShare) return 'full';
  if (p99.kind === 'idle') return 'idle';
  if (p99.kind === 'missing' || (p99.kind === 'below' && p99.value > firstTokenLimitSeconds)) return 'unknown';
  return 'in_time';
}

/** The line of one deployment on the answer's grid, for a sparkline: null where there is no sample. */
export function trendOfModel(answer: RangeAnswer | undefined, model: string): (number | null)[] {
  if (answer === undefined) return [];
  const stepMs = answer.stepSeconds * 1e3;
  const trend = new Array<number | null>(Math.max(0, Math.floor((answer.toMs - answer.fromMs) / stepMs) + 1)).fill(
    null,
  );
  const series = answer.series.find(({ labels }) => labels.model_name === model);
  series?.times.forEach((time, i) => {
    const at = Math.round((time - answer.fromMs) / stepMs);
    const value = series.values[i];
    if (at >= 0 && at < trend.length && value !== undefined && Number.isFinite(value)) trend[at] = value;
  });
  return trend;
}

/**
 * The band in which a histogram resolves nothing: from 0 to the bound of its first bucket. Undefined where no line reaches
 * down there, or the bound is not known.
 */
export function unresolvedBand(
  bounds: readonly Sample[] | undefined,
  lines: readonly { readonly times: readonly number[]; readonly values: readonly number[] }[],
): { name: string; times: readonly number[]; low: readonly number[]; high: readonly number[] } | undefined {
  const first = Math.min(...(bounds ?? []).map(({ labels }) => Number(labels.le ?? Number.NaN)).filter((le) => le > 0));
  if (!Number.isFinite(first)) return undefined;
  if (!lines.some(({ values }) => values.some((value) => value <= first))) return undefined;
  const times = [...new Set(lines.flatMap((line) => line.times))].sort((a, b) => a - b);
  return {
    name: `first bucket, to ${format(first, 'seconds')}: not resolved inside`,
    times,
    low: times.map(() => 0),
    high: times.map(() => first),
  };
}

/** How many requests wait, in a sentence; where an engine does not export it, no number stands for it. */
export function waitingSentence(deployments: readonly Pick<Deployment, 'model' | 'waiting'>[]): string {
  const busy = deployments.flatMap(({ model, waiting }) =>
    waiting !== null && waiting > 0 ? [`${Math.round(waiting)} at ${model}`] : [],
  );
  const silent = deployments.filter(({ waiting }) => waiting === null).map(({ model }) => model);
  if (silent.length > 0 && silent.length === deployments.length) return 'How many requests wait is not exported.';
  const told = busy.length === 0 ? 'No request waits' : `Waiting: ${busy.join(', ')}`;
  return silent.length === 0 ? `${told}.` : `${told}; not exported by ${silent.join(', ')}.`;
}
