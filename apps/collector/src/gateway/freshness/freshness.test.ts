import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { freshnessAnswer } from '@binnacle/shared/api/freshness.ts';
import { labelsFromObject } from '@binnacle/shared/telemetry/labels.ts';
import { SampleBatch } from '@binnacle/shared/telemetry/sample-batch.ts';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseConfig } from '../../config/config-file.ts';
import { gatewaySettings } from '../../config/settings.ts';
import { type OwnMetrics, startMetrics } from '../../telemetry/metrics.ts';
import { encodeWriteRequest, writeRequestHeaders } from '../../wire/remote-write-encode.ts';
import { type RunningGateway, startGateway } from '../gateway.ts';
import { realParts } from '../parts.ts';

const log = pino({ level: process.env.BINNACLE_TEST_LOG ?? 'silent' });
const hour = 3_600_000;
let folder: string;
let port: number;
let metrics: OwnMetrics;
let gateway: RunningGateway;

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port: free } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return free;
}

async function start(): Promise<void> {
  const loaded = await parseConfig('', 'test', {});
  const settings = {
    ...gatewaySettings({}, { BINNACLE_GRPC_PORT: 'off' }, loaded.config),
    dataDir: path.join(folder, 'data'),
    port,
    // Nothing here needs Postgres: one that is away need not be set up.
    databaseUrl: 'postgresql://nobody@127.0.0.1:1/none',
  };
  metrics = startMetrics('gateway', 'test');
  gateway = await startGateway({ settings, loaded, parts: realParts, log, metrics });
}

async function stop(): Promise<void> {
  await gateway.stop();
  await metrics.stop();
}

/** One sample, by the clock of a sender called `agent`. */
async function push(agent: string, atMs: number): Promise<number> {
  const batch = new SampleBatch(1);
  batch.append(batch.addSeries(labelsFromObject({ __name__: 'pushed', cluster: 'test', from: agent })), atMs, 1);
  const answer = await fetch(`${gateway.url}/api/v1/write`, {
    method: 'POST',
    headers: { ...writeRequestHeaders, 'user-agent': agent },
    body: Uint8Array.from(encodeWriteRequest(batch)),
  });
  return answer.status;
}

const ask = async () => freshnessAnswer.parse(await (await fetch(`${gateway.url}/api/binnacle/freshness`)).json());
const rowOf = async (sender: string | null, receiver = 'remote-write') =>
  (await ask()).rows.find((row) => row.receiver === receiver && row.sender === sender);

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'binnacle-freshness-'));
  port = await freePort();
  await start();
});
afterAll(async () => {
  await stop();
  await rm(folder, { recursive: true, force: true });
});

describe('GET /api/binnacle/freshness', () => {
  it('knows of a first start that there was nothing before, and of a door that nothing came', async () => {
    expect(await ask()).toMatchObject({ previousSeenAt: null, recall: 'nothing', evicted: 0, leftOut: 0 });
    expect(await rowOf(null)).toMatchObject({ kind: 'door', accepted: 0, lastArrivalAt: null, lagMs: null });
  });

  it('tells one sender with a clock an hour ahead from one an hour behind and one in time', async () => {
    expect(await push('in-time', Date.now())).toBe(204);
    expect(await push('behind', Date.now() - hour)).toBe(204);
    expect(await push('ahead', Date.now() + hour)).toBe(400);
    const near = (row: { lagMs: number | null } | undefined) => Math.round((row?.lagMs ?? Number.NaN) / 60_000);
    const [inTime, behind, ahead] = await Promise.all(
      ['in-time', 'behind', 'ahead'].map((agent) => rowOf(`${agent}@127.0.0.1`)),
    );
    expect(inTime).toMatchObject({ kind: 'sender', accepted: 1, refused: [], activeSeries: null });
    expect(behind).toMatchObject({ accepted: 1, refused: [] });
    expect(ahead).toMatchObject({ accepted: 0, lastAcceptedAt: null, lastSampleAt: null });
    expect(ahead?.refused).toMatchObject([{ reason: 'too_far_in_future', count: 1 }]);
    expect(ahead?.refused[0]?.example).toContain('from="ahead"');
    expect([near(inTime), near(behind), near(ahead)]).toEqual([0, 60, -60]);
    expect(await rowOf(null)).toMatchObject({ accepted: 2, lastError: expect.any(String) });
  });

  it('shows what it said of itself after a restart: who sent before, and from when to when it was away', async () => {
    const before = await rowOf('behind@127.0.0.1');
    await stop();
    const stoppedAt = Date.now();
    await start();
    const answer = await ask();
    expect(answer.recall).toBe('done');
    expect(answer.previousSeenAt).toBeGreaterThan(stoppedAt - 5000);
    expect(answer.previousSeenAt).toBeLessThanOrEqual(stoppedAt);
    expect(answer.startedAt).toBeGreaterThanOrEqual(stoppedAt);
    const behind = await rowOf('behind@127.0.0.1');
    expect(behind).toMatchObject({ recalled: true, accepted: 0, lagMs: null });
    expect(behind?.lastArrivalAt).toBeCloseTo(before?.lastArrivalAt as number, -1);
    expect(behind?.lastSampleAt).toBeCloseTo(before?.lastSampleAt as number, -1);
    expect(await push('behind', Date.now())).toBe(204);
    expect(await rowOf('behind@127.0.0.1')).toMatchObject({ recalled: false, accepted: 1 });
    expect(await rowOf('in-time@127.0.0.1')).toMatchObject({ recalled: true });
    expect(await metrics.render()).toMatch(/^binnacle_gateway_previous_seen_timestamp_seconds \d/m);
  });
});
