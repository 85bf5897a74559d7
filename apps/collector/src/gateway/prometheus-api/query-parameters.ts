import { invalid, type Parameters } from './parameters.ts';

/** What queries at one moment and over a range have in common. */
export function queryOf(parameters: Parameters): {
  query: string;
  timeoutMs: number | undefined;
  lookbackMs: number | undefined;
} {
  return {
    query: parameters.required('query'),
    timeoutMs: parameters.durationMs('timeout'),
    lookbackMs: parameters.durationMs('lookback_delta'),
  };
}

/** The steps of a range query: `start`, `end` and `step`, all of them needed. */
export function stepsOf(parameters: Parameters): { startMs: number; endMs: number; stepMs: number } {
  const startMs = parameters.requiredTimeMs('start');
  const endMs = parameters.requiredTimeMs('end');
  if (endMs < startMs) throw invalid('end', 'end timestamp must not be before start time');
  parameters.required('step');
  const stepMs = parameters.durationMs('step') as number;
  if (stepMs <= 0) {
    const message = 'zero or negative query resolution step widths are not accepted. Try a positive integer';
    throw invalid('step', message);
  }
  return { startMs, endMs, stepMs };
}
