import { LabelSet } from '@binnacle/shared/telemetry/labels.ts';
import type { Evaluation } from '../evaluate/evaluation.ts';
import { withLabel } from '../evaluate/label-edit.ts';
import { type Grid, isEmptyRow, type Matrix, noLabels, RowAllocator } from '../evaluate/matrix.ts';
import { evaluateRangeVector } from '../evaluate/range-vector.ts';
import { eachSeries, withoutStaleMarkers } from '../evaluate/samples.ts';
import { placeWindows } from '../kernels/windows.ts';
import { type Call, type Expr, withoutParens } from '../parse/ast.ts';
import type { FunctionImplementation } from './function.ts';

/** Labels that a selector demands exactly: those of the series that is missing. A label named twice is left out. */
function demandedLabels(argument: Expr | undefined): LabelSet {
  const node = argument === undefined ? undefined : withoutParens(argument);
  const selector = node?.kind === 'range' ? node.selector : node;
  if (selector?.kind !== 'selector') return noLabels;
  let labels = new LabelSet([]);
  const seen = new Set<string>();
  for (const { name, op, value } of selector.matchers) {
    if (name === '__name__') continue;
    const exact = op === '=' && !seen.has(name);
    labels = withLabel(labels, name, exact ? value : '');
    if (exact) seen.add(name);
  }
  return labels;
}

/** 1 at the steps where nothing was found. */
function absentWhere(grid: Grid, argument: Expr | undefined, found: Uint8Array): Matrix {
  const row = new RowAllocator(grid).allocate(demandedLabels(argument), true);
  for (let i = 0; i < grid.count; i++) {
    if (found[i] === 1) continue;
    row.values[i] = 1;
    row.present[i] = 1;
  }
  return { rows: isEmptyRow(row) ? [] : [row] };
}

async function absent(evaluation: Evaluation, call: Call, grid: Grid): Promise<Matrix> {
  const argument = call.args[0] as Expr;
  const { rows } = await evaluation.evaluate(argument, grid);
  const found = new Uint8Array(grid.count);
  for (const row of rows) for (let i = 0; i < grid.count; i++) if (row.present[i] === 1) found[i] = 1;
  return absentWhere(grid, argument, found);
}

async function absentOverTime(evaluation: Evaluation, call: Call, grid: Grid): Promise<Matrix> {
  const argument = withoutParens(call.args[0] as Expr);
  if (argument.kind !== 'range' && argument.kind !== 'subquery')
    throw new Error('absent_over_time was not given a range vector');
  const { batches, windows } = await evaluateRangeVector(evaluation, argument, grid);
  const found = new Uint8Array(grid.count);
  for await (const samples of eachSeries(batches)) {
    if (evaluation.pace.due()) await evaluation.pace.breathe();
    placeWindows(windows, withoutStaleMarkers(samples));
    for (let i = 0; i < grid.count; i++) if ((windows.to[i] as number) > (windows.from[i] as number)) found[i] = 1;
  }
  return absentWhere(grid, argument, found);
}

export const absentFunctions: Readonly<Record<string, FunctionImplementation>> = {
  absent: { kind: 'whole', evaluate: absent },
  absent_over_time: { kind: 'whole', evaluate: absentOverTime },
};
