import type { FunctionImplementation } from '../functions/function.ts';
import { functionImplementations } from '../functions/registry.ts';
import { placeWindows, someWindows, windowRuns } from '../kernels/windows.ts';
import { type Call, type Expr, withoutParens } from '../parse/ast.ts';
import type { Evaluation } from './evaluation.ts';
import { kernelOverExtended, kernelOverStarts, refuseUnfitModifier } from './extended-range.ts';
import { type Grid, isEmptyRow, type Matrix, type Row, RowAllocator, scalarValues } from './matrix.ts';
import { evaluateRangeVector } from './range-vector.ts';

/** Evaluates a function call. */
export async function evaluateCall(evaluation: Evaluation, call: Call, grid: Grid): Promise<Matrix> {
  const implementation = functionImplementations.get(call.name);
  if (implementation === undefined)
    throw new Error(`the function table names ${call.name}, which has no implementation`);
  refuseUnfitModifier(call);
  if (implementation.kind === 'whole') return implementation.evaluate(evaluation, call, grid);
  if (implementation.kind === 'range') return evaluateRange(evaluation, call, grid, implementation);
  return evaluatePointwise(evaluation, call, grid, implementation);
}

async function evaluatePointwise(
  evaluation: Evaluation,
  call: Call,
  grid: Grid,
  { compute, whenLeftOut }: FunctionImplementation & { kind: 'pointwise' },
): Promise<Matrix> {
  const { rows } = await evaluation.evaluate(call.args[0] as Expr, grid);
  const argument = call.args[1];
  const parameters = argument === undefined ? undefined : scalarValues(await evaluation.evaluate(argument, grid));
  const results: Row[] = [];
  for (const row of rows) {
    if (evaluation.pace.due()) await evaluation.pace.breathe();
    const { values } = row;
    for (let i = 0; i < grid.count; i++) values[i] = compute(values[i] as number, parameters?.[i] ?? whenLeftOut);
    results.push({ ...row, dropName: true });
  }
  return { rows: results };
}

const counterFunctions: ReadonlySet<string> = new Set(['rate', 'increase']);
const counterSuffix = /_(?:total|sum|count|bucket)$/;

async function evaluateRange(
  evaluation: Evaluation,
  call: Call,
  grid: Grid,
  { kernel, keepsName }: FunctionImplementation & { kind: 'range' },
): Promise<Matrix> {
  let vector: Expr | undefined;
  const parameters: Float64Array[] = [];
  for (const argument of call.args) {
    const node = withoutParens(argument);
    if (node.kind === 'range' || node.kind === 'subquery') vector = node;
    else parameters.push(scalarValues(await evaluation.evaluate(argument, grid)));
  }
  if (vector?.kind !== 'range' && vector?.kind !== 'subquery')
    throw new Error(`${call.name} was not given a range vector`);
  const { series, windows } = await evaluateRangeVector(evaluation, vector, grid);
  const chosen = kernelOverExtended(evaluation, call.name, vector) ?? kernel;
  evaluation.reserve(series.length * grid.count);
  const allocator = new RowAllocator(grid);
  const rows: Row[] = [];
  for (const samples of series) {
    if (evaluation.pace.due()) await evaluation.pace.breathe();
    placeWindows(windows, samples);
    const own = kernelOverStarts(evaluation, call, samples) ?? chosen;
    const row = allocator.allocate(samples.labels, !keepsName || samples.dropName);
    for (const [first, end] of windowRuns(windows)) {
      if (first > 0 && evaluation.pace.due()) await evaluation.pace.breathe();
      const some = parameters.map((values) => values.subarray(first, end));
      own(
        samples,
        someWindows(windows, first, end),
        row.values.subarray(first, end),
        row.present.subarray(first, end),
        some,
      );
    }
    if (isEmptyRow(row)) continue;
    rows.push(row);
    const name = samples.labels.metricName;
    if (counterFunctions.has(call.name) && name !== '' && !counterSuffix.test(name)) {
      evaluation.annotations.possibleNonCounter(name, (call.args[0] as Expr).span);
    }
  }
  if (call.name === 'quantile_over_time' && rows.length > 0) {
    const span = (call.args[0] as Expr).span;
    for (const quantile of parameters[0] ?? []) {
      if (!(quantile >= 0 && quantile <= 1)) evaluation.annotations.invalidQuantile(quantile, span);
    }
  }
  return { rows };
}
