import type { Engine } from '@binnacle/promql/engine/engine.ts';
import { BinnacleError } from '@binnacle/shared/errors.ts';
import { addToCounter, recordSeconds } from '../telemetry/instruments.ts';
import { withSpan } from '../telemetry/spans.ts';

/** The engine with a span, a duration and a failure counter around each query. `purpose`: query or rule. */
export function measuredEngine(engine: Engine, purpose: 'query' | 'rule'): Engine {
  const measured = <T>(kind: string, work: () => Promise<T>): Promise<T> => {
    const began = performance.now();
    return withSpan('binnacle.query', { 'binnacle.query.kind': kind, 'binnacle.query.purpose': purpose }, work)
      .catch((error: unknown) => {
        addToCounter('binnacle_query_failures_total', 1, {
          kind,
          purpose,
          code: error instanceof BinnacleError ? error.code : 'internal',
        });
        throw error;
      })
      .finally(() =>
        recordSeconds('binnacle_query_duration_seconds', (performance.now() - began) / 1000, { kind, purpose }),
      );
  };
  return {
    instant: (query) => measured('instant', () => engine.instant(query)),
    range: (query) => measured('range', () => engine.range(query)),
    explain: (query) => measured('explain', () => engine.explain(query)),
  };
}
