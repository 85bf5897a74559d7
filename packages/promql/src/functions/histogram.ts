import type { LabelSet } from '@binnacle/shared/telemetry/labels.ts';
import type { Evaluation } from '../evaluate/evaluation.ts';
import { dropLabels, withLabel } from '../evaluate/label-edit.ts';
import { type Grid, isEmptyRow, type Matrix, type Row, RowAllocator, scalarValues } from '../evaluate/matrix.ts';
import { type Buckets, bucketFraction, bucketQuantile } from '../kernels/buckets.ts';
import { type Call, type Expr, type Span, withoutParens } from '../parse/ast.ts';
import { numberValue } from '../parse/literals.ts';
import { formatShortest } from '../result/float.ts';
import type { FunctionImplementation } from './function.ts';

/** One classic histogram: its buckets' rows with ascending bounds. */
interface Histogram {
  readonly labels: LabelSet;
  readonly rows: Row[];
  readonly bounds: number[];
}

const bucketLabel: ReadonlySet<string> = new Set(['le']);

/** Groups bucket series into histograms; a series without a bound is warned of and left out. */
function histogramsOf(evaluation: Evaluation, rows: readonly Row[], span: Span): Histogram[] {
  const byKey = new Map<string, { labels: LabelSet; buckets: { row: Row; bound: number }[] }>();
  for (const row of rows) {
    const le = row.labels.get('le') ?? '';
    const bound = boundOf(le);
    if (bound === undefined) {
      if (!isEmptyRow(row)) evaluation.annotations.badBucketLabel(row.labels.metricName, le, span);
      continue;
    }
    const labels = dropLabels(row.labels, bucketLabel);
    const known = byKey.get(labels.key);
    if (known === undefined) byKey.set(labels.key, { labels, buckets: [{ row, bound }] });
    else known.buckets.push({ row, bound });
  }
  return [...byKey.values()].map(({ labels, buckets }) => {
    buckets.sort((a, b) => a.bound - b.bound || 0);
    return { labels, rows: buckets.map(({ row }) => row), bounds: buckets.map(({ bound }) => bound) };
  });
}

/** Value of an `le` label; undefined where it is none. */
function boundOf(le: string): number | undefined {
  const negative = le.startsWith('-');
  const digits = negative || le.startsWith('+') ? le.slice(1) : le;
  if (/[a-z]/i.test(digits) && !/^(?:inf|nan|[\d.]+e[+-]?\d+)$/i.test(digits)) return undefined;
  const value = numberValue(digits);
  return value === undefined ? undefined : negative ? -value : value;
}

/** Computes one value per histogram and step from the buckets that are there. */
async function perHistogram(
  evaluation: Evaluation,
  histograms: readonly Histogram[],
  grid: Grid,
  labelsOf: (histogram: Histogram) => LabelSet,
  compute: (buckets: Buckets, step: number, histogram: Histogram) => number,
): Promise<Row[]> {
  const allocator = new RowAllocator(grid);
  const results: Row[] = [];
  for (const histogram of histograms) {
    if (evaluation.pace.due()) await evaluation.pace.breathe();
    const row = allocator.allocate(labelsOf(histogram), true);
    const size = histogram.rows.length;
    const buckets = { bounds: new Float64Array(size), counts: new Float64Array(size), length: 0 };
    for (let i = 0; i < grid.count; i++) {
      let length = 0;
      for (let b = 0; b < size; b++) {
        const bucket = histogram.rows[b] as Row;
        if (bucket.present[i] === 0) continue;
        buckets.bounds[length] = histogram.bounds[b] as number;
        buckets.counts[length++] = bucket.values[i] as number;
      }
      if (length === 0) continue;
      buckets.length = length;
      row.values[i] = compute(buckets, i, histogram);
      row.present[i] = 1;
    }
    if (!isEmptyRow(row)) results.push(row);
  }
  return results;
}

function warnOfQuantiles(evaluation: Evaluation, quantiles: Float64Array, span: Span): void {
  for (const quantile of quantiles) {
    if (!(quantile >= 0 && quantile <= 1)) evaluation.annotations.invalidQuantile(quantile, span);
  }
}

async function quantileRows(
  evaluation: Evaluation,
  histograms: readonly Histogram[],
  grid: Grid,
  quantiles: Float64Array,
  span: Span,
  labelsOf: (histogram: Histogram) => LabelSet,
): Promise<Row[]> {
  return perHistogram(evaluation, histograms, grid, labelsOf, (buckets, step, histogram) => {
    const { value, repair } = bucketQuantile(quantiles[step] as number, buckets);
    if (repair !== undefined) {
      const timeMs = grid.startMs + step * grid.stepMs;
      evaluation.annotations.forcedMonotonicity(histogram.labels.metricName, span, timeMs, repair);
    }
    return value;
  });
}

async function histogramQuantile(evaluation: Evaluation, call: Call, grid: Grid): Promise<Matrix> {
  const [parameter, vector] = call.args as [Expr, Expr];
  const quantiles = scalarValues(await evaluation.evaluate(parameter, grid));
  warnOfQuantiles(evaluation, quantiles, parameter.span);
  const { rows } = await evaluation.evaluate(vector, grid);
  const histograms = histogramsOf(evaluation, rows, vector.span);
  return { rows: await quantileRows(evaluation, histograms, grid, quantiles, vector.span, ({ labels }) => labels) };
}

async function histogramQuantiles(evaluation: Evaluation, call: Call, grid: Grid): Promise<Matrix> {
  const [vector, label, ...parameters] = call.args as [Expr, Expr, ...Expr[]];
  const name = withoutParens(label);
  const labelName = name.kind === 'string' ? name.value : '';
  const { rows } = await evaluation.evaluate(vector, grid);
  const histograms = histogramsOf(evaluation, rows, vector.span);
  const results: Row[] = [];
  for (const parameter of parameters) {
    const quantiles = scalarValues(await evaluation.evaluate(parameter, grid));
    warnOfQuantiles(evaluation, quantiles, parameter.span);
    // A quantile that changes from step to step changes the label, so each value makes its own rows.
    for (const value of new Set(quantiles)) {
      const digits = formatShortest(value);
      const text = /^-?\d+$/.test(digits) ? `${digits}.0` : digits;
      const labelled = await quantileRows(evaluation, histograms, grid, quantiles, vector.span, ({ labels }) =>
        withLabel(labels, labelName, text),
      );
      for (const row of labelled) {
        for (let i = 0; i < grid.count; i++) if (!Object.is(quantiles[i], value)) row.present[i] = 0;
        results.push(row);
      }
    }
  }
  return { rows: results };
}

async function histogramFraction(evaluation: Evaluation, call: Call, grid: Grid): Promise<Matrix> {
  const [lowerArgument, upperArgument, vector] = call.args as [Expr, Expr, Expr];
  const lower = scalarValues(await evaluation.evaluate(lowerArgument, grid));
  const upper = scalarValues(await evaluation.evaluate(upperArgument, grid));
  const { rows } = await evaluation.evaluate(vector, grid);
  const histograms = histogramsOf(evaluation, rows, vector.span);
  const fraction = (buckets: Buckets, step: number): number =>
    bucketFraction(lower[step] as number, upper[step] as number, buckets);
  return { rows: await perHistogram(evaluation, histograms, grid, ({ labels }) => labels, fraction) };
}

/** Functions over classic histograms: series that differ only in `le`. */
export const histogramFunctions: Readonly<Record<string, FunctionImplementation>> = {
  histogram_quantile: { kind: 'whole', evaluate: histogramQuantile },
  histogram_quantiles: { kind: 'whole', evaluate: histogramQuantiles },
  histogram_fraction: { kind: 'whole', evaluate: histogramFraction },
};
