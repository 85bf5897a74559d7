import type { ArithmeticOp, BinaryOp, ComparisonOp } from '../parse/ast.ts';

/** `a ^ b` as in C: 1 to any power is 1, also NaN; -1 to an infinite power is 1. */
function power(a: number, b: number): number {
  if (a === 1 || (a === -1 && (b === Infinity || b === -Infinity))) return 1;
  return a ** b;
}

const arithmetic: Readonly<Record<ArithmeticOp, (a: number, b: number) => number>> = {
  '+': (a, b) => a + b,
  '-': (a, b) => a - b,
  '*': (a, b) => a * b,
  '/': (a, b) => a / b,
  '%': (a, b) => a % b,
  '^': power,
  atan2: Math.atan2,
};

const comparisons: Readonly<Record<ComparisonOp, (a: number, b: number) => boolean>> = {
  '==': (a, b) => a === b,
  '!=': (a, b) => a !== b,
  '<': (a, b) => a < b,
  '<=': (a, b) => a <= b,
  '>': (a, b) => a > b,
  '>=': (a, b) => a >= b,
};

/** What an operator does with two floats: makes a new one, or decides whether a sample stays. */
export type ElementOperator =
  | { readonly kind: 'arithmetic'; readonly compute: (a: number, b: number) => number }
  | { readonly kind: 'comparison'; readonly holds: (a: number, b: number) => boolean };

/** The operator on floats, or undefined where it has none (set operators, histogram trimming). */
export function elementOperator(op: BinaryOp): ElementOperator | undefined {
  if (op in arithmetic) return { kind: 'arithmetic', compute: arithmetic[op as ArithmeticOp] };
  if (op in comparisons) return { kind: 'comparison', holds: comparisons[op as ComparisonOp] };
  return undefined;
}
