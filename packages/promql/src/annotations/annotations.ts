import type { Span } from '../parse/ast.ts';
import { lineAndColumn } from '../parse/position.ts';
import { formatShortest } from '../result/float.ts';

/** A fix of bucket counts by `histogram_quantile`, gathered over the steps of a query. */
interface MonotonicityFix {
  readonly text: string;
  readonly span: Span;
  minTimeMs: number;
  maxTimeMs: number;
  minBucket: number;
  maxBucket: number;
  maxDiff: number;
  count: number;
}

/** What the answer should be read with: `warnings` doubt the result, `infos` doubt the query. Each is said once. */
export class Annotations {
  readonly #text: string;
  readonly #warnings = new Set<string>();
  readonly #infos = new Set<string>();
  readonly #fixes = new Map<string, MonotonicityFix>();

  constructor(text: string) {
    this.#text = text;
  }

  get warnings(): string[] {
    return [...this.#warnings];
  }

  get infos(): string[] {
    return [...this.#infos, ...[...this.#fixes.values()].map((fix) => this.#formatFix(fix))];
  }

  #add(set: Set<string>, message: string, span: Span): void {
    set.add(`${message} (${lineAndColumn(this.#text, span.from)})`);
  }

  invalidQuantile(quantile: number, span: Span): void {
    const message = `PromQL warning: quantile value should be between 0 and 1, got ${formatShortest(quantile)}`;
    this.#add(this.#warnings, message, span);
  }

  /** Of the quantiles of an aggregation's steps, those that are furthest out of bounds; NaN is one of them. */
  invalidQuantiles(quantiles: Float64Array, span: Span): void {
    let [least, most, undefinedOne] = [0, 1, false];
    for (const quantile of quantiles) {
      if (Number.isNaN(quantile)) {
        undefinedOne = true;
        continue;
      }
      least = Math.min(least, quantile);
      most = Math.max(most, quantile);
    }
    if (undefinedOne) this.invalidQuantile(Number.NaN, span);
    if (most > 1) this.invalidQuantile(most, span);
    if (least < 0) this.invalidQuantile(least, span);
  }

  invalidRatio(ratio: number, capped: number, span: Span): void {
    const got = `got ${formatShortest(ratio)}, capping to ${formatShortest(capped)}`;
    this.#add(this.#warnings, `PromQL warning: ratio value should be between -1 and 1, ${got}`, span);
  }

  badBucketLabel(metricName: string, le: string, span: Span): void {
    const message = `PromQL warning: bucket label "le" is missing or has a malformed value of ${JSON.stringify(le)}`;
    this.#add(this.#warnings, message + forMetric(metricName), span);
  }

  startTimeOverlap(metricName: string, span: Span): void {
    const message = 'PromQL warning: sample has start time that overlaps with previous sample timestamp for metric';
    this.#add(this.#warnings, `${message} ${JSON.stringify(metricName)}`, span);
  }

  sortInRangeQuery(span: Span): void {
    const message = 'PromQL warning: sort is ineffective for range queries since results are always ordered by labels';
    this.#add(this.#warnings, message, span);
  }

  possibleNonCounter(metricName: string, span: Span): void {
    const message = 'PromQL info: metric might not be a counter, name does not end in _total/_sum/_count/_bucket:';
    this.#add(this.#infos, `${message} "${metricName}"`, span);
  }

  incompatibleTypes(operator: string, span: Span): void {
    const message = `PromQL info: incompatible sample types encountered for binary operator "${operator}": float ${operator} float`;
    this.#add(this.#infos, message, span);
  }

  forcedMonotonicity(
    metricName: string,
    span: Span,
    timeMs: number,
    fix: { readonly minBucket: number; readonly maxBucket: number; readonly maxDiff: number },
  ): void {
    const message =
      'PromQL info: input to histogram_quantile needed to be fixed for monotonicity (see https://prometheus.io/docs/prometheus/latest/querying/functions/#histogram_quantile)';
    const text = message + forMetric(metricName);
    const known = this.#fixes.get(`${text}@${span.from}`);
    if (known === undefined) {
      this.#fixes.set(`${text}@${span.from}`, { text, span, minTimeMs: timeMs, maxTimeMs: timeMs, ...fix, count: 1 });
      return;
    }
    known.minTimeMs = Math.min(known.minTimeMs, timeMs);
    known.maxTimeMs = Math.max(known.maxTimeMs, timeMs);
    known.minBucket = Math.min(known.minBucket, fix.minBucket);
    known.maxBucket = Math.max(known.maxBucket, fix.maxBucket);
    known.maxDiff = Math.max(known.maxDiff, fix.maxDiff);
    known.count++;
  }

  #formatFix(fix: MonotonicityFix): string {
    const from = new Date(fix.minTimeMs).toISOString().replace(/\.\d+Z$/, 'Z');
    const to = new Date(fix.maxTimeMs).toISOString().replace(/\.\d+Z$/, 'Z');
    const buckets = `from buckets ${formatShortest(fix.minBucket)} to ${formatShortest(fix.maxBucket)}`;
    const diff = formatShortest(Number(fix.maxDiff.toPrecision(2)));
    const place = lineAndColumn(this.#text, fix.span.from);
    return `${fix.text}, ${buckets}, with a max diff of ${diff}, over ${fix.count} samples from ${from} to ${to} (${place})`;
  }
}

const forMetric = (metricName: string): string => (metricName === '' ? '' : ` for metric name "${metricName}"`);
