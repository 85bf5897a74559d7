/**
 * Inserts one sample after another into the store at argv[2], and prints each sample's number once it is acknowledged.
 * It never ends by itself.
 */
import { labelsFromObject } from '@binnacle/shared/telemetry/labels.ts';
import { SampleBatch } from '@binnacle/shared/telemetry/sample-batch.ts';
import { openTelemetryStore } from '../store.ts';

const startMs = Number(process.argv[3]);
const store = await openTelemetryStore({ dataDir: process.argv[2] as string });
for (let i = 0; ; i++) {
  const batch = new SampleBatch(2);
  batch.append(batch.addSeries(labelsFromObject({ __name__: 'acknowledged' })), startMs + i, i);
  batch.append(batch.addSeries(labelsFromObject({ __name__: 'new_series', number: String(i) })), startMs + i, i);
  await store.insert([batch]);
  process.stdout.write(`${i}\n`);
}
