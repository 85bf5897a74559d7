import { createEngine } from '@binnacle/promql/engine/engine.ts';
import { MemoryReader } from '@binnacle/promql/storage/memory.ts';
import { labelsFromObject } from '@binnacle/shared/telemetry/labels.ts';
import { SampleBatch } from '@binnacle/shared/telemetry/sample-batch.ts';
import fastify, { type FastifyInstance } from 'fastify';
import { afterEach } from 'vitest';
import { type PrometheusApiOptions, registerPrometheusApi } from './register.ts';
import type { ServerFacts } from './server-facts.ts';

/** The clock of tests, ms since 1970. */
export const now = Date.UTC(2026, 0, 1, 12);

/** Three GPUs, one sample a minute over the last hour; one value is +Inf. */
export function gpus(): MemoryReader {
  const reader = new MemoryReader();
  const batch = new SampleBatch();
  for (let gpu = 0; gpu < 3; gpu++) {
    const series = batch.addSeries(labelsFromObject({ __name__: 'gpu_util', hostname: 'n1', gpu: `${gpu}` }));
    for (let minute = 0; minute <= 60; minute++) {
      batch.append(
        series,
        now - minute * 60_000,
        gpu === 2 && minute === 0 ? Number.POSITIVE_INFINITY : gpu * 10 + 0.5,
      );
    }
  }
  batch.metadata.push({ family: 'gpu_util', type: 'gauge', help: 'Utilization.', unit: 'percent' });
  reader.append(batch);
  return reader;
}

/** A server without sources. */
export const server: ServerFacts = {
  buildInfo: { version: '3.14.0', revision: '', branch: '', buildUser: '', buildDate: '', goVersion: '' },
  startedAtMs: now - 60_000,
  retentionDays: 30,
  flags: { 'query.timeout': '60s' },
  config: {},
  sources: () => [],
  ready: async () => undefined,
};

const opened: FastifyInstance[] = [];

afterEach(async () => {
  for (const app of opened.splice(0)) await app.close();
});

/** The API over a reader in memory; it is closed after the test. */
export async function openApi(options: Partial<PrometheusApiOptions> = {}): Promise<FastifyInstance> {
  const reader = options.reader ?? gpus();
  const app = fastify();
  opened.push(app);
  await registerPrometheusApi(app, {
    engine: createEngine({ reader, now: () => now }),
    reader,
    server,
    now: () => now,
    ...options,
  });
  return app;
}
