import { largerOf, smallerOf } from '../kernels/larger-smaller.ts';
import type { FunctionImplementation } from './function.ts';

const pointwise = (compute: (value: number, parameter: number) => number, whenLeftOut = 0): FunctionImplementation => ({
  kind: 'pointwise',
  compute,
  whenLeftOut,
});

/** Rounds to the nearest multiple, ties up; the inverse is used because it loses fewer digits. */
function round(value: number, nearest: number): number {
  const inverse = 1 / nearest;
  return Math.floor(value * inverse + 0.5) / inverse;
}

/** Functions of one value, and limits. */
export const mathFunctions: Readonly<Record<string, FunctionImplementation>> = {
  abs: pointwise(Math.abs),
  acos: pointwise(Math.acos),
  acosh: pointwise(Math.acosh),
  asin: pointwise(Math.asin),
  asinh: pointwise(Math.asinh),
  atan: pointwise(Math.atan),
  atanh: pointwise(Math.atanh),
  ceil: pointwise(Math.ceil),
  clamp_max: pointwise((value, max) => smallerOf(max, value)),
  clamp_min: pointwise((value, min) => largerOf(min, value)),
  cos: pointwise(Math.cos),
  cosh: pointwise(Math.cosh),
  deg: pointwise((value) => (value * 180) / Math.PI),
  exp: pointwise(Math.exp),
  floor: pointwise(Math.floor),
  ln: pointwise(Math.log),
  log10: pointwise(Math.log10),
  log2: pointwise(Math.log2),
  rad: pointwise((value) => (value * Math.PI) / 180),
  round: pointwise(round, 1),
  sgn: pointwise((value) => (value < 0 ? -1 : value > 0 ? 1 : value)),
  sin: pointwise(Math.sin),
  sinh: pointwise(Math.sinh),
  sqrt: pointwise(Math.sqrt),
  tan: pointwise(Math.tan),
  tanh: pointwise(Math.tanh),
};
