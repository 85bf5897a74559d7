import type { GridFunction, GridMethod, GridReader } from '@binnacle/shared/telemetry/grid.ts';
import type { PushDown } from './push-down.ts';

/**
 * Which plan an engine takes. `auto`: the cheaper by estimate. The others are for tests and for `explain`, and mean
 * "wherever it is allowed": `stream` never pushes down, `push-down` computes steps in the store, `resample` fetches buckets.
 */
export type PlanChoice = 'auto' | 'stream' | 'push-down' | 'resample';

/** What is known of a push-down before it runs. */
export interface PushDownSize {
  readonly series: number;
  /** Estimated, over the whole span. */
  readonly samples: number;
  readonly groups: number;
  readonly steps: number;
  readonly stepMs: number;
  readonly windowMs: number;
}

export interface Choice {
  readonly plan: 'stream' | GridMethod;
  readonly reason: string;
}

/** Bytes of a raw sample on its way to the evaluator, and of a step of an answer. */
export const bytesPerSample = 16;
export const bytesPerStep = 9;

/** What grid functions hold in the store while they compute; above it the stream's flat memory is the better plan. */
const mostStateBytes = 512 * 2 ** 20;
/** A bucket of the state of a grid function, and a sample in it: rates keep every sample of a bucket. */
const stateBytesPerStep = 48;
const stateBytesPerSample = 24;
/** Partial results of a bucket. */
const stateBytesPerBucket = 64;
const mostBuckets = 20_000;

const computedByBuckets: ReadonlySet<GridFunction> = new Set<GridFunction>([
  'first_over_time',
  'count_over_time',
  'sum_over_time',
  'avg_over_time',
  'min_over_time',
  'max_over_time',
  'stddev_over_time',
  'stdvar_over_time',
]);

/** The way a store would answer a push-down. */
export const methodOf = (pushDown: PushDown): GridMethod =>
  computedByBuckets.has(pushDown.function) ? 'resample' : 'grid';

/** Chooses the plan of one node. `forced` overrules the estimate, never what is allowed. */
export function choosePlan(
  grid: GridReader | undefined,
  pushDown: PushDown,
  size: PushDownSize,
  forced: PlanChoice,
): Choice {
  if (forced === 'stream') return stream('asked for');
  if (grid === undefined) return stream('the store only hands samples over');
  const method = methodOf(pushDown);
  const impossible = impossibleBecause(grid, method, pushDown, size);
  if (impossible !== undefined) return stream(impossible);
  if (forced === 'auto') return cheaper(grid, method, pushDown, size);
  if ((forced === 'resample') === (method === 'resample')) return { plan: method, reason: 'asked for' };
  return stream('the plan that was asked for does not fit this function');
}

const stream = (reason: string): Choice => ({ plan: 'stream', reason });

function impossibleBecause(
  grid: GridReader,
  method: GridMethod,
  pushDown: PushDown,
  size: PushDownSize,
): string | undefined {
  if (method === 'resample' && pushDown.aggregation !== undefined) return 'buckets are joined series by series';
  if (!grid.offers(method, pushDown.function, pushDown.aggregation)) return 'the store does not offer it';
  if (method === 'grid') {
    const state = size.series * size.steps * stateBytesPerStep + size.samples * stateBytesPerSample;
    return state > mostStateBytes ? 'the store would hold too much while it computes' : undefined;
  }
  const buckets = bucketsOf(size);
  if (buckets > mostBuckets) return 'step and range have no large common divisor';
  return size.series * buckets * stateBytesPerBucket > mostStateBytes ? 'the buckets would be too many' : undefined;
}

/** How many buckets all windows are made of. */
export function bucketsOf({ stepMs, windowMs, steps }: PushDownSize): number {
  if (steps === 1) return 1;
  const widthMs = greatestCommonDivisor(stepMs, windowMs);
  return (windowMs + (steps - 1) * stepMs) / widthMs;
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}

/** Bytes that leave the store. */
export function answerBytes(method: 'stream' | GridMethod, pushDown: PushDown, size: PushDownSize): number {
  if (method === 'stream') return size.samples * bytesPerSample;
  if (method === 'resample') return size.series * bucketsOf(size) * bytesPerStep;
  return (pushDown.aggregation === undefined ? size.series : size.groups) * size.steps * bytesPerStep;
}

/** Below these many samples no plan is worth the choice. */
const worthAsking = { remote: 100_000, embedded: 2_000_000 };
/** Across a network: so many times fewer bytes make up for what the store computes. */
const fewerBytes = 2;
/**
 * Within one process samples are read about as fast as they are counted, so that a store only wins where it keeps one of
 * many: the newest or the largest of at least so many samples. Measured, see `docs/decisions/2026-11-23-query-plans.md`.
 */
const samplesForOne = 20;
const keepsOne: ReadonlySet<GridFunction> = new Set<GridFunction>([
  'last',
  'last_over_time',
  'first_over_time',
  'max_over_time',
]);

function cheaper(grid: GridReader, method: GridMethod, pushDown: PushDown, size: PushDownSize): Choice {
  if (size.samples < worthAsking[grid.place]) return stream('few samples are read sooner than anything else');
  if (grid.place === 'remote') {
    return answerBytes(method, pushDown, size) * fewerBytes < answerBytes('stream', pushDown, size)
      ? { plan: method, reason: 'far fewer bytes cross the network' }
      : stream('the answer is hardly smaller than the samples');
  }
  const kept = size.series * (method === 'resample' ? bucketsOf(size) : size.steps);
  return keepsOne.has(pushDown.function) && size.samples >= samplesForOne * kept
    ? { plan: method, reason: 'the store keeps one of many samples' }
    : stream('samples of an embedded store are read as fast as it computes');
}
