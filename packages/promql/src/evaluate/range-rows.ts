import type { FunctionImplementation } from '../functions/function.ts';
import { isOneRun, placeWindows, someWindows, windowRuns } from '../kernels/windows.ts';
import { type Call, type Expr, withoutParens } from '../parse/ast.ts';
import type { Evaluation } from './evaluation.ts';
import { kernelOverExtended, kernelOverStarts, refuseUnfitModifier } from './extended-range.ts';
import { type Grid, scalarValues } from './matrix.ts';
import { evaluateRangeVector } from './range-vector.ts';
import type { RowSink } from './row-sink.ts';
import { withoutStaleMarkers } from './samples.ts';

const counterFunctions: ReadonlySet<string> = new Set(['rate', 'increase']);
const counterSuffix = /_(?:total|sum|count|bucket)$/;

/** Whether `rate` and `increase` say of a metric that it may be none of a counter. */
export const mayNotBeCounter = (metricName: string): boolean => metricName !== '' && !counterSuffix.test(metricName);

/** Evaluates a function over a range vector, each series into the sink. */
export async function rangeRows(
  evaluation: Evaluation,
  call: Call,
  grid: Grid,
  { kernel, keepsName }: FunctionImplementation & { kind: 'range' },
  sink: RowSink,
): Promise<void> {
  refuseUnfitModifier(call);
  let vector: Expr | undefined;
  const parameters: Float64Array[] = [];
  for (const argument of call.args) {
    const node = withoutParens(argument);
    if (node.kind === 'range' || node.kind === 'subquery') vector = node;
    else parameters.push(scalarValues(await evaluation.evaluate(argument, grid)));
  }
  if (vector?.kind !== 'range' && vector?.kind !== 'subquery')
    throw new Error(`${call.name} was not given a range vector`);
  const { batches, windows } = await evaluateRangeVector(evaluation, vector, grid);
  const chosen = kernelOverExtended(evaluation, call.name, vector) ?? kernel;
  const span = (call.args[0] as Expr).span;
  let any = false;
  for await (const batch of batches)
    for (const raw of batch) {
      if (evaluation.pace.due()) await evaluation.pace.breathe();
      const samples = withoutStaleMarkers(raw);
      placeWindows(windows, samples);
      const own = kernelOverStarts(evaluation, call, samples) ?? chosen;
      const { values, present } = sink.target();
      if (isOneRun(windows)) own(samples, windows, values, present, parameters);
      else {
        for (const [first, end] of windowRuns(windows)) {
          if (evaluation.pace.due()) await evaluation.pace.breathe();
          const some = parameters.map((column) => column.subarray(first, end));
          const part = someWindows(windows, first, end);
          own(samples, part, values.subarray(first, end), present.subarray(first, end), some);
        }
      }
      if (!present.includes(1)) continue;
      any = true;
      sink.take(samples.labels, !keepsName || samples.dropName);
      const name = samples.labels.metricName;
      if (counterFunctions.has(call.name) && mayNotBeCounter(name)) {
        evaluation.annotations.possibleNonCounter(name, span);
      }
    }
  if (call.name !== 'quantile_over_time' || !any) return;
  for (const quantile of parameters[0] ?? []) {
    if (!(quantile >= 0 && quantile <= 1)) evaluation.annotations.invalidQuantile(quantile, span);
  }
}
