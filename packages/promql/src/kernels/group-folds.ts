/** A series over the steps of a grid, as folds see it. */
export interface FoldRow {
  readonly values: Float64Array;
  readonly present: Uint8Array;
}

/** Folds the series of a group, in their order, into one: at each step over those that are there. */
export type GroupFold = (rows: readonly FoldRow[], count: number, out: FoldRow) => void;

const isInfinite = (value: number): boolean => value === Infinity || value === -Infinity;

/** A compensated sum per step. */
export const foldSum: GroupFold = (rows, count, out) => {
  const sums = out.values;
  const compensations = new Float64Array(count);
  for (const { values, present } of rows) {
    for (let i = 0; i < count; i++) {
      if (present[i] === 0) continue;
      const value = values[i] as number;
      if (out.present[i] === 0) {
        out.present[i] = 1;
        sums[i] = value;
        continue;
      }
      const sum = sums[i] as number;
      const total = sum + value;
      if (isInfinite(total)) compensations[i] = 0;
      else
        compensations[i] =
          (compensations[i] as number) + (Math.abs(sum) >= Math.abs(value) ? sum - total + value : value - total + sum);
      sums[i] = total;
    }
  }
  for (let i = 0; i < count; i++)
    if (!isInfinite(sums[i] as number)) sums[i] = (sums[i] as number) + (compensations[i] as number);
};

/** The mean from a compensated sum; from the step at which it would overflow, an incremental mean. */
export const foldAvg: GroupFold = (rows, count, out) => {
  const sums = out.values;
  const compensations = new Float64Array(count);
  const counts = new Float64Array(count);
  const incremental = new Uint8Array(count);
  for (const { values, present } of rows) {
    for (let i = 0; i < count; i++) {
      if (present[i] === 0) continue;
      const seen = counts[i] as number;
      counts[i] = seen + 1;
      let value = values[i] as number;
      if (seen === 0) {
        out.present[i] = 1;
        sums[i] = value;
        continue;
      }
      let sum = sums[i] as number;
      let compensation = compensations[i] as number;
      if (incremental[i] === 0 && isInfinite(sum + value)) {
        incremental[i] = 1;
        sum /= seen;
        compensation /= seen;
      }
      if (incremental[i] === 1) {
        const share = seen / (seen + 1);
        sum *= share;
        compensation *= share;
        value /= seen + 1;
      }
      const total = sum + value;
      if (isInfinite(total)) compensation = 0;
      else compensation += Math.abs(sum) >= Math.abs(value) ? sum - total + value : value - total + sum;
      sums[i] = total;
      compensations[i] = compensation;
    }
  }
  for (let i = 0; i < count; i++) {
    if (out.present[i] === 0) continue;
    const divisor = incremental[i] === 1 ? 1 : (counts[i] as number);
    sums[i] = (sums[i] as number) / divisor + (compensations[i] as number) / divisor;
  }
};

/** The smallest or largest value; NaN only where there is nothing else. */
const foldExtreme =
  (better: (value: number, best: number) => boolean): GroupFold =>
  (rows, count, out) => {
    for (const { values, present } of rows) {
      for (let i = 0; i < count; i++) {
        if (present[i] === 0) continue;
        const value = values[i] as number;
        const best = out.values[i] as number;
        if (out.present[i] === 0 || better(value, best) || Number.isNaN(best)) out.values[i] = value;
        out.present[i] = 1;
      }
    }
  };

export const foldMin: GroupFold = foldExtreme((value, best) => value < best);
export const foldMax: GroupFold = foldExtreme((value, best) => value > best);

export const foldCount: GroupFold = (rows, count, out) => {
  for (const { present } of rows) {
    for (let i = 0; i < count; i++) {
      if (present[i] === 0) continue;
      out.values[i] = (out.values[i] as number) + 1;
      out.present[i] = 1;
    }
  }
};

export const foldGroup: GroupFold = (rows, count, out) => {
  for (const { present } of rows) {
    for (let i = 0; i < count; i++) {
      if (present[i] === 0) continue;
      out.values[i] = 1;
      out.present[i] = 1;
    }
  }
};

/** Population variance by Welford's method; NaN where the first value is not finite. */
export const foldStdvar: GroupFold = (rows, count, out) => {
  const squares = out.values;
  const means = new Float64Array(count);
  const counts = new Float64Array(count);
  for (const { values, present } of rows) {
    for (let i = 0; i < count; i++) {
      if (present[i] === 0) continue;
      const value = values[i] as number;
      const n = (counts[i] as number) + 1;
      counts[i] = n;
      if (n === 1) {
        out.present[i] = 1;
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
  for (let i = 0; i < count; i++) if (out.present[i] === 1) squares[i] = (squares[i] as number) / (counts[i] as number);
};
