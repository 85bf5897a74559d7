/**
 * Inserts samples into the store at argv[2], one bucket after the other from argv[3] (ms), and seals each; prints each sample's
 * number once it is acknowledged. It never ends by itself.
 */
import { labelsFromObject } from '@binnacle/shared/telemetry/labels.ts';
import { SampleBatch } from '@binnacle/shared/telemetry/sample-batch.ts';
import { openTelemetryStore } from '../../store.ts';

const startMs = Number(process.argv[3]);
const store = await openTelemetryStore({ dataDir: process.argv[2] as string });
for (let i = 0; ; i++) {
  // Each sample in two buckets, so that a sealed one gets a sample that comes late.
  const batch = new SampleBatch(2);
  for (const name of ['first', 'again']) {
    const bucket = (name === 'first' ? i : Math.floor(i / 2)) % 40;
    batch.append(batch.addSeries(labelsFromObject({ __name__: 'acknowledged', name })), startMs + bucket * 7_200_000 + i, i);
  }
  const sealed = store.seal(0);
  await store.insert([batch]);
  process.stdout.write(`${i}\n`);
  await sealed;
}
