import type { GridAggregation, GridFunction, GridMethod, GridRequest } from '@binnacle/shared/telemetry/grid.ts';
import type { Engine } from '../engine/engine.ts';
import { clickhouseErrorNumber } from '../engine/engine-errors.ts';
import { countsOnly, gridAggregations, gridFunctions, isGridPair, resampledFunctions } from './allowed.ts';
import { ask } from './ask.ts';
import { finished } from './finish.ts';
import { expected, repeatedSeries, testGrid, testRequest, testSource } from './self-test-data.ts';

type Steps = readonly (number | null)[];

const groups = Uint32Array.of(0, 0, 1, 1);
const quantile = 0.3;

/**
 * Whether this ClickHouse computes what it is asked for as PromQL does: known samples go through the statements that answer
 * queries, for each function and each aggregation once, when it is first wanted. A pair passes when both of its parts do:
 * an aggregation sees nothing but the steps that a function computed.
 */
export class SelfTest {
  readonly #engine: Engine;
  readonly #failed: (part: string) => void;
  readonly #parts = new Map<string, Promise<boolean>>();
  readonly #refused = new Set<string>();

  /** `failed` hears of each part that came out wrong, by its name. */
  constructor(engine: Engine, failed: (part: string) => void) {
    this.#engine = engine;
    this.#failed = failed;
  }

  /** Whether there is an exact form of a pair and nothing is known against it. */
  offers(method: GridMethod, fn: GridFunction, aggregation: GridAggregation | undefined): boolean {
    const exists =
      method === 'grid' ? isGridPair(fn, aggregation) : aggregation === undefined && resampledFunctions.includes(fn);
    return exists && !partsOf(method, fn, aggregation).some((part) => this.#refused.has(nameOf(part)));
  }

  /** Tests the parts of a pair that were not tested yet. Errors: those of the engine, other than a refused statement. */
  async passes(method: GridMethod, fn: GridFunction, aggregation: GridAggregation | undefined): Promise<boolean> {
    if (!this.offers(method, fn, aggregation)) return false;
    for (const part of partsOf(method, fn, aggregation)) if (!(await this.#test(part))) return false;
    return true;
  }

  /** Tests every part now. */
  async all(): Promise<void> {
    for (const fn of Object.keys(gridFunctions) as GridFunction[]) await this.passes('grid', fn, 'count');
    for (const aggregation of gridAggregations) await this.passes('grid', 'last', aggregation);
    for (const fn of resampledFunctions) await this.passes('resample', fn, undefined);
  }

  async #test(part: Part): Promise<boolean> {
    const name = nameOf(part);
    let running = this.#parts.get(name);
    if (running === undefined) {
      running = this.#run(part, name);
      this.#parts.set(name, running);
    }
    try {
      return await running;
    } catch (error) {
      // The engine could not answer: that says nothing about its functions.
      this.#parts.delete(name);
      throw error;
    }
  }

  async #run({ method, fn, aggregation }: Part, name: string): Promise<boolean> {
    const numbers = method === 'grid' ? all : all.filter((number) => number !== repeatedSeries);
    const steps = method === 'grid' ? expected[fn] : expected[fn].slice(0, repeatedSeries);
    const request = {
      ...base(method, fn),
      aggregation,
      groupOf: aggregation === undefined ? undefined : groups,
      quantile,
    };
    const right = await isRight(this.#engine, request, numbers, aggregation ? folded(steps, aggregation) : steps);
    if (right) return true;
    this.#refused.add(name);
    this.#failed(name);
    return false;
  }
}

interface Part {
  readonly method: GridMethod;
  readonly fn: GridFunction;
  readonly aggregation: GridAggregation | undefined;
}

function partsOf(method: GridMethod, fn: GridFunction, aggregation: GridAggregation | undefined): Part[] {
  const itself: Part = { method, fn, aggregation: undefined };
  if (aggregation === undefined) return [itself];
  // Where only presence counts, the function is asked for in another way.
  if (countsOnly(fn, aggregation))
    return [itself, { method, fn, aggregation: 'count' }, { method, fn: 'last', aggregation }];
  return [itself, { method, fn: 'last', aggregation }];
}

const nameOf = ({ method, fn, aggregation }: Part): string =>
  aggregation === undefined ? `${method}:${fn}` : `${method}:${fn}:${aggregation}`;

const all = [0, 1, 2, 3];

const base = (method: GridRequest['method'], fn: GridFunction): GridRequest => ({
  method,
  function: fn,
  ...testGrid,
  ...testRequest([]),
});

/** Whether the whole grid, and its last step alone, come out as they must. */
async function isRight(
  engine: Engine,
  request: GridRequest,
  numbers: readonly number[],
  rows: readonly Steps[],
): Promise<boolean> {
  const whole = { ...request, ...testRequest(numbers) };
  const lastMs = testGrid.startMs + (testGrid.count - 1) * testGrid.stepMs;
  const single = { ...whole, startMs: lastMs, count: 1 };
  const lastSteps = rows.map((steps) => steps.slice(-1));
  return (await answers(engine, whole, numbers, rows)) && (await answers(engine, single, numbers, lastSteps));
}

async function answers(
  engine: Engine,
  request: GridRequest,
  numbers: readonly number[],
  rows: readonly Steps[],
): Promise<boolean> {
  try {
    const answer = finished(request, await ask(engine, request, testSource(numbers), false));
    if (answer.kind === 'declined') return false;
    const some = rows.filter((steps) => steps.some((value) => value !== null)).length;
    return (
      answer.rows.length === some &&
      answer.rows.every(({ index, values, present }) => {
        const steps = rows[index];
        return steps?.every((value, i) =>
          value === null ? present[i] === 0 : present[i] === 1 && isNear(values[i] as number, value),
        );
      })
    );
  } catch (error) {
    // A server that does not know a function says so by a number; one that is gone says nothing.
    if (clickhouseErrorNumber(error) === undefined) throw error;
    return false;
  }
}

const isNear = (value: number, wanted: number): boolean =>
  value === wanted || Math.abs(value - wanted) <= 1e-12 * Math.abs(wanted);

/** Groups of the test, folded as it is written in any textbook. */
function folded(rows: readonly Steps[], aggregation: GridAggregation): Steps[] {
  const members = [rows.slice(0, 2), rows.slice(2)];
  return members.map((group) =>
    Array.from({ length: testGrid.count }, (_, step) => {
      const values = group.map((steps) => steps[step] ?? null).filter((value) => value !== null);
      return values.length === 0
        ? null
        : fold(
            values.sort((a, b) => a - b),
            aggregation,
          );
    }),
  );
}

function fold(sorted: readonly number[], aggregation: GridAggregation): number {
  const count = sorted.length;
  const mean = sorted.reduce((sum, value) => sum + value, 0) / count;
  const variance = sorted.reduce((sum, value) => sum + (value - mean) ** 2, 0) / count;
  const rank = quantile * (count - 1);
  const below = sorted[Math.floor(rank)] as number;
  const above = sorted[Math.min(count - 1, Math.floor(rank) + 1)] as number;
  const answers: Record<GridAggregation, number> = {
    sum: mean * count,
    avg: mean,
    count,
    group: 1,
    min: sorted[0] as number,
    max: sorted[count - 1] as number,
    stddev: Math.sqrt(variance),
    stdvar: variance,
    quantile: below + (rank - Math.floor(rank)) * (above - below),
  };
  return answers[aggregation];
}
