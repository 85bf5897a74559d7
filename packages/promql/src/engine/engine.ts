import type { Explanation } from '@binnacle/shared/api/explanation.ts';
import { BinnacleError } from '@binnacle/shared/errors.ts';
import type { Evaluation } from '../evaluate/evaluation.ts';
import { extensionOf } from '../evaluate/extended-range.ts';
import { withoutMetadata } from '../evaluate/label-edit.ts';
import { type Grid, scalarValues } from '../evaluate/matrix.ts';
import { evaluateRangeVector } from '../evaluate/range-vector.ts';
import { eachSeries, withoutStaleMarkers } from '../evaluate/samples.ts';
import { extendedPoints } from '../kernels/extended-points.ts';
import { rangeEndOf } from '../kernels/extended-windows.ts';
import { placeWindows } from '../kernels/windows.ts';
import type { ValueKind } from '../language/functions.ts';
import { type Expr, withoutParens } from '../parse/ast.ts';
import type { PlanChoice } from '../plan/cost.ts';
import { explainQuery } from '../plan/explain.ts';
import type { QueryTimes } from '../plan/plan.ts';
import { type Recording, recordingReader } from '../plan/recording-reader.ts';
import {
  finishRows,
  matrixOf,
  type QueryResult,
  type QueryValue,
  type ResultSeries,
  sizeOf,
  sortedByLabels,
  vectorOf,
} from '../result/result.ts';
import { Deadline } from './deadline.ts';
import { gridOf, layOut, type Request } from './lay-out.ts';
import { type EngineOptions, type Settings, settingsOf } from './settings.ts';

export interface InstantQuery {
  readonly query: string;
  /** ms since 1970; now where left out */
  readonly timeMs?: number;
  readonly signal?: AbortSignal | undefined;
  readonly lookbackMs?: number | undefined;
  /** Shortens the engine's own timeout, never lengthens it. */
  readonly timeoutMs?: number | undefined;
  readonly onAnswer?: OnAnswer | undefined;
}

/**
 * For whoever holds on to an answer, such as while a slow client reads it: told before the query resolves. The answer counts
 * as held by a running query until `letGo` is called.
 */
export type OnAnswer = (letGo: () => void) => void;

export interface RangeQuery {
  readonly query: string;
  /** ms since 1970 */
  readonly startMs: number;
  /** ms since 1970, inclusive */
  readonly endMs: number;
  readonly stepMs: number;
  readonly signal?: AbortSignal | undefined;
  readonly lookbackMs?: number | undefined;
  readonly timeoutMs?: number | undefined;
  readonly onAnswer?: OnAnswer | undefined;
}

/** A query to be explained: a range query where it has a step, else an instant query. */
export interface ExplainQuery extends InstantQuery, Partial<Pick<RangeQuery, 'startMs' | 'endMs' | 'stepMs'>> {
  /** Runs the query as well, and says what its reads cost. */
  readonly analyze?: boolean | undefined;
  /** Instead of the engine's own choice. */
  readonly plan?: PlanChoice | undefined;
}

/**
 * Evaluates PromQL. Rejects with a `BinnacleError`: `query_invalid` (the text), `query_failed` (these data give it no
 * answer), `query_limit`, `query_timeout`, `query_canceled`, `over_capacity` (others hold the memory now), or what the
 * store rejects with.
 */
export interface Engine {
  instant(query: InstantQuery): Promise<QueryResult>;
  range(query: RangeQuery): Promise<QueryResult>;
  /** How a query would be answered: its tree, what is read from the store, and what that costs. */
  explain(query: ExplainQuery): Promise<Explanation>;
}

/** Makes an engine over a store. Between queries it holds nothing but the count of what the running ones hold. */
export function createEngine(options: EngineOptions): Engine {
  const settings = settingsOf(options);

  function lookback(lookbackMs: number | undefined): number {
    if (lookbackMs === undefined) return settings.lookbackMs;
    if (!(lookbackMs > 0)) throw new BinnacleError('query_invalid', 'the lookback must be a positive duration');
    return lookbackMs;
  }

  function instantTimes({ timeMs = settings.now() }: Pick<InstantQuery, 'timeMs'>): QueryTimes {
    return { startMs: timeMs, endMs: timeMs, stepMs: 0 };
  }

  function rangeTimes({ startMs, endMs, stepMs }: QueryTimes): QueryTimes {
    if (!(stepMs > 0))
      throw new BinnacleError('query_invalid', 'zero or negative query resolution step widths are not accepted');
    if (!(endMs >= startMs)) throw new BinnacleError('query_invalid', 'end timestamp must not be before start time');
    if ((endMs - startMs) / stepMs > settings.maxPoints) {
      throw new BinnacleError(
        'query_invalid',
        `exceeded maximum resolution of ${settings.maxPoints} points per timeseries. Try decreasing the query resolution (?step=XX)`,
      );
    }
    return { startMs, endMs, stepMs };
  }

  return {
    instant: async (query) => run(settings, query, instantTimes(query), lookback(query.lookbackMs)),
    range: async (query) => run(settings, query, rangeTimes(query), lookback(query.lookbackMs)),
    explain: async (query) => {
      const { startMs, endMs, stepMs, plan = settings.plan } = query;
      const isRange = stepMs !== undefined && startMs !== undefined && endMs !== undefined;
      const times = isRange ? rangeTimes({ startMs, endMs, stepMs }) : instantTimes(query);
      return explain({ ...settings, plan }, query, times, lookback(query.lookbackMs));
    },
  };
}

async function explain(
  settings: Settings,
  request: Request & { readonly analyze?: boolean | undefined },
  times: QueryTimes,
  lookbackMs: number,
): Promise<Explanation> {
  const recording: Recording | undefined = request.analyze === true ? new Map() : undefined;
  let ran: Explanation['ran'] = null;
  if (recording !== undefined) {
    const reader = recordingReader(settings.reader, recording);
    const { value, stats, warnings, infos } = await run({ ...settings, reader }, request, times, lookbackMs);
    const { durationMs, samplesRead } = stats;
    ran = {
      durationMs,
      samplesRead,
      resultSeries: 'series' in value ? value.series.length : 1,
      warnings: [...warnings],
      infos: [...infos],
    };
  }
  using deadline = new Deadline(settings.timeoutMs, request.signal);
  using share = settings.together.share();
  const { expr, evaluation, pushDowns } = layOut(settings, request, times, lookbackMs, deadline.signal, share);
  const { reader } = settings;
  return explainQuery({ expr, grid: gridOf(times), evaluation, pushDowns, reader, recording, ran });
}

async function run(settings: Settings, request: Request, times: QueryTimes, lookbackMs: number): Promise<QueryResult> {
  const startedAt = performance.now();
  const timeoutMs = Math.min(request.timeoutMs ?? settings.timeoutMs, settings.timeoutMs);
  using deadline = new Deadline(timeoutMs, request.signal);
  const share = settings.together.share();
  let kept = false;
  try {
    deadline.signal.throwIfAborted();
    const laid = layOut(settings, request, times, lookbackMs, deadline.signal, share);
    const { expr, kind, evaluation, sources, account } = laid;
    const value = await evaluateQuery(evaluation, expr, kind);
    if (request.onAnswer !== undefined) {
      share.keep(sizeOf(value));
      kept = true;
      request.onAnswer(() => share[Symbol.dispose]());
    }
    return {
      value,
      warnings: evaluation.annotations.warnings,
      infos: evaluation.annotations.infos,
      stats: {
        samplesRead: sources.read.samples,
        series: sources.read.series,
        peakSamples: account.peak,
        durationMs: performance.now() - startedAt,
      },
    };
  } catch (error) {
    // Whatever a store makes of an abort, the reason is why the query ended.
    const reason: unknown = deadline.signal.aborted ? deadline.signal.reason : error;
    deadline.abort(reason);
    throw reason;
  } finally {
    if (!kept) share[Symbol.dispose]();
  }
}

async function evaluateQuery(evaluation: Evaluation, expr: Expr, kind: ValueKind): Promise<QueryValue> {
  const { startMs, stepMs } = evaluation.times;
  const grid = gridOf(evaluation.times);
  if (stepMs > 0) {
    evaluation.reserve(grid.count);
    const { rows } = await evaluation.evaluate(expr, grid);
    return matrixOf(await finishRows(rows, evaluation.pace), grid, evaluation.pace);
  }
  if (kind === 'string') {
    const node = withoutParens(expr);
    return { type: 'string', timeMs: startMs, value: node.kind === 'string' ? node.value : '' };
  }
  if (kind === 'range vector') return rangeVectorValue(evaluation, expr, grid);
  const matrix = await evaluation.evaluate(expr, grid);
  if (kind === 'scalar') return { type: 'scalar', timeMs: startMs, value: scalarValues(matrix)[0] as number };
  return vectorOf(await finishRows(matrix.rows, evaluation.pace), startMs);
}

/** The samples themselves: what an instant query of `selector[5m]` or a subquery answers with. */
async function rangeVectorValue(evaluation: Evaluation, expr: Expr, grid: Grid): Promise<QueryValue> {
  const node = withoutParens(expr);
  if (node.kind !== 'range' && node.kind !== 'subquery') throw new Error('an expression of type range vector is none');
  const { batches, windows } = await evaluateRangeVector(evaluation, node, grid);
  const extension = extensionOf(node, evaluation.lookbackMs);
  const results: ResultSeries[] = [];
  for await (const raw of eachSeries(batches)) {
    const samples = withoutStaleMarkers(raw);
    placeWindows(windows, samples);
    const from = windows.from[0] as number;
    const to = windows.to[0] as number;
    if (to <= from) continue;
    const labels = samples.dropName ? withoutMetadata(samples.labels) : samples.labels;
    if (extension !== undefined) {
      const points = extendedPoints(samples, from, to, rangeEndOf(extension, windows, 0), extension);
      if (points !== undefined) results.push({ labels, timestamps: points.times, values: points.values });
      continue;
    }
    // A copy: the columns are only good until the next batch.
    results.push({ labels, timestamps: samples.times.slice(from, to), values: samples.values.slice(from, to) });
  }
  const seen = new Set(results.map((result) => result.labels.key));
  if (seen.size < results.length)
    throw new BinnacleError('query_failed', 'vector cannot contain metrics with the same labelset');
  return { type: 'matrix', series: sortedByLabels(results) };
}
