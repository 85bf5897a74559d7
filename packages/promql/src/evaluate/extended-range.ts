import { anchoredFunctions, extendedKernel, smoothedFunctions } from '../kernels/extended.ts';
import type { Extension } from '../kernels/extended-windows.ts';
import { startedKernel } from '../kernels/start-timestamps.ts';
import type { RangeKernel } from '../kernels/windows.ts';
import { type Call, type Expr, type RangeSelector, type Subquery, withoutParens } from '../parse/ast.ts';
import { type Evaluation, failed } from './evaluation.ts';
import type { Samples } from './samples.ts';

/** How far a range selector looks beside its range; undefined where it has no `anchored` or `smoothed`. */
export function extensionOf(node: RangeSelector | Subquery, lookbackMs: number): Extension | undefined {
  const modifier = node.kind === 'range' ? node.selector.modifier : undefined;
  return modifier === undefined ? undefined : { modifier, rangeMs: node.rangeMs, lookbackMs };
}

/** Refuses a call over an `anchored` or `smoothed` range that the function has no meaning for. */
export function refuseUnfitModifier(call: Call): void {
  for (const argument of call.args) {
    const node = withoutParens(argument);
    const modifier = node.kind === 'range' ? node.selector.modifier : undefined;
    if (modifier === undefined) continue;
    const fitting = modifier === 'anchored' ? anchoredFunctions : smoothedFunctions;
    if (!fitting.has(call.name))
      throw failed(`${modifier} modifier can only be used with: ${[...fitting].join(', ')} - not with ${call.name}`);
  }
}

/** The kernel of a function over an `anchored` or `smoothed` range; undefined where its own is the right one. */
export function kernelOverExtended(
  evaluation: Evaluation,
  name: string,
  node: RangeSelector | Subquery,
): RangeKernel | undefined {
  const extension = extensionOf(node, evaluation.lookbackMs);
  return extension === undefined ? undefined : extendedKernel(name, extension);
}

/**
 * The kernel of a function over samples that say since when they count; undefined where they do not, where the feature is
 * off, or where the function does not look at it.
 */
export function kernelOverStarts(
  evaluation: Evaluation,
  call: Call,
  { labels, starts }: Samples,
): RangeKernel | undefined {
  if (starts === undefined || !evaluation.features.has('use-start-timestamps')) return undefined;
  const vector = call.args[0] as Expr;
  const node = withoutParens(vector);
  if (node.kind === 'range' && node.selector.modifier !== undefined) return undefined;
  const overlaps = (): void => evaluation.annotations.startTimeOverlap(labels.metricName, vector.span);
  return startedKernel(call.name, { starts, overlaps });
}
