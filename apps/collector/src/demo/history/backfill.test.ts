import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type LabelSet, labelsFromObject } from '@binnacle/shared/telemetry/labels.ts';
import pino from 'pino';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { recorded } from '../../receivers/polling/recorded.ts';
import { loadReceiver, receiverNames } from '../../receivers/registry.ts';
import { WriteRequestDecoder } from '../../wire/remote-write-decode.ts';
import { snappyDecode } from '../../wire/snappy.ts';
import { DemoClock } from '../clock.ts';
import { demoCluster, incident } from '../scenario.ts';
import { createSimulator } from '../simulator.ts';
import { type Demo, startDemo } from '../start-demo.ts';
import { backfillHistory } from './backfill.ts';
import { fillIfEmpty } from './fill-if-empty.ts';

const startedAtMs = Date.UTC(2026, 0, 5, 9, 4, 0);
const now = () => startedAtMs;
const minute = 60_000;
const log = pino({ level: 'silent' });

interface Sample {
  readonly labels: LabelSet;
  readonly atMs: number;
  readonly value: number;
}

/** A gateway's doors as far as the history uses them. */
let gateway: Server;
let gatewayUrl: string;
let requests: Sample[][] = [];
let refusals: number[] = [];
let known = false;
let authorization: string | undefined;

beforeAll(async () => {
  gateway = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
    if (request.url?.startsWith('/api/v1/query')) {
      response.end(
        JSON.stringify({
          status: 'success',
          data: { resultType: 'vector', result: known ? [{ value: [0, '9'] }] : [] },
        }),
      );
      return;
    }
    if (request.url !== '/api/v1/write') return response.end('{}');
    authorization = request.headers.authorization;
    const refusal = refusals.shift();
    if (refusal === undefined) requests.push(decode(Buffer.concat(chunks)));
    response.writeHead(refusal ?? 204, { 'retry-after': '0' }).end();
  });
  await new Promise<void>((resolve) => gateway.listen(0, '127.0.0.1', resolve));
  gatewayUrl = `http://127.0.0.1:${(gateway.address() as AddressInfo).port}`;
});
beforeEach(() => {
  requests = [];
  refusals = [];
  known = false;
});
afterAll(() => new Promise((resolve) => gateway.close(resolve)));

function decode(body: Buffer): Sample[] {
  const { batch } = new WriteRequestDecoder().decode(snappyDecode(body, 64_000_000));
  return Array.from({ length: batch.length }, (_, i) => ({
    labels: batch.series[batch.seriesOf[i]!]!,
    atMs: batch.timestamps[i]!,
    value: batch.values[i]!,
  }));
}

const simulatorOf = () => createSimulator(new DemoClock(startedAtMs), now);
const demoUrl = 'http://127.0.0.1:4321';

it('sends every step once, newest slice first, ends before the live receivers begin, and carries the key', async () => {
  const sent = await backfillHistory(simulatorOf(), {
    gatewayUrl,
    demoUrl,
    apiKey: 'k',
    fromMs: startedAtMs - 10 * minute,
    toMs: startedAtMs,
    stepSeconds: 60,
  });
  expect(authorization).toBe('Bearer k');
  expect(requests).toHaveLength(3);
  expect(requests.flat()).toHaveLength(sent);
  const newest = requests.map((samples) => Math.max(...samples.map((sample) => sample.atMs)));
  expect(newest).toEqual([...newest].sort((a, b) => b - a));
  const seen = new Set<string>();
  for (const { labels, atMs } of requests.flat()) {
    const key = `${labels.key} ${atMs}`;
    expect(seen.has(key), key).toBe(false);
    seen.add(key);
    expect(labels.get('cluster')).toBe(demoCluster);
  }
  const ups = requests
    .flat()
    .filter((sample) => sample.labels.get('__name__') === 'up' && sample.labels.get('instance') === 'gpu-node-01:9400');
  expect(ups.map((sample) => (startedAtMs - sample.atMs) / minute).sort((a, b) => a - b)).toEqual([
    1, 2, 3, 4, 5, 6, 7, 8, 9, 10,
  ]);
});

it('past counters stay below those of the start, and the past has incidents of its own', async () => {
  const simulator = simulatorOf();
  await backfillHistory(simulator, {
    gatewayUrl,
    demoUrl,
    fromMs: startedAtMs - 20 * minute,
    toMs: startedAtMs,
    stepSeconds: 300,
  });
  const { node, device } = incident.linkFlap;
  const downs = requests
    .flat()
    .filter(
      ({ labels }) =>
        labels.metricName === 'node_infiniband_link_downed_total' &&
        labels.get('device') === device &&
        labels.get('instance') === node,
    );
  const byTime = downs.sort((a, b) => a.atMs - b.atMs).map((sample) => sample.value);
  expect(byTime).toEqual([...byTime].sort((a, b) => a - b));
  expect(byTime.at(-1)!).toBeGreaterThan(byTime[0]!);
});

it('tries again when the gateway is busy, and gives up when it refuses', async () => {
  const options = { gatewayUrl, demoUrl, fromMs: startedAtMs - minute, toMs: startedAtMs, stepSeconds: 60 };
  refusals = [503, 503];
  await backfillHistory(simulatorOf(), options);
  expect(requests).toHaveLength(1);
  refusals = [400];
  await expect(backfillHistory(simulatorOf(), options)).rejects.toThrow('400');
});

it('leaves a gateway alone that remembers the demo, and a demo that was restarted', async () => {
  known = true;
  await fillIfEmpty(new DemoClock(startedAtMs), demoUrl, { gatewayUrl }, log);
  known = false;
  await fillIfEmpty(new DemoClock(startedAtMs, { restarted: true }), demoUrl, { gatewayUrl }, log);
  expect(requests).toEqual([]);
});

it('gives an empty gateway the whole past hour in a few seconds', async () => {
  await fillIfEmpty(new DemoClock(startedAtMs), demoUrl, { gatewayUrl }, log);
  const samples = requests.flat();
  const oldest = samples.reduce((least, sample) => Math.min(least, sample.atMs), Number.POSITIVE_INFINITY);
  expect(oldest).toBe(startedAtMs - 60 * minute);
  expect(new Set(samples.map((sample) => sample.atMs)).size).toBe(120);
});

/** Series that only a live reading has: they say how the reading went, or describe what does not change. */
const liveOnly =
  /^(scrape_duration_seconds|node_infiniband_(info|lifespan_seconds)|binnacle_nccl_test_.*|binnacle_mcp_server_info)$/;

it('has the very series that the receivers make of the live demo', async () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'binnacle-demo-'));
  const demo: Demo = await startDemo({ port: 0, dataDir, log, now });
  await backfillHistory(demo.simulator, {
    gatewayUrl,
    demoUrl: demo.url,
    fromMs: startedAtMs - minute,
    toMs: startedAtMs,
    stepSeconds: 15,
  });
  const past = new Set(requests.flat().map((sample) => sample.labels.key));
  const missing: string[] = [];
  for (const [name, options] of Object.entries(demo.receiversConfig())) {
    if (!receiverNames.includes(name)) continue;
    const definition = await loadReceiver(name);
    const context = recorded(now);
    const receiver = definition.create(definition.config.parse(options), context);
    receiver.start?.();
    await expect
      .poll(() => receiver.sources().every((source) => source.state === 'up'), { timeout: 15_000, interval: 20 })
      .toBe(true);
    await receiver.stop();
    for (const { labels } of context.sink.samples) {
      // Ports and paths of this start are in these, and a run that has just begun was not there before.
      if (
        liveOnly.test(labels.__name__ ?? '') ||
        labels.instance?.startsWith('127.0.0.1:') ||
        (name === 'nccl' && labels.__name__ === 'up') ||
        labels.run_id !== undefined
      )
        continue;
      const { key } = labelsFromObject(labels);
      if (!past.has(key)) missing.push(`${name}: ${JSON.stringify(labels)}`);
    }
  }
  await demo.stop();
  rmSync(dataDir, { recursive: true, force: true });
  expect(missing.slice(0, 10)).toEqual([]);
});
