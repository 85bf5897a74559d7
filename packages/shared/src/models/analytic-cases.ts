import cases from './testdata/analytic-models.json' with { type: 'json' };

// Left out of the file, because no model here answers them: the bytes of a naive all-reduce, ZeRO-3 communication volume,
// tensor-parallel all-reduces and bytes, pipeline point-to-point bytes, the parameter count of a GPT, training days,
// mean time to failure and between interruptions, failures per GPU hour, and the expected effective training time.

/** One published or derived number that a model must reproduce. */
export interface AnalyticCase {
  readonly model: string;
  // biome-ignore lint/suspicious/noExplicitAny: each model has inputs of its own
  readonly inputs: any;
  readonly expected: number;
  readonly exact: number;
  readonly toleranceRatio: number;
  readonly source: string;
}

/** Cases of a model; an empty answer would be a test that cannot fail. */
export function analyticCases(model: string): AnalyticCase[] {
  const found = (cases as AnalyticCase[]).filter((one) => one.model === model);
  if (found.length === 0) throw new Error(`no cases of ${model}`);
  return found;
}

/** Relative distance from the exact value of the formula and from the printed figure, within the case's tolerance. */
export function distances(
  actual: number | undefined,
  { exact, expected, toleranceRatio }: AnalyticCase,
): { formula: boolean; printed: boolean } {
  const off = (target: number) =>
    actual === undefined ? Number.POSITIVE_INFINITY : Math.abs(actual - target) / Math.abs(target);
  return { formula: off(exact) < 1e-6, printed: off(expected) <= toleranceRatio + 1e-12 };
}

export const fits = { formula: true, printed: true };
