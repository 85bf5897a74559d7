import { stepMs } from './scenario.ts';

export interface SteppedCountersOptions {
  /** Time at which every counter stands at `offsets` (or 0). */
  readonly epochMs: number;
  readonly size: number;
  readonly offsets?: Float64Array;
  /** Fills in what each counter grows by during a step; asked in order of time, pure in `step`. */
  readonly growth: (stepStartMs: number, growth: Float64Array) => void;
}

/** Steps that are kept: a little more than the hour of history and the time it takes to send it. */
const keptSteps = 420;

/**
 * Counters whose growth is known for every step of time: the value at a moment is the sum of the steps before it and a
 * share of the one under way. The same moment gives the same value however often and in whatever order it is asked;
 * moments that left the window are summed again from the epoch.
 */
export class SteppedCounters {
  readonly #options: SteppedCountersOptions;
  readonly #sums: Float64Array[] = [];
  readonly #growth: Float64Array;
  #first = 0;

  constructor(options: SteppedCountersOptions) {
    this.#options = options;
    this.#growth = new Float64Array(options.size);
    this.#restart();
  }

  /** Values at a time; before the epoch those of the epoch. The array is the caller's until the next call with it. */
  at(ms: number, into = new Float64Array(this.#options.size)): Float64Array {
    const steps = Math.max(0, (ms - this.#options.epochMs) / stepMs);
    const step = Math.floor(steps);
    if (step < this.#first) this.#restart();
    const before = this.#sumsAt(step);
    const after = this.#sumsAt(step + 1);
    const share = steps - step;
    for (let i = 0; i < into.length; i++) {
      const from = before[i] as number;
      into[i] = from + ((after[i] as number) - from) * share;
    }
    return into;
  }

  #restart(): void {
    this.#first = 0;
    this.#sums.length = 0;
    const { offsets, size } = this.#options;
    this.#sums.push(offsets === undefined ? new Float64Array(size) : Float64Array.from(offsets));
  }

  #sumsAt(step: number): Float64Array {
    while (this.#first + this.#sums.length <= step) {
      const last = this.#sums.at(-1) as Float64Array;
      const startMs = this.#options.epochMs + (this.#first + this.#sums.length - 1) * stepMs;
      this.#growth.fill(0);
      this.#options.growth(startMs, this.#growth);
      const recycled = this.#sums.length > keptSteps ? this.#sums.shift() : undefined;
      if (recycled !== undefined) this.#first++;
      const next = recycled ?? new Float64Array(this.#options.size);
      for (let i = 0; i < next.length; i++) next[i] = (last[i] as number) + (this.#growth[i] as number);
      this.#sums.push(next);
    }
    return this.#sums[step - this.#first] as Float64Array;
  }
}
