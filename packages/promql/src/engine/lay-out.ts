import { BinnacleError } from '@binnacle/shared/errors.ts';
import { Annotations } from '../annotations/annotations.ts';
import { checkQuery } from '../check/check.ts';
import { evaluateExpression } from '../evaluate/evaluate.ts';
import { type Evaluation, Pace } from '../evaluate/evaluation.ts';
import { Holding } from '../evaluate/holding.ts';
import type { Grid } from '../evaluate/matrix.ts';
import { PushDowns } from '../evaluate/push-down.ts';
import type { ValueKind } from '../language/functions.ts';
import type { Expr } from '../parse/ast.ts';
import { parseQuery } from '../parse/parse.ts';
import { resolveQuery } from '../parse/resolve-query.ts';
import { planQuery, type QueryTimes } from '../plan/plan.ts';
import { findPushDowns } from '../plan/push-down.ts';
import { QueryAccount } from './query-account.ts';
import type { Settings } from './settings.ts';
import { Sources } from './sources.ts';
import type { Share } from './together.ts';

/** What instant and range queries have in common. */
export interface Request {
  readonly query: string;
  readonly signal?: AbortSignal | undefined;
  readonly timeoutMs?: number | undefined;
  readonly onAnswer?: ((letGo: () => void) => void) | undefined;
}

/** The steps of a query; an instant query has one. */
export function gridOf({ startMs, endMs, stepMs }: QueryTimes): Grid {
  if (stepMs === 0) return { startMs, stepMs: 1, count: 1 };
  return { startMs, stepMs, count: Math.floor((endMs - startMs) / stepMs) + 1 };
}

/** A query that has been read and laid out, and not begun. */
export interface Laid {
  readonly expr: Expr;
  readonly kind: ValueKind;
  readonly evaluation: Evaluation;
  readonly sources: Sources;
  readonly account: QueryAccount;
  readonly pushDowns: PushDowns;
}

function readQuery(settings: Settings, request: Request, times: QueryTimes): { expr: Expr; kind: ValueKind } {
  const parsed = parseQuery(request.query);
  const kind = checkQuery(request.query, parsed, settings.features);
  const expr = resolveQuery(request.query, parsed, times);
  const instant = times.stepMs === 0;
  if (!instant && kind !== 'scalar' && kind !== 'instant vector') {
    throw new BinnacleError(
      'query_invalid',
      `invalid expression type "${kind}" for range query, must be Scalar or instant Vector`,
    );
  }
  return { expr, kind };
}

/** Reads a query, checks it and lays out its reads. Errors: `query_invalid`. */
export function layOut(
  settings: Settings,
  request: Request,
  times: QueryTimes,
  lookbackMs: number,
  signal: AbortSignal,
  share: Share,
): Laid {
  const { expr, kind } = readQuery(settings, request, times);
  const plan = planQuery(expr, times, lookbackMs);
  const { maxSamples, maxSamplesRead, maxSeries } = settings;
  const limits = { maxSamples: maxSamplesRead, maxSeries, signal };
  const account = new QueryAccount(maxSamples, share);
  const holding = new Holding(account);
  const sources = new Sources(settings.reader, plan, limits, account);
  const nodes = findPushDowns(expr, settings.features);
  const pushDowns = new PushDowns(settings.reader, nodes, settings.plan, limits, (samples, series) =>
    sources.count(samples, series),
  );
  const evaluation: Evaluation = {
    text: request.query,
    times,
    plan,
    lookbackMs,
    subqueryStepMs: settings.subqueryStepMs,
    annotations: new Annotations(request.query),
    features: settings.features,
    pace: new Pace(signal),
    batches: (selector) => sources.batches(selector),
    holding,
    reserve: (values) => holding.reserve(values),
    pushDown: (asking, inner, grid) => pushDowns.evaluate(asking, inner, grid),
    evaluate: (inner, grid) => evaluateExpression(evaluation, inner, grid),
  };
  return { expr, kind, evaluation, sources, account, pushDowns };
}
