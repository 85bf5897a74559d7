import { SampleBatch } from '@binnacle/shared/telemetry/sample-batch.ts';
import { createEngine, type Engine } from '../engine/engine.ts';
import { everyFeature, type Feature, type Features } from '../language/features.ts';
import type { QueryResult, QueryValue } from '../result/result.ts';
import { MemoryReader } from '../storage/memory.ts';
import { type Experimental, LoadedKinds, type Needs } from './classify.ts';
import { faultOf, faultOfOrder, faultOfValue, matches } from './compare.ts';
import { type Asking, isRepeatableAsRange, pinnedAskings } from './reruns.ts';
import { type EvalCommand, type LoadCommand, parseScript } from './script.ts';

/** What became of one `eval`. */
export interface EvalOutcome {
  readonly line: number;
  readonly expr: string;
  readonly instant: boolean;
  /** Why it was not run; undefined where it was. */
  readonly skipped: string | undefined;
  /** What was expected and what came; undefined where each way of asking had the wanted answer. */
  readonly fault: string | undefined;
  readonly nativeHistograms: boolean;
  readonly experimental: readonly Experimental[];
}

/** `core`: the language without experimental features; `float`: all of it but native histograms; `all`: every eval. */
export type Scope = 'core' | 'float' | 'all';

export interface ScriptOptions {
  /** Which evals are run; `float` where left out. */
  readonly only?: Scope;
  /** Features that the engine has; all where left out. An eval that needs another one is skipped. */
  readonly features?: Features;
}

/**
 * Runs a script against an engine over memory, and says what became of each `eval`. An instant query is asked again with
 * its selectors pinned by `@` at other times, and each of those as the middle of a range query. Throws a `ScriptError`
 * where the text is no script.
 */
export async function runScript(text: string, options: ScriptOptions = {}): Promise<EvalOutcome[]> {
  const { only = 'float', features = everyFeature } = options;
  const reader = new MemoryReader();
  const engine = createEngine({ reader, maxSamples: 1_000_000, lookbackMs: 300_000, features });
  const kinds = new LoadedKinds();
  const outcomes: EvalOutcome[] = [];
  for (const command of parseScript(text)) {
    if (command.kind === 'clear') {
      reader.clear();
      kinds.clear();
    } else if (command.kind === 'load') {
      load(reader, command);
      kinds.add(command);
    } else {
      const { line, expr, instant } = command;
      const needs = kinds.needsOf(command);
      const skipped = reasonToSkip(needs, only, features);
      const fault = skipped === undefined ? await faultOfEval(engine, command) : undefined;
      outcomes.push({ line, expr, instant, skipped, fault, ...needs });
    }
  }
  return outcomes;
}

function reasonToSkip(needs: Needs, only: Scope, features: Features): string | undefined {
  const missing = needs.experimental.filter(
    (part) => everyFeature.has(part as Feature) && !features.has(part as Feature),
  );
  if (missing.length > 0) return `needs ${missing.join(', ')}`;
  if (needs.nativeHistograms && only !== 'all') return 'native histograms';
  if (needs.experimental.length > 0 && only === 'core') return `experimental: ${needs.experimental.join(', ')}`;
  return undefined;
}

function load(reader: MemoryReader, command: LoadCommand): void {
  const batch = new SampleBatch();
  const starts: number[] = [];
  // Of two lines for the same series within a load, the later one holds.
  const lines = new Map(command.series.map((line) => [line.labels.key, line]));
  for (const { labels, values, startOffsetsMs } of lines.values()) {
    const series = batch.addSeries(labels);
    for (const [index, value] of values.entries()) {
      const timeMs = index * command.stepMs;
      if (value === 'stale') batch.appendStale(series, timeMs);
      else if (typeof value === 'number') batch.append(series, timeMs, value);
      else continue;
      const offset = startOffsetsMs?.[index];
      starts.push(offset === undefined ? 0 : timeMs + offset);
    }
  }
  reader.append(batch, starts.some((start) => start !== 0) ? Float64Array.from(starts) : undefined);
}

async function faultOfEval(engine: Engine, command: EvalCommand): Promise<string | undefined> {
  if (!command.instant) {
    const { expr, startMs, endMs, stepMs } = command;
    const answer = await ask(command, () => engine.range({ query: expr, startMs, endMs, stepMs }));
    return answer.fault;
  }
  const askings: Asking[] = [{ expr: command.expr, timeMs: command.startMs }, ...pinnedAskings(command)];
  for (const [index, asking] of askings.entries()) {
    const fault = await faultOfAsking(engine, command, asking);
    if (fault !== undefined) return index === 0 ? fault : `as "${asking.expr}" at ${asking.timeMs} ms: ${fault}`;
  }
  return undefined;
}

async function faultOfAsking(engine: Engine, command: EvalCommand, asking: Asking): Promise<string | undefined> {
  const { expr, timeMs } = asking;
  const { fault, result } = await ask(command, () => engine.instant({ query: expr, timeMs }));
  if (result === undefined || fault !== undefined || !isRepeatableAsRange(command)) return fault;
  const within = await faultWithinRange(engine, command, asking, result.value);
  return within === undefined ? undefined : `as a range query: ${within}`;
}

/** Asks, and compares; `result` is undefined where the query failed, as it was expected to or not. */
async function ask(
  command: EvalCommand,
  query: () => Promise<QueryResult>,
): Promise<{ readonly fault: string | undefined; readonly result?: QueryResult }> {
  const expectedFailure = command.expects.find((line) => line.type === 'fail');
  let result: QueryResult;
  try {
    result = await query();
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    if (expectedFailure === undefined) return { fault: `expected an answer, failed with "${message}"` };
    const fault = `expected to fail with ${String(expectedFailure.message)}, failed with "${message}"`;
    return { fault: matches(expectedFailure, message) ? undefined : fault };
  }
  if (expectedFailure !== undefined) return { fault: 'expected a failure, got an answer' };
  return { fault: faultOf(command, result), result };
}

const stepMs = 60_000;

/** Asks an instant query as the middle step of a range query: the answer must be the same. */
async function faultWithinRange(
  engine: Engine,
  command: EvalCommand,
  { expr, timeMs }: Asking,
  instant: QueryValue,
): Promise<string | undefined> {
  let value: QueryValue;
  try {
    const times = { startMs: timeMs - stepMs, endMs: timeMs + stepMs, stepMs };
    ({ value } = await engine.range({ query: expr, ...times }));
  } catch (error) {
    return `expected an answer, failed with "${error instanceof Error ? error.message : String(error)}"`;
  }
  if (value.type !== 'matrix') return `expected a matrix, got a ${value.type}`;
  // A range query has an order of its own.
  if (command.expects.some((line) => line.type === 'ordered')) return undefined;
  const middle = value.series.flatMap(({ labels, timestamps, values }) => {
    const index = timestamps.indexOf(timeMs);
    return index < 0 ? [] : [{ labels, value: values[index] as number }];
  });
  const order = faultOfOrder(value);
  if (order !== undefined) return order;
  if (instant.type === 'scalar')
    return faultOfValue(command, { type: 'scalar', timeMs, value: middle[0]?.value ?? Number.NaN });
  const values = Float64Array.from(middle, ({ value: one }) => one);
  return faultOfValue(command, { type: 'vector', timeMs, series: middle.map(({ labels }) => labels), values });
}
