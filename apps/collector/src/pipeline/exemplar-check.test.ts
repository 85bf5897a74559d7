import { labelsFromObject } from '@binnacle/shared/telemetry/labels.ts';
import { SampleBatch } from '@binnacle/shared/telemetry/sample-batch.ts';
import { expect, it, onTestFinished } from 'vitest';
import { limitsWith } from './limits.ts';
import { Pipeline } from './pipeline.ts';

const nowMs = 1_788_000_000_000;
const series = labelsFromObject({ __name__: 'took_bucket', le: '1' });
const origin = { receiver: 'test', source: 'a' };

it('exemplars are checked one by one, and those that are left are stored without a sample beside them', async () => {
  const stored: SampleBatch[] = [];
  const pipeline = new Pipeline({
    limits: limitsWith(),
    insert: async (batches) => void stored.push(...batches),
    now: () => nowMs,
  });
  onTestFinished(() => pipeline.close());
  const batch = new SampleBatch();
  const exemplar = (labels: Record<string, string>, timestampMs = nowMs, of = series) =>
    batch.exemplars.push({ series: of, labels: labelsFromObject(labels), timestampMs, value: 1 });
  exemplar({ trace_id: 'x'.repeat(120) });
  exemplar({ trace_id: 'x'.repeat(121) });
  exemplar({}, nowMs + 600_001);
  exemplar({}, nowMs - 31 * 86_400_000);
  exemplar({ trace_id: '\ud800' });
  exemplar({}, nowMs, labelsFromObject({ le: '1' }));
  exemplar({});
  const result = await pipeline.write(batch, origin);
  expect(result.acceptedExemplars).toBe(2);
  expect(Object.fromEntries(result.refused.map(({ reason, count }) => [reason, count]))).toEqual({
    bad_exemplar: 2,
    too_far_in_future: 1,
    too_old: 1,
    no_metric_name: 1,
  });
  expect(stored[0]?.exemplars.map(({ labels }) => labels.toObject())).toEqual([{ trace_id: 'x'.repeat(120) }, {}]);
});
