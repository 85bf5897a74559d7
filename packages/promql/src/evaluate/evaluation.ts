import { BinnacleError } from '@binnacle/shared/errors.ts';
import type { Annotations } from '../annotations/annotations.ts';
import type { Features } from '../language/features.ts';
import type { Expr, VectorSelector } from '../parse/ast.ts';
import type { Plan, QueryTimes } from '../plan/plan.ts';
import type { Holding } from './holding.ts';
import type { Grid, Matrix } from './matrix.ts';
import type { Samples } from './samples.ts';

/** Everything the parts of the evaluator share while one query runs. */
export interface Evaluation {
  /** The query as written, for messages. */
  readonly text: string;
  readonly times: QueryTimes;
  readonly plan: Plan;
  readonly lookbackMs: number;
  /** Step of a subquery that names none. */
  readonly subqueryStepMs: number;
  readonly annotations: Annotations;
  /** What of the experimental language is on. */
  readonly features: Features;
  readonly pace: Pace;
  /**
   * The series of a selector with their raw samples, stale markers included, in batches; the columns of a batch are only
   * good until the next is asked for.
   */
  batches(selector: VectorSelector): AsyncIterable<readonly Samples[]>;
  /** What the node that is evaluated holds. */
  readonly holding: Holding;
  /** Refuses with `query_limit` where a result of so many values would be too large beside what the query holds. */
  reserve(values: number): void;
  /** The rows of an expression where the store answers it by itself, else undefined; they count as those of `asking`. */
  pushDown(asking: Evaluation, expr: Expr, grid: Grid): Promise<Matrix | undefined>;
  /** Evaluates an expression of type scalar or instant vector. */
  evaluate(expr: Expr, grid: Grid): Promise<Matrix>;
}

/** Longest stretch of work between two looks at the event loop. */
const maxWorkMs = 2;

/** Evaluations that wait to go on, the longest wait first. */
const waiting: (() => void)[] = [];

/**
 * Resolves in a later turn of the event loop, and in each turn for one evaluation of the process: what else is asked
 * waits for one stretch of work, however many long queries there are.
 */
function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    if (waiting.push(resolve) === 1) setImmediate(admit);
  });
}

function admit(): void {
  waiting.shift()?.();
  if (waiting.length > 0) setImmediate(admit);
}

/**
 * Keeps a long evaluation from holding the event loop, and ends it when the query is canceled or out of time: call `due`
 * between series, and `breathe` where it says so.
 */
export class Pace {
  readonly #signal: AbortSignal;
  #restedAt = performance.now();

  constructor(signal: AbortSignal) {
    this.#signal = signal;
  }

  due(): boolean {
    return performance.now() - this.#restedAt > maxWorkMs;
  }

  async breathe(): Promise<void> {
    await nextTurn();
    this.#signal.throwIfAborted();
    this.#restedAt = performance.now();
  }
}

/** `query_failed`: the query is well formed, but these data give it no answer. */
export const failed = (message: string): BinnacleError => new BinnacleError('query_failed', message);
