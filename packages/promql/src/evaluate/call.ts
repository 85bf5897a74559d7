import type { FunctionImplementation } from '../functions/function.ts';
import { functionImplementations } from '../functions/registry.ts';
import type { Call, Expr } from '../parse/ast.ts';
import type { Evaluation } from './evaluation.ts';
import { refuseUnfitModifier } from './extended-range.ts';
import { type Grid, type Matrix, type Row, scalarValues } from './matrix.ts';
import { rangeRows } from './range-rows.ts';
import { MatrixSink } from './row-sink.ts';

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

async function evaluateRange(
  evaluation: Evaluation,
  call: Call,
  grid: Grid,
  implementation: FunctionImplementation & { kind: 'range' },
): Promise<Matrix> {
  const sink = new MatrixSink(evaluation, grid);
  await rangeRows(evaluation, call, grid, implementation, sink);
  return sink.matrix();
}
