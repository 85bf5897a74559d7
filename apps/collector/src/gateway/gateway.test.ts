import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createApiKey } from '@binnacle/db/state/api-keys.ts';
import { clustersAnswer, recordsAnswer, sourcesAnswer } from '@binnacle/shared/api/domain.ts';
import type { BinnacleError } from '@binnacle/shared/errors.ts';
import { labelsFromObject } from '@binnacle/shared/telemetry/labels.ts';
import { SampleBatch } from '@binnacle/shared/telemetry/sample-batch.ts';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseConfig } from '../config/config-file.ts';
import { type GatewaySettings, gatewaySettings } from '../config/settings.ts';
import { type OwnMetrics, startMetrics } from '../telemetry/metrics.ts';
import { encodeWriteRequest, writeRequestHeaders } from '../wire/remote-write-encode.ts';
import { startGateway } from './gateway.ts';
import { realParts } from './parts.ts';

const log = pino({ level: process.env.BINNACLE_TEST_LOG ?? 'silent' });
let folder: string;
let metrics: OwnMetrics;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'binnacle-gateway-'));
  metrics = startMetrics('gateway', 'test');
});
afterAll(async () => {
  await metrics.stop();
  await rm(folder, { recursive: true, force: true });
});

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function start(changes: Partial<GatewaySettings> = {}, yaml = '') {
  const loaded = await parseConfig(yaml, 'test', {});
  const settings = {
    ...gatewaySettings({}, { BINNACLE_GRPC_PORT: 'off' }, loaded.config),
    dataDir: path.join(folder, 'data'),
    port: await freePort(),
    ...changes,
  };
  const gateway = await startGateway({ settings, loaded, parts: realParts, log, metrics });
  return { ...gateway, port: settings.port };
}

function writeRequest(
  value: number,
  labels: Record<string, string> = { cluster: 'test' },
): { method: string; headers: Record<string, string>; body: Uint8Array<ArrayBuffer> } {
  const batch = new SampleBatch(1);
  batch.append(batch.addSeries(labelsFromObject({ __name__: 'written_by_test', ...labels })), Date.now(), value);
  return { method: 'POST', headers: { ...writeRequestHeaders }, body: Uint8Array.from(encodeWriteRequest(batch)) };
}

describe('a gateway on loopback, with the real stores', () => {
  let gateway: Awaited<ReturnType<typeof start>>;
  const ask = (door: string, init?: RequestInit) => fetch(`${gateway.url}${door}`, init);
  beforeAll(async () => {
    gateway = await start();
  });
  afterAll(() => gateway.stop());

  it('is ready, and says how Postgres and alerts are', async () => {
    await until(async () => ((await (await ask('/readyz')).json()) as { state: { ok: boolean } }).state.ok);
    expect(await (await ask('/readyz')).json()).toMatchObject({
      ready: true,
      telemetry: { ok: true },
      state: { ok: true },
    });
    expect(await (await ask('/healthz')).json()).toEqual({ status: 'ok' });
  });

  it('acknowledges a remote write when it can be queried', async () => {
    const written = await ask('/api/v1/write', writeRequest(42));
    expect(written.status).toBe(204);
    const answer = (await (await ask('/api/v1/query?query=written_by_test')).json()) as {
      data: { result: { value: [number, string] }[] };
    };
    expect(answer.data.result.map(({ value }) => value[1])).toEqual(['42']);
    const { clusters } = clustersAnswer.parse(await (await ask('/api/binnacle/clusters')).json());
    expect(clusters).toContainEqual({ name: 'test', demo: false, series: 1 });
  });

  it('shows its doors with what came through them', async () => {
    await ask('/api/v1/write', writeRequest(1));
    const { doors } = sourcesAnswer.parse(await (await ask('/api/binnacle/sources')).json());
    const door = doors.find(({ path: at }) => at === '/api/v1/write');
    expect(door?.receiver).toBe('remote-write');
    expect(door?.accepted).toBeGreaterThan(0);
  });

  it('keeps records and gives them back', async () => {
    const record = {
      kind: 'drift_probe',
      key: 'capitals/serial',
      at: Date.now(),
      cluster: 'test',
      body: { any: [1, 'two'] },
    };
    const put = await ask('/api/binnacle/records', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ records: [record] }),
    });
    expect(await put.json()).toEqual({ accepted: 1 });
    const { records } = recordsAnswer.parse(
      await (await ask('/api/binnacle/records?kind=drift_probe&cluster=test')).json(),
    );
    expect(records).toEqual([record]);
  });

  it('counts itself', async () => {
    const text = await (await ask('/metrics')).text();
    expect(text).toMatch(/binnacle_source_samples_total\{receiver="remote-write",source="[^"]+"\} \d+/);
    expect(text).toMatch(/binnacle_http_requests_total\{door="\/api\/v1\/write",method="POST",status="204"\} \d+/);
    expect(text).toMatch(/process_resident_memory_bytes \d+/);
    await until(async () => {
      const answer = (await (await ask('/api/v1/query?query=binnacle_build_info')).json()) as {
        data: { result: { metric: object }[] };
      };
      return answer.data.result.some(({ metric }) => JSON.stringify(metric).includes('"job":"binnacle"'));
    });
  });

  const refusals: [string, string, RequestInit | undefined, number, string][] = [
    ['an unknown path', '/nothing/here', undefined, 404, 'not_found'],
    ['a wrong method', '/api/v1/write', undefined, 405, 'method_not_allowed'],
    [
      'a body that is no JSON',
      '/api/binnacle/records',
      { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{' },
      400,
      'malformed_body',
    ],
    [
      'a wrong content type',
      '/api/binnacle/records',
      { method: 'POST', headers: { 'content-type': 'text/csv' }, body: 'a' },
      415,
      'unsupported_media_type',
    ],
    [
      'an unknown field',
      '/api/binnacle/records',
      { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{"records":[],"more":1}' },
      400,
      'bad_request',
    ],
    ['an unknown kind of record', '/api/binnacle/records?kind=other', undefined, 400, 'bad_request'],
    [
      'an unknown channel',
      '/api/binnacle/channels/018f0000-0000-7000-8000-000000000000/test',
      { method: 'POST' },
      404,
      'not_found',
    ],
    [
      'an oversized body',
      '/api/binnacle/records',
      { method: 'POST', headers: { 'content-type': 'application/json' }, body: ' '.repeat(17 * 1024 * 1024) },
      413,
      'body_too_large',
    ],
  ];
  it.each(refusals)('answers %s with an error of the catalogue', async (_name, door, init, status, code) => {
    const answer = await ask(door, init);
    expect(answer.status).toBe(status);
    const body = (await answer.json()) as Record<string, unknown>;
    expect(Object.keys(body).sort()).toEqual(['code', 'message', 'requestId']);
    expect(body.code).toBe(code);
    expect(answer.headers.get('x-request-id')).toBe(body.requestId);
    expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
  });

  it('refuses a second start on the same data, and a taken port, in one sentence each', async () => {
    const second = await start().catch((error: BinnacleError) => error);
    expect((second as BinnacleError).message).toMatch(/is in use by process \d+: stop it, or set BINNACLE_DATA_DIR/);
    const taken = await start({ port: gateway.port, dataDir: path.join(folder, 'other') }).catch(
      (error: BinnacleError) => error,
    );
    expect((taken as BinnacleError).message).toMatch(
      new RegExp(`port ${gateway.port} on 127.0.0.1 is taken: .*BINNACLE_GATEWAY_PORT`),
    );
    expect(await readdir(folder)).not.toContain('other');
  });
});

describe('a gateway that others reach', () => {
  it('refuses to start without API keys, and names the ways out', async () => {
    const refused = await start({ host: '0.0.0.0', dataDir: path.join(folder, 'open') }).catch(
      (error: BinnacleError) => error,
    );
    expect((refused as BinnacleError).message).toMatch(
      /refusing to listen on 0\.0\.0\.0 without API keys: .*binnacle key create.*BINNACLE_API_KEY/,
    );
  });

  it('asks at every door but /healthz', async () => {
    const gateway = await start({
      host: '0.0.0.0',
      apiKey: 'a-key-of-the-settings',
      dataDir: path.join(folder, 'open'),
    });
    try {
      const base = `http://127.0.0.1:${gateway.port}`;
      const doors: [string, string][] = [];
      for (const line of gateway.app.printRoutes({ commonPrefix: false }).matchAll(/(\/[\w/:*.-]*) \(([A-Z, ]+)\)/g)) {
        for (const method of line[2]!.split(', '))
          doors.push([method, line[1]!.replace(':id', 'x').replace(':name', 'x')]);
      }
      expect(doors.length).toBeGreaterThan(10);
      for (const [method, door] of doors) {
        const answer = await fetch(`${base}${door}`, { method });
        expect([method, door, answer.status]).toEqual([method, door, door === '/healthz' ? 200 : 401]);
      }
      const answer = await fetch(`${base}/metrics`, { headers: { authorization: 'Bearer a-key-of-the-settings' } });
      expect(answer.status).toBe(200);
    } finally {
      await gateway.stop();
    }
  });

  it('lets a key of Postgres do what its scopes say', async () => {
    const { StateLink } = await import('./state-link.ts');
    const dataDir = path.join(folder, 'open');
    let key = '';
    const link = new StateLink({
      databaseUrl: undefined,
      dataDir,
      log,
      onOpen: async (state) => {
        key = (await createApiKey(state, { name: 'test', scopes: ['write'] })).key;
      },
    });
    await link.start();
    await link.stop();
    const gateway = await start({ host: '0.0.0.0', dataDir });
    try {
      const base = `http://127.0.0.1:${gateway.port}`;
      const authorization = `Bearer ${key}`;
      const request = writeRequest(7);
      expect(
        (await fetch(`${base}/api/v1/write`, { ...request, headers: { ...request.headers, authorization } })).status,
      ).toBe(204);
      expect((await fetch(`${base}/api/v1/query?query=up`, { headers: { authorization } })).status).toBe(403);
      expect((await fetch(`${base}/api/v1/write`, request)).status).toBe(401);
    } finally {
      await gateway.stop();
    }
  });
});

it('a gateway whose Postgres is away takes samples, answers queries, and says so', async () => {
  const gateway = await start({
    databaseUrl: `postgresql://nobody:x@127.0.0.1:${await freePort()}/none`,
    dataDir: path.join(folder, 'away'),
  });
  try {
    expect((await fetch(`${gateway.url}/api/v1/write`, writeRequest(1))).status).toBe(204);
    const ready = await fetch(`${gateway.url}/readyz`);
    expect(ready.status).toBe(200);
    expect(await ready.json()).toMatchObject({ ready: true, state: { ok: false }, alerts: { ok: false } });
    const test = await fetch(`${gateway.url}/api/binnacle/channels/018f0000-0000-7000-8000-000000000000/test`, {
      method: 'POST',
    });
    expect(test.status).toBe(503);
    expect(test.headers.get('retry-after')).not.toBeNull();
  } finally {
    await gateway.stop();
  }
});

it('rules and channels begin later when their first beginning failed', async () => {
  const { StateLink } = await import('./state-link.ts');
  let openings = 0;
  const link = new StateLink({
    databaseUrl: undefined,
    dataDir: path.join(folder, 'again'),
    log,
    backoffSeconds: () => 0.01,
    onOpen: async () => {
      if (++openings === 1) throw new Error('a connection was lost just now');
    },
  });
  try {
    await link.start();
    await until(async () => openings === 2);
    expect(link.state).toBeDefined();
  } finally {
    await link.stop();
  }
});

it('refuses to start with a private target that is no range', async () => {
  const refused = await start({ allowedPrivateTargets: '10.0.0.0/8,mattermost', dataDir: path.join(folder, 'ranges') })
    .then((gateway) => gateway.stop())
    .catch((error: BinnacleError) => error);
  expect(String(refused)).toContain('BINNACLE_ALLOW_PRIVATE_TARGETS: "mattermost"');
});

async function until(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 20));
}
