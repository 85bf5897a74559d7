import { type LabelSet, labelsFromObject } from '@binnacle/shared/telemetry/labels.ts';
import { checkQuery } from '../check/check.ts';
import { everyFeature, type Feature } from '../language/features.ts';
import { compileMatchers } from '../matching/matcher.ts';
import { childrenOf, type Expr, type VectorSelector } from '../parse/ast.ts';
import { parseQuery } from '../parse/parse.ts';
import type { EvalCommand, LoadCommand } from './script.ts';

/** What Prometheus may still change: behind a feature here, or for arithmetic in durations without one. */
export type Experimental = Feature | 'duration expressions';

/** What an `eval` looks at beside the plain language. */
export interface Needs {
  /** Whether it looks at native histograms, or calls what works on nothing else. */
  readonly nativeHistograms: boolean;
  readonly experimental: readonly Experimental[];
}

/** The series of a script that decide what its evals need. */
export class LoadedKinds {
  readonly #native: LabelSet[] = [];
  readonly #started: LabelSet[] = [];

  clear(): void {
    this.#native.length = 0;
    this.#started.length = 0;
  }

  add(load: LoadCommand): void {
    for (const { labels, values, startOffsetsMs } of load.series) {
      if (values.includes('histogram')) this.#native.push(labels);
      if (load.withNativeHistograms) this.#native.push(nativeTwin(labels));
      if (startOffsetsMs !== undefined) this.#started.push(labels);
    }
  }

  /** What an eval needs, by its text, by what it expects, and by which of the series it selects. */
  needsOf(command: EvalCommand): Needs {
    const expr = parsed(command.expr);
    if (expr === undefined) return { nativeHistograms: expectsHistogram(command), experimental: [] };
    const selectors = selectorsOf(expr);
    const selects = (series: readonly LabelSet[]): boolean =>
      series.length > 0 && selectors.some((selector) => series.some(compileMatchers(selector.matchers)));
    const experimental: Experimental[] = featuresOf(command.expr, expr);
    if (selects(this.#started)) experimental.push('use-start-timestamps');
    if (computesDurations(expr)) experimental.push('duration expressions');
    return { nativeHistograms: expectsHistogram(command) || isNativeOnly(expr) || selects(this.#native), experimental };
  }
}

const expectsHistogram = (command: EvalCommand): boolean =>
  command.expectedSeries.some((line) => line.values.includes('histogram'));

/** The native histogram that `load_with_nhcb` makes of a classic one: no suffix, no `le`. */
function nativeTwin(labels: LabelSet): LabelSet {
  const { le: _, ...others } = labels.toObject();
  return labelsFromObject({ ...others, __name__: labels.metricName.replace(/_(?:bucket|count|sum)$/, '') });
}

/** Functions that answer for native histograms only. */
const nativeFunctions: ReadonlySet<string> = new Set([
  'histogram_avg',
  'histogram_count',
  'histogram_stddev',
  'histogram_stdvar',
  'histogram_sum',
]);

const isNativeOnly = (expr: Expr): boolean =>
  (expr.kind === 'call' && nativeFunctions.has(expr.name)) || childrenOf(expr).some(isNativeOnly);

function computesDurations(expr: Expr): boolean {
  const { offsetExpr, rangeExpr, stepExpr } = expr as Partial<Record<'offsetExpr' | 'rangeExpr' | 'stepExpr', unknown>>;
  if (offsetExpr !== undefined || rangeExpr !== undefined || stepExpr !== undefined) return true;
  return childrenOf(expr).some(computesDurations);
}

const selectorsOf = (expr: Expr): VectorSelector[] =>
  expr.kind === 'selector' ? [expr] : childrenOf(expr).flatMap(selectorsOf);

export function parsed(text: string): Expr | undefined {
  try {
    return parseQuery(text);
  } catch {
    return undefined;
  }
}

/** The features without which the checker refuses a query that it takes with all of them. */
function featuresOf(text: string, expr: Expr): Feature[] {
  const passes = (without?: Feature): boolean => {
    try {
      checkQuery(text, expr, new Set([...everyFeature].filter((feature) => feature !== without)));
      return true;
    } catch {
      return false;
    }
  };
  return passes() ? [...everyFeature].filter((feature) => !passes(feature)) : [];
}
