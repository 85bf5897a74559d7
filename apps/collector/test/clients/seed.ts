import { labelsFromObject } from '@binnacle/shared/telemetry/labels.ts';
import { SampleBatch } from '@binnacle/shared/telemetry/sample-batch.ts';
import { encodeWriteRequest, writeRequestHeaders } from '../../src/wire/remote-write-encode.ts';
import { type GatewayProcess, waitFor } from '../gateway-process.ts';

export const stepMs = 15_000;

/** What the clients' tests ask about: two hosts with four GPUs each, a counter and a value that is UTF-8, 20 minutes long. */
export async function seed(gateway: GatewayProcess): Promise<{ fromMs: number; toMs: number }> {
  const toMs = Math.floor(Date.now() / stepMs) * stepMs;
  const fromMs = toMs - 80 * stepMs;
  const batch = new SampleBatch();
  for (let gpu = 0; gpu < 8; gpu++) {
    const own = { hostname: gpu < 4 ? 'node-1' : 'node-2', gpu: `${gpu % 4}`, job: 'dcgm' };
    const temperature = batch.addSeries(labelsFromObject({ __name__: 'gpu_temp', ...own }));
    const energy = batch.addSeries(labelsFromObject({ __name__: 'gpu_energy_joules_total', ...own }));
    for (let step = 0; step <= 80; step++) {
      batch.append(temperature, fromMs + step * stepMs, 60 + gpu * 5);
      batch.append(energy, fromMs + step * stepMs, step * 15 * 300);
    }
  }
  batch.append(batch.addSeries(labelsFromObject({ __name__: 'jobs', service_name: 'nœud' })), toMs, 1);
  batch.metadata.push(
    { family: 'gpu_temp', type: 'gauge', help: 'Temperature of the GPU.', unit: 'celsius' },
    { family: 'gpu_energy_joules', type: 'counter', help: 'Energy used.', unit: 'joules' },
  );
  const answer = await fetch(`${gateway.url}/api/v1/write`, {
    method: 'POST',
    headers: writeRequestHeaders,
    body: encodeWriteRequest(batch) as Uint8Array<ArrayBuffer>,
  });
  if (!answer.ok) throw new Error(`the samples were not taken: ${answer.status} ${await answer.text()}`);
  await waitFor('the samples', async () => (await gateway.query('gpu_temp', toMs / 1000)).length === 8);
  return { fromMs, toMs };
}
