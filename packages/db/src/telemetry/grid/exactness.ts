import type { AnswerRow } from './decode.ts';

/** A row over the steps of the grid, or why the store cannot promise it. */
export type Finished = { readonly values: Float64Array; readonly present: Uint8Array } | { readonly declined: string };

export const declined = (reason: string): Finished => ({ declined: reason });

/** Whether all sums of the row's samples are whole numbers that floats hold exactly, in whatever order they are made. */
export const wholeNumbers = ({ broken, top, samples }: AnswerRow): boolean => broken === 0 && top * samples < 2 ** 53;

/** Whether every sum is at least so large a share of the sum of its terms' magnitudes: less of it is rounding. */
export function keepsDigits(totals: Float64Array, magnitudes: Float64Array, share: number): boolean {
  for (let i = 0; i < totals.length; i++) {
    if (Math.abs(totals[i] as number) < share * (magnitudes[i] as number)) return false;
  }
  return true;
}

/** A standard deviation smaller than this beside the values has lost digits that depend on the order of the sums. */
const leastDeviation = 1e-5;

/** Whether every variance is 0 or large enough beside the values to be the same in whatever order it is computed. */
export function steadySpread(variances: Float64Array, magnitudes: Float64Array, present: Uint8Array): boolean {
  for (let i = 0; i < variances.length; i++) {
    const variance = variances[i] as number;
    if (present[i] === 0 || variance === 0) continue;
    if (!(variance > (leastDeviation * (magnitudes[i] as number)) ** 2)) return false;
  }
  return true;
}
