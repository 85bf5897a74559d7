import { type Evaluation, failed } from '../evaluate/evaluation.ts';
import { isLabelName, withLabel } from '../evaluate/label-edit.ts';
import { type Grid, type Matrix, mergeEqualRows, type Row } from '../evaluate/matrix.ts';
import { compileRewriter, type Rewriter } from '../matching/regex.ts';
import { type Call, type Expr, withoutParens } from '../parse/ast.ts';
import type { FunctionImplementation } from './function.ts';

function textArgument(call: Call, index: number): string {
  const node = withoutParens(call.args[index] as Expr);
  if (node.kind !== 'string') throw failed(`argument ${index + 1} of ${call.name}() must be a string literal`);
  return node.value;
}

/** A row with one label set; a metric name that is set here stays. */
const relabelled = (row: Row, name: string, value: string): Row => ({
  ...row,
  labels: withLabel(row.labels, name, value),
  dropName: name === '__name__' ? false : row.dropName,
});

async function labelReplace(evaluation: Evaluation, call: Call, grid: Grid): Promise<Matrix> {
  const [destination, template, source, pattern] = [1, 2, 3, 4].map((index) => textArgument(call, index)) as [
    string,
    string,
    string,
    string,
  ];
  let rewrite: Rewriter;
  try {
    rewrite = compileRewriter(pattern, template);
  } catch {
    throw failed(`invalid regular expression in label_replace(): ${pattern}`);
  }
  if (!isLabelName(destination)) throw failed(`invalid destination label name in label_replace(): ${destination}`);
  const { rows } = await evaluation.evaluate(call.args[0] as Expr, grid);
  const replaced = rows.map((row) => {
    const value = rewrite(row.labels.get(source) ?? '');
    return value === undefined ? row : relabelled(row, destination, value);
  });
  return { rows: mergeEqualRows(replaced) };
}

async function labelJoin(evaluation: Evaluation, call: Call, grid: Grid): Promise<Matrix> {
  const destination = textArgument(call, 1);
  const separator = textArgument(call, 2);
  const sources = call.args.slice(3).map((_, index) => textArgument(call, index + 3));
  for (const source of sources)
    if (!isLabelName(source)) throw failed(`invalid source label name in label_join(): ${source}`);
  if (!isLabelName(destination)) throw failed(`invalid destination label name in label_join(): ${destination}`);
  const { rows } = await evaluation.evaluate(call.args[0] as Expr, grid);
  const joined = rows.map((row) =>
    relabelled(row, destination, sources.map((name) => row.labels.get(name) ?? '').join(separator)),
  );
  return { rows: mergeEqualRows(joined) };
}

export const labelFunctions: Readonly<Record<string, FunctionImplementation>> = {
  label_replace: { kind: 'whole', evaluate: labelReplace },
  label_join: { kind: 'whole', evaluate: labelJoin },
};
