import type { Matcher } from '@binnacle/shared/telemetry/reader.ts';
import { type AtModifier, type Call, childrenOf, type Expr, type VectorSelector } from './ast.ts';

/** The metric whose labels `info` adds where none is named. */
const targetInfo: Matcher = { name: '__name__', op: '=', value: 'target_info' };

const isName = ({ name }: Matcher): boolean => name === '__name__';

/** Which metrics are info metrics: as named; any `…_info` where names are only excluded; else `target_info`. */
function nameMatchers(named: readonly Matcher[]): readonly Matcher[] {
  if (named.some(({ op }) => op === '=' || op === '=~')) return named;
  if (named.length > 0) return [{ name: '__name__', op: '=~', value: '.+_info' }, ...named];
  return [targetInfo];
}

/** At which time an expression looks: its first selector's, with the subqueries around it. */
interface Lookup {
  readonly offsetMs: number;
  readonly at: AtModifier | undefined;
}

/** Offsets add up from the selector outwards until an `@` anchors it. */
function lookupOf(expr: Expr): Lookup | undefined {
  if (expr.kind === 'selector') return { offsetMs: expr.offsetMs, at: expr.at };
  for (const child of childrenOf(expr)) {
    const inner = lookupOf(child);
    if (inner === undefined) continue;
    if (expr.kind !== 'subquery' || inner.at !== undefined) return inner;
    return { offsetMs: inner.offsetMs + expr.offsetMs, at: expr.at };
  }
  return undefined;
}

/**
 * The call of `info` as it is evaluated: the second argument becomes `timestamp(selector)` of the info series, at the time
 * at which the first argument looks. So the plan reads them like any other selector's.
 */
export function resolveInfo(call: Call): Call {
  const [vector, second] = call.args as [Expr, VectorSelector | undefined];
  const written = second?.matchers ?? [];
  const { offsetMs, at } = lookupOf(vector) ?? { offsetMs: 0, at: undefined };
  const selector: VectorSelector = {
    kind: 'selector',
    span: second?.span ?? call.span,
    name: undefined,
    matchers: [...written.filter((matcher) => !isName(matcher)), ...nameMatchers(written.filter(isName))],
    offsetMs,
    offsetExpr: undefined,
    at,
    modifier: undefined,
  };
  const times: Call = { kind: 'call', span: selector.span, name: 'timestamp', args: [selector] };
  return { ...call, args: [vector, times] };
}
