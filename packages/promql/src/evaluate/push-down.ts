import { BinnacleError } from '@binnacle/shared/errors.ts';
import type { GridAnswer, GridReader, GridRequest } from '@binnacle/shared/telemetry/grid.ts';
import type { SampleReader, SeriesEntry } from '@binnacle/shared/telemetry/reader.ts';
import { accumulators } from '../kernels/group-folds.ts';
import { type Aggregation, type Expr, withoutParens } from '../parse/ast.ts';
import { type Choice, choosePlan, methodOf, type PlanChoice, type PushDownSize } from '../plan/cost.ts';
import { resolveAt } from '../plan/plan.ts';
import type { PushDown } from '../plan/push-down.ts';
import type { Evaluation } from './evaluation.ts';
import { groupingOf } from './grouping.ts';
import { compareLabels, type Grid, type Matrix, type Row } from './matrix.ts';
import { mayNotBeCounter } from './range-rows.ts';
import { FoldSink } from './row-sink.ts';

export interface PushDownLimits {
  /** Most raw samples that a query may read in all. */
  readonly maxSamples: number;
  readonly maxSeries: number;
  readonly signal: AbortSignal;
}

/** A push-down over a grid: what would be asked of the store, and the plan that was chosen. */
export interface PreparedPushDown {
  readonly request: GridRequest;
  readonly choice: Choice;
  readonly entries: readonly SeriesEntry[];
  readonly size: PushDownSize;
}

/** The parts of a query that the store answers by itself; whatever it declines is evaluated from samples. */
export class PushDowns {
  readonly #reader: SampleReader;
  readonly #nodes: ReadonlyMap<Expr, PushDown>;
  readonly #forced: PlanChoice;
  readonly #limits: PushDownLimits;
  readonly #count: (samples: number, series: number) => void;

  /** `count` hears how many samples and series an answer was made of. */
  constructor(
    reader: SampleReader,
    nodes: ReadonlyMap<Expr, PushDown>,
    forced: PlanChoice,
    limits: PushDownLimits,
    count: (samples: number, series: number) => void,
  ) {
    this.#reader = reader;
    this.#nodes = nodes;
    this.#forced = forced;
    this.#limits = limits;
    this.#count = count;
  }

  /** The rows of a node; undefined where they are to be evaluated from samples. */
  async evaluate(evaluation: Evaluation, node: Expr, grid: Grid): Promise<Matrix | undefined> {
    const pushDown = this.#nodes.get(node);
    if (pushDown === undefined || this.#reader.grid === undefined || this.#forced === 'stream') return undefined;
    const rows = await this.#rows(evaluation, this.#reader.grid, node, pushDown, grid);
    if (rows !== undefined) return { rows };
    return node.kind === 'aggregation' ? this.#folded(evaluation, this.#reader.grid, node, grid) : undefined;
  }

  /** What would be done for a node; undefined where nothing can be asked of the store. */
  async prepare(evaluation: Evaluation, node: Expr, grid: Grid): Promise<PreparedPushDown | undefined> {
    const pushDown = this.#nodes.get(node);
    if (pushDown === undefined) return undefined;
    const windows = windowsOf(evaluation, pushDown, grid);
    if (windows === undefined) return undefined;
    const spanMs = (windows.count - 1) * windows.stepMs + windows.windowMs;
    const toMs = windows.startMs + (windows.count - 1) * windows.stepMs;
    const range = { fromMs: toMs - spanMs + 1, toMs };
    const entries = await this.#reader.select(pushDown.selector.matchers, range);
    this.#limits.signal.throwIfAborted();
    const { aggregation, quantile } = pushDown;
    const groups = node.kind === 'aggregation' ? groupsOf(node, entries) : undefined;
    const size: PushDownSize = {
      ...windows,
      series: entries.length,
      samples: this.#reader.grid?.expectedSamples(entries, spanMs) ?? 0,
      groups: groups?.count ?? entries.length,
      steps: windows.count,
    };
    const choice = this.#choose(evaluation, pushDown, size, entries);
    const request: GridRequest = {
      method: choice.plan === 'resample' ? 'resample' : 'grid',
      series: entries,
      function: pushDown.function,
      aggregation,
      groupOf: groups?.of,
      quantile,
      ...windows,
      maxSamples: this.#limits.maxSamples,
      signal: this.#limits.signal,
    };
    return { request, choice, entries, size };
  }

  #choose(evaluation: Evaluation, pushDown: PushDown, size: PushDownSize, entries: readonly SeriesEntry[]): Choice {
    const isCounter = pushDown.function === 'rate' || pushDown.function === 'increase';
    if (isCounter && entries.some(({ labels }) => mayNotBeCounter(labels.metricName))) {
      return { plan: 'stream', reason: 'each series has to be looked at for a note on its name' };
    }
    if (this.#forced === 'auto' && sharesItsRead(evaluation, pushDown)) {
      return { plan: 'stream', reason: 'equal selectors are read once' };
    }
    return choosePlan(this.#reader.grid, pushDown, size, this.#forced);
  }

  async #rows(
    evaluation: Evaluation,
    store: GridReader,
    node: Expr,
    pushDown: PushDown,
    grid: Grid,
  ): Promise<Row[] | undefined> {
    const prepared = await this.prepare(evaluation, node, grid);
    if (prepared === undefined || prepared.choice.plan === 'stream') return undefined;
    const { request, entries } = prepared;
    if (entries.length > this.#limits.maxSeries) throw tooManySeries(entries.length, this.#limits.maxSeries);
    evaluation.reserve((node.kind === 'aggregation' ? 1 : entries.length) * grid.count);
    const answer = await store.answer(request);
    this.#limits.signal.throwIfAborted();
    if (answer.kind === 'declined') return undefined;
    evaluation.reserve(answer.rows.length * grid.count);
    this.#count(answer.samplesRead, entries.length);
    return rowsOf(answer, entries, pushDown, node);
  }

  /**
   * What is asked of the store where an aggregation is not: nothing where its series go into their groups as they come from
   * samples.
   */
  insideOf(node: Aggregation): Expr | undefined {
    const inner = withoutParens(node.expr);
    const pushDown = this.#nodes.get(inner);
    if (accumulators[node.op] === undefined || pushDown === undefined) return inner;
    // A spread of nearly equal values depends on the order of the series, which is another from samples.
    if (node.op === 'stddev' || node.op === 'stdvar') return undefined;
    return methodOf(pushDown) === 'resample' ? inner : undefined;
  }

  /** Groups of series that the store answers one by one: its buckets are joined here, and only then folded. */
  async #folded(evaluation: Evaluation, store: GridReader, node: Aggregation, grid: Grid): Promise<Matrix | undefined> {
    const inner = this.insideOf(node);
    const accumulatorOf = accumulators[node.op];
    const pushDown = inner && this.#nodes.get(inner);
    if (inner === undefined || pushDown === undefined || accumulatorOf === undefined) return undefined;
    const rows = await this.#rows(evaluation, store, inner, pushDown, grid);
    if (rows === undefined) return undefined;
    const sink = new FoldSink(evaluation, grid, groupingOf(node), accumulatorOf);
    for (const row of rows) sink.add(row);
    return { rows: sink.matrix().rows.sort((a, b) => compareLabels(a.labels, b.labels)) };
  }
}

/** The windows of a push-down over a grid; undefined where an `@` gives every step the same. */
function windowsOf(
  evaluation: Evaluation,
  { selector, rangeMs }: PushDown,
  grid: Grid,
): Pick<GridRequest, 'startMs' | 'stepMs' | 'count' | 'windowMs'> | undefined {
  const at = resolveAt(selector.at, evaluation.times);
  if (at !== undefined && grid.count > 1) return undefined;
  const { stepMs, count } = grid;
  return {
    startMs: (at ?? grid.startMs) - selector.offsetMs,
    stepMs,
    count,
    windowMs: rangeMs ?? evaluation.lookbackMs,
  };
}

function sharesItsRead(evaluation: Evaluation, { selector }: PushDown): boolean {
  const { fetchOf } = evaluation.plan;
  const mine = fetchOf.get(selector);
  let uses = 0;
  for (const fetch of fetchOf.values()) if (fetch === mine) uses++;
  return uses > 1;
}

function groupsOf(node: Aggregation, entries: readonly SeriesEntry[]): { of: Uint32Array; count: number } {
  const { signature } = groupingOf(node);
  const numbers = new Map<string, number>();
  const of = Uint32Array.from(entries, ({ labels }) => {
    const key = signature(labels);
    const known = numbers.get(key) ?? numbers.size;
    numbers.set(key, known);
    return known;
  });
  return { of, count: numbers.size };
}

function rowsOf(
  { rows }: GridAnswer & { kind: 'rows' },
  entries: readonly SeriesEntry[],
  { keepsName }: PushDown,
  node: Expr,
): Row[] {
  const labelsOf = node.kind === 'aggregation' ? groupingOf(node).labels : undefined;
  const found = rows.map(({ oneSeries, values, present }) => {
    const { labels } = entries[oneSeries] as SeriesEntry;
    return { labels: labelsOf?.(labels) ?? labels, dropName: !keepsName, values, present };
  });
  return found.sort((a, b) => compareLabels(a.labels, b.labels));
}

const tooManySeries = (count: number, most: number): BinnacleError =>
  new BinnacleError('query_limit', `the query selects ${count} series, more than ${most}; narrow the selector`);
