import type { Evaluation } from '../evaluate/evaluation.ts';
import { type Grid, type Matrix, noLabels, RowAllocator, timeAt } from '../evaluate/matrix.ts';
import type { Call } from '../parse/ast.ts';
import type { FunctionImplementation } from './function.ts';

const dayMs = 86_400_000;

const parts: Readonly<Record<string, (date: Date) => number>> = {
  day_of_month: (date) => date.getUTCDate(),
  day_of_week: (date) => date.getUTCDay(),
  day_of_year: (date) => Math.floor((date.getTime() - Date.UTC(date.getUTCFullYear(), 0, 1)) / dayMs) + 1,
  days_in_month: (date) => new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 0)).getUTCDate(),
  hour: (date) => date.getUTCHours(),
  minute: (date) => date.getUTCMinutes(),
  month: (date) => date.getUTCMonth() + 1,
  year: (date) => date.getUTCFullYear(),
};

/** Parts of a date in UTC: of each value as unix seconds, or of the evaluation time where no vector is given. */
export const dateFunctions: Readonly<Record<string, FunctionImplementation>> = Object.fromEntries(
  Object.entries(parts).map(([name, part]) => [
    name,
    {
      kind: 'whole',
      evaluate: (evaluation: Evaluation, call: Call, grid: Grid) => evaluateDate(evaluation, call, grid, part),
    },
  ]),
);

async function evaluateDate(
  evaluation: Evaluation,
  call: Call,
  grid: Grid,
  part: (date: Date) => number,
): Promise<Matrix> {
  const argument = call.args[0];
  if (argument === undefined) {
    const row = new RowAllocator(grid).allocate(noLabels, false);
    for (let i = 0; i < grid.count; i++) row.values[i] = part(new Date(Math.trunc(timeAt(grid, i) / 1000) * 1000));
    row.present.fill(1);
    return { rows: [row] };
  }
  const { rows } = await evaluation.evaluate(argument, grid);
  for (const row of rows) {
    for (let i = 0; i < grid.count; i++) {
      if (row.present[i] === 1) row.values[i] = part(new Date(Math.trunc(row.values[i] as number) * 1000));
    }
  }
  return { rows: rows.map((row) => ({ ...row, dropName: true })) };
}
