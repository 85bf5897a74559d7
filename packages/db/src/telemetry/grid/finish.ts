import { BinnacleError } from '@binnacle/shared/errors.ts';
import type { GridAnswer, GridRequest, GridRow } from '@binnacle/shared/telemetry/grid.ts';
import type { Asked } from './ask.ts';
import { finishGrid } from './finish-grid.ts';
import { finishResampled } from './finish-resample.ts';

/** The rows of an answer, or the first reason not to give it. Errors: `query_limit` beyond `maxSamples`. */
export function finished(request: GridRequest, { rows, samples, bytes }: Asked): GridAnswer {
  if (samples > request.maxSamples) {
    throw new BinnacleError(
      'query_limit',
      `The query would read more than ${request.maxSamples} samples; narrow the time range or the selector.`,
    );
  }
  const finish = request.method === 'grid' ? finishGrid : finishResampled;
  const done: GridRow[] = [];
  for (const row of rows) {
    if (row.odd > 0) return { kind: 'declined', reason: 'NaN, infinite or very large samples were read' };
    const steps = finish(request, row);
    if ('declined' in steps) return { kind: 'declined', reason: steps.declined };
    if (steps.present.includes(1)) done.push({ index: row.group, oneSeries: row.series, ...steps });
  }
  return { kind: 'rows', rows: done, samplesRead: samples, bytes };
}
