import type { Engine } from '@binnacle/promql/engine/engine.ts';
import { BinnacleError } from '@binnacle/shared/errors.ts';
import type { Evaluate } from '../alerts/evaluator.ts';

/** Runs a rule's expression at one instant; a scalar is one series without labels, as Prometheus has it. */
export function createEvaluate(engine: Engine): Evaluate {
  return async (query, timeMs, signal) => {
    const { value } = await engine.instant({ query, timeMs, signal });
    if (value.type === 'vector')
      return value.series.map((labels, i) => ({ labels: labels.toObject(), value: value.values[i] as number }));
    if (value.type === 'scalar') return [{ labels: {}, value: value.value }];
    throw new BinnacleError('query_invalid', `a rule needs a vector or a scalar, not a ${value.type}`);
  };
}
