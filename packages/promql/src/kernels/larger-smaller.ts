/**
 * The larger of two floats as Go's `math.Max` has it, which PromQL inherits: +Inf is larger than anything, even than NaN;
 * beside any other value NaN wins.
 */
export const largerOf = (a: number, b: number): number =>
  a === Infinity || b === Infinity ? Infinity : Math.max(a, b);

/** The smaller of two floats as Go's `math.Min` has it: -Inf is smaller than anything, even than NaN. */
export const smallerOf = (a: number, b: number): number =>
  a === -Infinity || b === -Infinity ? -Infinity : Math.min(a, b);
