import type { Evaluation } from '../evaluate/evaluation.ts';
import type { Grid, Matrix } from '../evaluate/matrix.ts';
import type { RangeKernel } from '../kernels/windows.ts';
import type { Call } from '../parse/ast.ts';

/** How a function of the table is computed. */
export type FunctionImplementation =
  /** Over one range vector; every other argument is a scalar. */
  | { readonly kind: 'range'; readonly kernel: RangeKernel; readonly keepsName: boolean }
  /** Value by value over one instant vector; a second argument is a scalar, `whenLeftOut` where it is not given. */
  | {
      readonly kind: 'pointwise';
      readonly compute: (value: number, parameter: number) => number;
      readonly whenLeftOut: number;
    }
  /** With the whole evaluation at hand. */
  | { readonly kind: 'whole'; readonly evaluate: (evaluation: Evaluation, call: Call, grid: Grid) => Promise<Matrix> };
