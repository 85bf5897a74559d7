/** A series over the steps of a grid, as folds see it. */
export interface FoldRow {
  readonly values: Float64Array;
  readonly present: Uint8Array;
}

/** Folds the series of a group into one, series after series: at each step those that are there. */
export interface Accumulator {
  add(values: Float64Array, present: Uint8Array): void;
  /** Writes the group's values and where there are any. */
  finish(out: FoldRow): void;
}

/** Makes the accumulator of a group over `count` steps. */
export type AccumulatorOf = (count: number) => Accumulator;

const isInfinite = (value: number): boolean => value === Infinity || value === -Infinity;

/**
 * What `total = sum + value` lost to rounding, exactly (Knuth's TwoSum). Neumaier's variant of Kahan's sum finds the same with
 * a comparison, which a processor guesses wrong about every other time.
 */
const lost = (sum: number, value: number, total: number): number => {
  const added = total - sum;
  return sum - (total - added) + (value - added);
};

/** A compensated sum per step. */
class Sum implements Accumulator {
  readonly #sums: Float64Array;
  readonly #compensations: Float64Array;
  readonly #present: Uint8Array;

  constructor(count: number) {
    this.#sums = new Float64Array(count);
    this.#compensations = new Float64Array(count);
    this.#present = new Uint8Array(count);
  }

  add(values: Float64Array, present: Uint8Array): void {
    const sums = this.#sums;
    const compensations = this.#compensations;
    const known = this.#present;
    for (let i = 0; i < sums.length; i++) {
      if (present[i] === 0) continue;
      const value = values[i] as number;
      if (known[i] === 0) {
        known[i] = 1;
        sums[i] = value;
        continue;
      }
      const sum = sums[i] as number;
      const total = sum + value;
      if (total === Infinity || total === -Infinity) compensations[i] = 0;
      else compensations[i] = (compensations[i] as number) + lost(sum, value, total);
      sums[i] = total;
    }
  }

  finish(out: FoldRow): void {
    out.present.set(this.#present);
    for (let i = 0; i < this.#sums.length; i++) {
      const sum = this.#sums[i] as number;
      out.values[i] = isInfinite(sum) ? sum : sum + (this.#compensations[i] as number);
    }
  }
}

/** The mean from a compensated sum; from the step at which it would overflow, an incremental mean. */
class Mean implements Accumulator {
  readonly #sums: Float64Array;
  readonly #compensations: Float64Array;
  readonly #counts: Float64Array;
  readonly #incremental: Uint8Array;

  constructor(count: number) {
    this.#sums = new Float64Array(count);
    this.#compensations = new Float64Array(count);
    this.#counts = new Float64Array(count);
    this.#incremental = new Uint8Array(count);
  }

  add(values: Float64Array, present: Uint8Array): void {
    const sums = this.#sums;
    const compensations = this.#compensations;
    const counts = this.#counts;
    const incremental = this.#incremental;
    for (let i = 0; i < sums.length; i++) {
      if (present[i] === 0) continue;
      const seen = counts[i] as number;
      counts[i] = seen + 1;
      let value = values[i] as number;
      if (seen === 0) {
        sums[i] = value;
        continue;
      }
      let sum = sums[i] as number;
      let compensation = compensations[i] as number;
      if (incremental[i] === 0) {
        const total = sum + value;
        if (total !== Infinity && total !== -Infinity) {
          sums[i] = total;
          compensations[i] = compensation + lost(sum, value, total);
          continue;
        }
        incremental[i] = 1;
        sum /= seen;
        compensation /= seen;
      }
      const share = seen / (seen + 1);
      sum *= share;
      compensation *= share;
      value /= seen + 1;
      const total = sum + value;
      if (isInfinite(total)) compensation = 0;
      else compensation += lost(sum, value, total);
      sums[i] = total;
      compensations[i] = compensation;
    }
  }

  finish(out: FoldRow): void {
    for (let i = 0; i < this.#sums.length; i++) {
      const count = this.#counts[i] as number;
      if (count === 0) continue;
      const divisor = this.#incremental[i] === 1 ? 1 : count;
      out.values[i] = (this.#sums[i] as number) / divisor + (this.#compensations[i] as number) / divisor;
      out.present[i] = 1;
    }
  }
}

/** The smallest value; NaN only where there is nothing else. */
class Minimum implements Accumulator {
  readonly #best: Float64Array;
  readonly #present: Uint8Array;

  constructor(count: number) {
    this.#best = new Float64Array(count);
    this.#present = new Uint8Array(count);
  }

  add(values: Float64Array, present: Uint8Array): void {
    const best = this.#best;
    const known = this.#present;
    for (let i = 0; i < best.length; i++) {
      if (present[i] === 0) continue;
      const value = values[i] as number;
      if (known[i] === 0 || value < (best[i] as number) || Number.isNaN(best[i] as number)) best[i] = value;
      known[i] = 1;
    }
  }

  finish(out: FoldRow): void {
    out.present.set(this.#present);
    out.values.set(this.#best);
  }
}

/** The largest value; NaN only where there is nothing else. */
class Maximum implements Accumulator {
  readonly #best: Float64Array;
  readonly #present: Uint8Array;

  constructor(count: number) {
    this.#best = new Float64Array(count);
    this.#present = new Uint8Array(count);
  }

  add(values: Float64Array, present: Uint8Array): void {
    const best = this.#best;
    const known = this.#present;
    for (let i = 0; i < best.length; i++) {
      if (present[i] === 0) continue;
      const value = values[i] as number;
      if (known[i] === 0 || value > (best[i] as number) || Number.isNaN(best[i] as number)) best[i] = value;
      known[i] = 1;
    }
  }

  finish(out: FoldRow): void {
    out.present.set(this.#present);
    out.values.set(this.#best);
  }
}

/** How many there are. */
class Count implements Accumulator {
  readonly #counts: Float64Array;

  constructor(count: number) {
    this.#counts = new Float64Array(count);
  }

  add(_values: Float64Array, present: Uint8Array): void {
    const counts = this.#counts;
    for (let i = 0; i < counts.length; i++) counts[i] = (counts[i] as number) + (present[i] as number);
  }

  finish(out: FoldRow): void {
    out.values.set(this.#counts);
    for (let i = 0; i < this.#counts.length; i++) out.present[i] = this.#counts[i] === 0 ? 0 : 1;
  }
}

/** 1 where there is any. */
class Any implements Accumulator {
  readonly #present: Uint8Array;

  constructor(count: number) {
    this.#present = new Uint8Array(count);
  }

  add(_values: Float64Array, present: Uint8Array): void {
    const known = this.#present;
    for (let i = 0; i < known.length; i++) if (present[i] === 1) known[i] = 1;
  }

  finish(out: FoldRow): void {
    out.present.set(this.#present);
    out.values.set(this.#present);
  }
}

/** Population variance by Welford's method, or its root; NaN where the first value is not finite. */
class Variance implements Accumulator {
  readonly #squares: Float64Array;
  readonly #means: Float64Array;
  readonly #counts: Float64Array;
  readonly #root: boolean;

  constructor(count: number, root: boolean) {
    this.#squares = new Float64Array(count);
    this.#means = new Float64Array(count);
    this.#counts = new Float64Array(count);
    this.#root = root;
  }

  add(values: Float64Array, present: Uint8Array): void {
    const squares = this.#squares;
    const means = this.#means;
    const counts = this.#counts;
    for (let i = 0; i < squares.length; i++) {
      if (present[i] === 0) continue;
      const value = values[i] as number;
      const n = (counts[i] as number) + 1;
      counts[i] = n;
      if (n === 1) {
        means[i] = value;
        squares[i] = Number.isFinite(value) ? 0 : Number.NaN;
        continue;
      }
      const distance = value - (means[i] as number);
      const mean = (means[i] as number) + distance / n;
      means[i] = mean;
      squares[i] = (squares[i] as number) + distance * (value - mean);
    }
  }

  finish(out: FoldRow): void {
    for (let i = 0; i < this.#counts.length; i++) {
      const count = this.#counts[i] as number;
      if (count === 0) continue;
      const variance = (this.#squares[i] as number) / count;
      out.values[i] = this.#root ? Math.sqrt(variance) : variance;
      out.present[i] = 1;
    }
  }
}

/** Aggregations that need no series once it was added, by operator. */
export const accumulators: Readonly<Record<string, AccumulatorOf>> = {
  sum: (count) => new Sum(count),
  avg: (count) => new Mean(count),
  min: (count) => new Minimum(count),
  max: (count) => new Maximum(count),
  count: (count) => new Count(count),
  group: (count) => new Any(count),
  stdvar: (count) => new Variance(count, false),
  stddev: (count) => new Variance(count, true),
};
