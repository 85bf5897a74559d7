import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { labelsFromObject } from '@binnacle/shared/telemetry/labels.ts';
import { SampleBatch } from '@binnacle/shared/telemetry/sample-batch.ts';
import { pino } from 'pino';
import { describe, expect, it, onTestFinished } from 'vitest';
import { z } from 'zod';
import { parseConfig } from '../config/config-file.ts';
import { createServer as createGatewayServer, doorGroup } from '../gateway/server.ts';
import { limitsWith } from '../pipeline/limits.ts';
import { Pipeline } from '../pipeline/pipeline.ts';
import { ReceiverSet } from '../pipeline/receiver-set.ts';
import type { ReceiverContext, ReceiverDefinition } from '../receivers/receiver.ts';
import { loadReceiver } from '../receivers/registry.ts';
import { startMetrics } from '../telemetry/metrics.ts';
import { type AgentOptions, startAgent } from './agent.ts';

const log = pino({ level: 'silent' });

/** A receiver whose context the test writes through. */
function openReceiver(): { definition: ReceiverDefinition<unknown>; context: () => ReceiverContext } {
  let context: ReceiverContext | undefined;
  const definition: ReceiverDefinition<unknown> = {
    name: 'by-hand',
    summary: 'written by the test',
    config: z.unknown(),
    emits: [],
    create: (_config, given) => {
      context = given;
      return { stop: async () => {}, sources: () => [] };
    },
  };
  return { definition, context: () => context as ReceiverContext };
}

/** The real door of remote write over a pipeline that remembers what it was given. */
async function gatewayAt(port: number) {
  const values: number[] = [];
  const pipeline = new Pipeline({
    limits: limitsWith({ commitMilliseconds: 1 }),
    now: Date.now,
    insert: async (batches) => {
      for (const batch of batches) {
        for (let i = 0; i < batch.length; i++) {
          if (batch.series[batch.seriesOf[i]!]?.metricName === 'counted') values.push(batch.values[i]!);
        }
      }
    },
  });
  const definition = await loadReceiver('remote-write');
  const receivers = new ReceiverSet(
    [definition],
    { 'remote-write': definition.config.parse({}) },
    { pipeline, records: { putRecords: async () => {} }, log, now: Date.now },
  );
  const app = createGatewayServer({ authorize: async () => ({ kind: 'local' }), limits: limitsWith(), log });
  await doorGroup(app, 'telemetry:write', (group) => receivers.routes(group));
  await app.listen({ host: '127.0.0.1', port });
  return {
    values,
    close: async () => {
      await app.close();
      await receivers.stop();
      await pipeline.close();
    },
  };
}

async function freePort(): Promise<number> {
  const server: Server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

function batchOf(value: number): SampleBatch {
  const batch = new SampleBatch(1);
  batch.append(batch.addSeries(labelsFromObject({ __name__: 'counted', cluster: 'test' })), Date.now(), value);
  return batch;
}

async function agentFor(gatewayPort: number, changes: Partial<AgentOptions> = {}) {
  const { definition, context } = openReceiver();
  const { config } = await parseConfig('limits: {commitMilliseconds: 1}', 'test', {});
  const metrics = startMetrics('agent', 'test');
  const agent = await startAgent({
    grpcPort: null,
    loaded: { config: { ...config, receivers: { 'by-hand': {} } }, definitions: [definition] },
    gatewayUrl: `http://127.0.0.1:${gatewayPort}`,
    apiKey: undefined,
    host: '127.0.0.1',
    port: await freePort(),
    bufferBytes: 1024 * 1024,
    spool: { directory: undefined, bytes: 1024 * 1024, syncMilliseconds: 0, maxAgeSeconds: 3600 },
    shutdownSeconds: 5,
    backoffSeconds: () => 0.01,
    log,
    metrics,
    ...changes,
  });
  let stopped: Promise<void> | undefined;
  const stop = () => (stopped ??= agent.stop().then(() => metrics.stop()));
  onTestFinished(stop);
  return { agent, stop, context: context(), ownMetrics: async () => (await fetch(`${agent.url}/metrics`)).text() };
}

const origin = { receiver: 'by-hand', source: 'test' };

describe('an agent', () => {
  it('keeps what it reads while the gateway is away, and forwards all of it in order when it comes back', async () => {
    const port = await freePort();
    const { context, stop, ownMetrics } = await agentFor(port);
    for (let i = 0; i < 10; i++) expect((await context.sink.write(batchOf(i), origin)).accepted).toBe(1);
    await until(async () => /binnacle_agent_forward_retries_total\{why="network"\} [1-9]/.test(await ownMetrics()));
    expect(await ownMetrics()).toMatch(/binnacle_agent_buffer_bytes\{kind="samples"\} [1-9]/);

    const gateway = await gatewayAt(port);
    await until(async () => gateway.values.length === 10);
    expect(gateway.values).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);

    await gateway.close();
    for (let i = 10; i < 15; i++) await context.sink.write(batchOf(i), origin);
    const again = await gatewayAt(port);
    await stop();
    expect(again.values).toEqual([10, 11, 12, 13, 14]);
    await again.close();
  });

  it('refuses over its buffer instead of growing or dropping', async () => {
    const { context } = await agentFor(await freePort(), { bufferBytes: 400, shutdownSeconds: 0 });
    const outcomes: string[] = [];
    for (let i = 0; i < 30; i++) {
      const outcome = await context.sink.write(batchOf(i), origin).then(
        () => 'taken',
        (error: { code: string }) => error.code,
      );
      outcomes.push(outcome);
    }
    expect(outcomes[0]).toBe('taken');
    expect(outcomes.at(-1)).toBe('over_capacity');
  });

  it('lets go of what the gateway refuses for good, counts it, and goes on with the next', async () => {
    const answers = [400, 200];
    const bodies: number[] = [];
    const gateway = createServer((request, response) => {
      request
        .on('data', () => {})
        .on('end', () => {
          response.statusCode = answers[bodies.length] ?? 200;
          bodies.push(response.statusCode);
          response.end('bad labels');
        });
    });
    await new Promise<void>((resolve) => gateway.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void gateway.close());
    const { context, ownMetrics } = await agentFor((gateway.address() as AddressInfo).port);
    await context.sink.write(batchOf(1), origin);
    await context.sink.write(batchOf(2), origin);
    await until(async () => bodies.length >= 2);
    expect(await ownMetrics()).toContain('binnacle_agent_refused_samples_total{status="400"} 1');
  });

  it('says what is left when it has to stop without the gateway', async () => {
    const lines: string[] = [];
    const { context, stop } = await agentFor(await freePort(), {
      shutdownSeconds: 0,
      log: pino({ level: 'error' }, { write: (line: string) => void lines.push(line) }),
    });
    await context.sink.write(batchOf(1), origin);
    await stop();
    expect(lines.join('')).toMatch(/"samples":1.*it is lost/);
  });
});

async function until(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 5));
}
