import { labelsFromObject } from '@binnacle/shared/telemetry/labels.ts';
import { SampleBatch } from '@binnacle/shared/telemetry/sample-batch.ts';
import { createEngine, type Engine } from '../engine/engine.ts';
import { everyFeature } from '../language/features.ts';
import { compileMatchers } from '../matching/matcher.ts';
import { childrenOf, type Expr, withoutParens } from '../parse/ast.ts';
import { parseQuery } from '../parse/parse.ts';
import type { QueryResult } from '../result/result.ts';
import { MemoryReader } from '../storage/memory.ts';
import { faultOf, matches } from './compare.ts';
import { type EvalCommand, type LoadCommand, parseScript, type SeriesLine } from './script.ts';

/** What became of one `eval`. */
export interface EvalOutcome {
  readonly line: number;
  readonly expr: string;
  readonly instant: boolean;
  /** Undefined where the engine answered as the script wants, in each of the ways it was asked. */
  readonly fault: string | undefined;
  /** Whether the query looks at native histograms, which the engine does not hold. */
  readonly nativeHistograms: boolean;
}

/** Runs a script against an engine over memory, and says what became of each `eval`. */
export async function runScript(text: string): Promise<EvalOutcome[]> {
  const reader = new MemoryReader();
  const engine = createEngine({ reader, maxSamples: 1_000_000, lookbackMs: 300_000, features: everyFeature });
  const nativeSeries: SeriesLine[] = [];
  const outcomes: EvalOutcome[] = [];
  for (const command of parseScript(text)) {
    if (command.kind === 'clear') {
      reader.clear();
      nativeSeries.length = 0;
    } else if (command.kind === 'load') {
      reader.append(batchOf(command));
      const native = command.series.filter((line) => line.values.includes('histogram'));
      nativeSeries.push(...native, ...(command.withNativeHistograms ? command.series.map(nativeTwin) : []));
    } else {
      const { line, expr, instant } = command;
      const nativeHistograms = looksAtNative(command, nativeSeries);
      outcomes.push({ line, expr, instant, nativeHistograms, fault: await faultOfEval(engine, command) });
    }
  }
  return outcomes;
}

/** The native histogram that `load_with_nhcb` makes of a classic one: no suffix, no `le`. */
function nativeTwin({ labels, values }: SeriesLine): SeriesLine {
  const { le: _, ...others } = labels.toObject();
  return {
    labels: labelsFromObject({ ...others, __name__: labels.metricName.replace(/_(?:bucket|count|sum)$/, '') }),
    values,
  };
}

function batchOf(command: LoadCommand): SampleBatch {
  const batch = new SampleBatch();
  // Of two lines for the same series within a load, the later one holds.
  const lines = new Map(command.series.map((line) => [line.labels.key, line]));
  for (const { labels, values } of lines.values()) {
    const series = batch.addSeries(labels);
    for (const [index, value] of values.entries()) {
      if (value === 'stale') batch.appendStale(series, index * command.stepMs);
      else if (typeof value === 'number') batch.append(series, index * command.stepMs, value);
    }
  }
  return batch;
}

const nativeFunctions = /\bhistogram_(?:count|sum|avg|stddev|stdvar)\b/;

function looksAtNative(command: EvalCommand, nativeSeries: readonly SeriesLine[]): boolean {
  if (nativeFunctions.test(command.expr)) return true;
  if (command.expectedSeries.some((line) => line.values.includes('histogram'))) return true;
  let expr: Expr;
  try {
    expr = parseQuery(command.expr);
  } catch {
    return false;
  }
  const selects = (node: Expr): boolean => {
    if (node.kind !== 'selector') return childrenOf(node).some(selects);
    if (nativeSeries.length === 0) return false;
    const test = compileMatchers(node.matchers);
    return nativeSeries.some((line) => test(line.labels));
  };
  return selects(expr);
}

async function faultOfEval(engine: Engine, command: EvalCommand): Promise<string | undefined> {
  const direct = await attempt(engine, command, command.expr, command.startMs);
  if (direct !== undefined || !command.instant) return direct;
  for (const variant of pinnedVariants(command)) {
    const fault = await attempt(engine, command, variant.expr, variant.timeMs);
    if (fault !== undefined) return `as "${variant.expr}" at ${variant.timeMs} ms: ${fault}`;
  }
  return faultWithinRange(engine, command);
}

async function attempt(
  engine: Engine,
  command: EvalCommand,
  expr: string,
  timeMs: number,
): Promise<string | undefined> {
  const expectsFailure = command.expects.find((line) => line.type === 'fail');
  let result: QueryResult;
  try {
    result = command.instant
      ? await engine.instant({ query: expr, timeMs })
      : await engine.range({ query: expr, startMs: command.startMs, endMs: command.endMs, stepMs: command.stepMs });
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    if (expectsFailure === undefined) return `failed: ${message}`;
    return matches(expectsFailure, message)
      ? undefined
      : `failed with "${message}" instead of ${String(expectsFailure.message)}`;
  }
  if (expectsFailure !== undefined) return 'expected a failure, got an answer';
  const sameText = expr === command.expr;
  return faultOf(sameText ? command : withoutPositions(command), result);
}

/** Messages carry positions in the text, which move when the text is changed. */
function withoutPositions(command: EvalCommand): EvalCommand {
  const expects = command.expects.map((line) => (line.message === undefined ? line : { ...line, message: undefined }));
  return { ...command, expects };
}

/** Functions whose answer depends on the evaluation time, so that pinning their selectors changes it. */
const timeDependent =
  /\b(?:days_in_month|day_of_month|day_of_week|day_of_year|hour|minute|month|year|predict_linear|time|timestamp|start|end|range|step)\s*\(/;

/** The query with every selector pinned to its time by `@`, to be asked at other times: the answer must not change. */
function pinnedVariants(command: EvalCommand): { expr: string; timeMs: number }[] {
  if (timeDependent.test(command.expr) || command.expectedString !== undefined || command.rangeVector !== undefined)
    return [];
  let expr: Expr;
  try {
    expr = parseQuery(command.expr);
  } catch {
    return [];
  }
  const at = ` @ ${(command.startMs / 1000).toFixed(3)}`;
  const places: number[] = [];
  const visit = (node: Expr): void => {
    if (node.kind === 'range') {
      if (node.selector.at === undefined) places.push(node.span.to);
      return;
    }
    if (node.kind === 'subquery') {
      if (node.at === undefined) places.push(node.span.to);
      // What is inside a subquery is asked at other times than the query.
      return;
    }
    if (node.kind === 'selector' && node.at === undefined) places.push(node.span.to);
    for (const child of childrenOf(node)) visit(child);
  };
  visit(expr);
  let text = command.expr;
  for (const place of places.sort((a, b) => b - a)) text = text.slice(0, place) + at + text.slice(place);
  const t = command.startMs;
  const times = t === 0 ? [-1000, 0, 1000] : [-10 * t, 0, Math.trunc(t / 5), t, 10 * t];
  return times.map((timeMs) => ({ expr: text, timeMs }));
}

/** Asks an instant query as the middle step of a range query: the answer must be the same. */
async function faultWithinRange(engine: Engine, command: EvalCommand): Promise<string | undefined> {
  const ordered = command.expects.some((line) => line.type === 'ordered');
  const fails = command.expects.some((line) => line.type === 'fail');
  if (ordered || fails || command.expectedString !== undefined || command.rangeVector !== undefined) return undefined;
  if (/\b(?:start|end|range|step)\s*\(/.test(command.expr)) return undefined;
  let expr: Expr;
  try {
    expr = withoutParens(parseQuery(command.expr));
  } catch {
    return undefined;
  }
  if (expr.kind === 'range' || expr.kind === 'subquery') return undefined;
  const stepMs = 60_000;
  const middle = command.startMs;
  let result: QueryResult;
  try {
    result = await engine.range({ query: command.expr, startMs: middle - stepMs, endMs: middle + stepMs, stepMs });
  } catch (error) {
    return `as a range query: failed: ${error instanceof Error ? error.message : String(error)}`;
  }
  if (result.value.type !== 'matrix') return 'as a range query: the answer is not a matrix';
  const at = result.value.series.flatMap((series) => {
    const index = series.timestamps.indexOf(middle);
    return index < 0 ? [] : [{ labels: series.labels, value: series.values[index] as number }];
  });
  // Warnings may differ from step to step, so only the values are compared.
  const bare = { ...command, expects: [] };
  const first = at[0];
  const fault =
    command.expectedScalar !== undefined
      ? faultOf(bare, { ...result, value: { type: 'scalar', timeMs: middle, value: first?.value ?? Number.NaN } })
      : faultOf(bare, {
          ...result,
          value: {
            type: 'vector',
            timeMs: middle,
            series: at.map(({ labels }) => labels),
            values: Float64Array.from(at, ({ value }) => value),
          },
        });
  return fault === undefined ? undefined : `as a range query: ${fault}`;
}
