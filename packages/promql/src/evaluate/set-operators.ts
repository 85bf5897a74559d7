import type { Binary, VectorMatching } from '../parse/ast.ts';
import type { Evaluation } from './evaluation.ts';
import { signatureOf } from './label-edit.ts';
import { type Grid, isEmptyRow, type Matrix, mergeEqualRows, type Row } from './matrix.ts';

const metricName: ReadonlySet<string> = new Set(['__name__']);

/** The part of the labels on which two sides are compared: those of `on`, or all but those of `ignoring` and the name. */
export function matchSignature(matching: VectorMatching | undefined): (row: Row) => string {
  if (matching === undefined) return (row) => signatureOf(row.labels, metricName, 'others');
  const names = new Set(matching.labels);
  if (matching.on) return (row) => signatureOf(row.labels, names, 'named');
  names.add('__name__');
  return (row) => signatureOf(row.labels, names, 'others');
}

/** At which steps any series of a signature is there. */
function presenceBySignature(
  rows: readonly Row[],
  signature: (row: Row) => string,
  grid: Grid,
): Map<string, Uint8Array> {
  const presence = new Map<string, Uint8Array>();
  for (const row of rows) {
    const key = signature(row);
    let known = presence.get(key);
    if (known === undefined) {
      known = new Uint8Array(grid.count);
      presence.set(key, known);
    }
    for (let i = 0; i < grid.count; i++) if (row.present[i] === 1) known[i] = 1;
  }
  return presence;
}

/** `and`, `or`, `unless`: which samples stay is decided by whether the other side has a match at that step. */
export async function evaluateSetOperator(
  evaluation: Evaluation,
  node: Binary,
  left: Matrix,
  right: Matrix,
  grid: Grid,
): Promise<Matrix> {
  const signature = matchSignature(node.matching);
  const keepWhere = (rows: readonly Row[], others: readonly Row[], wanted: 0 | 1): Row[] => {
    const presence = presenceBySignature(others, signature, grid);
    const nothing = new Uint8Array(grid.count);
    for (const row of rows) {
      const matched = presence.get(signature(row)) ?? nothing;
      for (let i = 0; i < grid.count; i++) if (matched[i] !== wanted) row.present[i] = 0;
    }
    return rows.filter((row) => !isEmptyRow(row));
  };
  if (evaluation.pace.due()) await evaluation.pace.breathe();
  if (node.op === 'and') return { rows: keepWhere(left.rows, right.rows, 1) };
  if (node.op === 'unless') return { rows: keepWhere(left.rows, right.rows, 0) };
  const added = keepWhere(right.rows, left.rows, 0);
  // An instant vector may hold equal labels until its names are dropped; over steps the series are one.
  return { rows: grid.count === 1 ? [...left.rows, ...added] : mergeEqualRows([...left.rows, ...added]) };
}
