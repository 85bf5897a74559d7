import type { Evaluation } from '../evaluate/evaluation.ts';
import { type Grid, type Matrix, noLabels, scalarMatrix, scalarValues, timeAt } from '../evaluate/matrix.ts';
import { evaluateSelector } from '../evaluate/selector.ts';
import { largerOf, smallerOf } from '../kernels/larger-smaller.ts';
import { type Call, type Expr, withoutParens } from '../parse/ast.ts';
import type { FunctionImplementation } from './function.ts';

type Whole = (evaluation: Evaluation, call: Call, grid: Grid) => Promise<Matrix>;

const whole = (evaluate: Whole): FunctionImplementation => ({ kind: 'whole', evaluate });

/** The value of the only series of a vector, NaN where there are none or several. */
const scalar: Whole = async (evaluation, call, grid) => {
  const { rows } = await evaluation.evaluate(call.args[0] as Expr, grid);
  const counts = new Uint8Array(grid.count);
  const values = new Float64Array(grid.count);
  for (const row of rows) {
    for (let i = 0; i < grid.count; i++) {
      if (row.present[i] === 0) continue;
      if (counts[i] === 0) values[i] = row.values[i] as number;
      counts[i] = Math.min(2, (counts[i] as number) + 1);
    }
  }
  return scalarMatrix(grid, (i) => (counts[i] === 1 ? (values[i] as number) : Number.NaN));
};

const vector: Whole = async (evaluation, call, grid) => {
  const { rows } = await evaluation.evaluate(call.args[0] as Expr, grid);
  return { rows: rows.map((row) => ({ ...row, labels: noLabels, dropName: false })) };
};

/** The time of each sample; of anything but a selector, the evaluation time. */
const timestamp: Whole = async (evaluation, call, grid) => {
  const argument = withoutParens(call.args[0] as Expr);
  if (argument.kind === 'selector') {
    const { rows } = await evaluateSelector(evaluation, argument, grid, 'times');
    return { rows: rows.map((row) => ({ ...row, dropName: true })) };
  }
  const { rows } = await evaluation.evaluate(argument, grid);
  for (const row of rows) for (let i = 0; i < grid.count; i++) row.values[i] = timeAt(grid, i) / 1000;
  return { rows: rows.map((row) => ({ ...row, dropName: true })) };
};

/** Since when each sample counts; nothing of anything but a selector, or where the feature is off. */
const startTimestamp: Whole = async (evaluation, call, grid) => {
  const argument = withoutParens(call.args[0] as Expr);
  if (argument.kind !== 'selector' || !evaluation.features.has('use-start-timestamps')) return { rows: [] };
  const { rows } = await evaluateSelector(evaluation, argument, grid, 'starts');
  return { rows: rows.map((row) => ({ ...row, dropName: true })) };
};

/** `clamp(v, min, max)`: nothing at steps where min > max. */
const clamp: Whole = async (evaluation, call, grid) => {
  const { rows } = await evaluation.evaluate(call.args[0] as Expr, grid);
  const min = scalarValues(await evaluation.evaluate(call.args[1] as Expr, grid));
  const max = scalarValues(await evaluation.evaluate(call.args[2] as Expr, grid));
  for (const row of rows) {
    for (let i = 0; i < grid.count; i++) {
      if ((max[i] as number) < (min[i] as number)) row.present[i] = 0;
      row.values[i] = largerOf(min[i] as number, smallerOf(max[i] as number, row.values[i] as number));
    }
  }
  return { rows: rows.map((row) => ({ ...row, dropName: true })) };
};

const ofQuery =
  (value: (times: Evaluation['times']) => number): Whole =>
  async (evaluation, _call, grid) => {
    const constant = value(evaluation.times);
    return scalarMatrix(grid, () => constant);
  };

const ofTwo =
  (choose: (a: number, b: number) => number): Whole =>
  async (evaluation, call, grid) => {
    const [left, right] = call.args as [Expr, Expr];
    const a = scalarValues(await evaluation.evaluate(left, grid));
    const b = scalarValues(await evaluation.evaluate(right, grid));
    return scalarMatrix(grid, (i) => choose(a[i] as number, b[i] as number));
  };

/** Scalars, and functions between scalars and vectors. */
export const scalarFunctions: Readonly<Record<string, FunctionImplementation>> = {
  scalar: whole(scalar),
  vector: whole(vector),
  start_timestamp: whole(startTimestamp),
  timestamp: whole(timestamp),
  clamp: whole(clamp),
  time: whole(async (_evaluation, _call, grid) => scalarMatrix(grid, (i) => timeAt(grid, i) / 1000)),
  max_of: whole(ofTwo(largerOf)),
  min_of: whole(ofTwo(smallerOf)),
  pi: whole(async (_evaluation, _call, grid) => scalarMatrix(grid, () => Math.PI)),
  start: whole(ofQuery((times) => times.startMs / 1000)),
  end: whole(ofQuery((times) => times.endMs / 1000)),
  range: whole(ofQuery((times) => (times.endMs - times.startMs) / 1000)),
  step: whole(ofQuery((times) => (times.endMs === times.startMs ? 0 : times.stepMs / 1000))),
};
