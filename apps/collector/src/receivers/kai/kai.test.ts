import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { untilSources } from '../contract/harness.ts';
import { describeReceiverContract } from '../contract/suite.ts';
import { type Asked, type LocalServer, localServer } from '../polling/local-server.ts';
import { type Recorded, recorded } from '../polling/recorded.ts';
import { kai } from './index.ts';
import { gpusOf, parseQuantity } from './quantity.ts';

interface Cluster {
  queues: unknown[];
  podgroups: { metadata: { name: string }; status: { resourcesStatus: object } }[];
  nodes: unknown[];
}
const readCluster = (): Cluster => JSON.parse(readFileSync(new URL('testdata/cluster.json', import.meta.url), 'utf8'));
const nowMs = Date.parse('2026-10-01T10:05:00Z');

/** Two objects a page, so that every list takes the continue token. */
function answer(cluster: Cluster, { path, query }: Asked): unknown {
  const items = {
    '/apis/scheduling.run.ai/v2/queues': cluster.queues,
    '/apis/scheduling.run.ai/v2alpha2/podgroups': cluster.podgroups,
    '/api/v1/nodes': cluster.nodes,
  }[path];
  if (items === undefined) return [404, { kind: 'Status' }];
  const from = Number(query.get('continue') ?? 0);
  const next = from + 2 < items.length ? String(from + 2) : '';
  return { metadata: { continue: next }, items: items.slice(from, from + 2) };
}

let cluster: Cluster;
let override: ((asked: Asked) => unknown) | undefined;
let server: LocalServer;
let context: Recorded;
beforeEach(async () => {
  cluster = readCluster();
  override = undefined;
  server = await localServer((asked) => override?.(asked) ?? answer(cluster, asked));
  context = recorded(() => nowMs);
});
afterEach(() => server.close());

async function readOnce(more: object = {}) {
  const config = kai.config.parse({ clusters: [{ url: server.url, labels: { cluster: 'c1' }, ...more }] });
  const receiver = kai.create(config, context);
  receiver.start?.();
  await untilSources(
    () => receiver.sources(),
    ([source]) => source?.state !== 'waiting',
  );
  await receiver.stop();
  return receiver.sources()[0]!;
}

describe('kai', () => {
  it('emits the queue tree in GPUs: unlimited is +Inf, an unset limit is 0', async () => {
    expect((await readOnce()).state).toBe('up');
    const queue = (family: string, name: string) =>
      context.value(`binnacle_queue_${family}`, { queue: name, cluster: 'c1' });
    expect(queue('quota_gpus', 'research')).toBe(8);
    expect(queue('limit_gpus', 'research')).toBe(Number.POSITIVE_INFINITY);
    expect(queue('quota_gpus', 'platform')).toBe(Number.POSITIVE_INFINITY);
    expect(queue('limit_gpus', 'empty')).toBe(0);
    expect(queue('priority', 'research')).toBe(100);
    expect(queue('priority', 'vision')).toBe(120);
    expect(queue('over_quota_weight', 'research')).toBe(2);
    expect(queue('allocated_gpus', 'platform')).toBe(0.5);
    expect(queue('requested_gpus', 'vision')).toBe(14);
    expect(queue('requested_gpus', 'empty')).toBe(0);
    expect(context.value('binnacle_queue_info', { queue: 'vision', parent: 'research', cluster: 'c1' })).toBe(1);
    expect(context.value('binnacle_queue_info', { queue: 'research', display_name: 'Research' })).toBe(1);
  });

  it('divides the GPUs of Ready nodes by the fair-share model', async () => {
    await readOnce();
    expect(context.value('binnacle_node_allocatable_gpus', { node: 'n1' })).toBe(8);
    expect(context.value('binnacle_node_allocatable_gpus', { node: 'n2' })).toBe(0);
    expect(context.value('binnacle_node_allocatable_gpus', { node: 'cpu-only' })).toBeUndefined();
    // research keeps its quota of 8, platform the half GPU it asks for: nothing is scaled down to the 8 there are.
    expect(context.value('binnacle_queue_fair_share_model_gpus', { queue: 'research' })).toBe(8);
    expect(context.value('binnacle_queue_fair_share_model_gpus', { queue: 'platform' })).toBe(0.5);
    expect(context.value('binnacle_queue_fair_share_model_gpus', { queue: 'vision' })).toBe(8);
    expect(context.value('binnacle_queue_fair_share_model_gpus', { queue: 'empty' })).toBe(0);
  });

  it('says nothing of usage and fair shares before the queue controller wrote a status', async () => {
    for (const queue of cluster.queues as { status: unknown }[]) queue.status = {};
    const source = await readOnce();
    expect(context.value('binnacle_queue_requested_gpus', { queue: 'vision' })).toBeUndefined();
    expect(context.value('binnacle_queue_fair_share_model_gpus', { queue: 'vision' })).toBeUndefined();
    expect(context.value('binnacle_queue_quota_gpus', { queue: 'vision' })).toBe(4);
    expect(source.lastError).toContain('queue controller');
  });

  it('counts waiting pod groups and gives the newest reason of each', async () => {
    await readOnce();
    expect(context.value('binnacle_queue_pending_pod_groups', { queue: 'vision' })).toBe(2);
    expect(context.value('binnacle_queue_pending_pod_groups', { queue: 'research' })).toBe(0);
    expect(context.value('binnacle_queue_oldest_pending_seconds', { queue: 'vision' })).toBe(300);
    expect(context.value('binnacle_queue_oldest_pending_seconds', { queue: 'research' })).toBeUndefined();
    const records = new Map(context.sink.records.map((record) => [record.key, record]));
    expect([...records.keys()].sort()).toEqual(['lab/big', 'lab/evicted', 'lab/lost']);
    expect(records.get('lab/big')).toMatchObject({
      kind: 'pod_group',
      cluster: 'c1',
      at: nowMs,
      body: {
        queue: 'vision',
        requestedGpus: 8,
        state: 'pending',
        reason: 'OverLimit',
        message: 'vision: limit 12, allocated 6, you ask 8',
      },
    });
    expect(records.get('lab/evicted')?.body).toMatchObject({
      reason: 'Unschedulable',
      message: 'Not enough resources for the workload',
    });
    expect(records.get('lab/lost')?.body).toMatchObject({ queue: 'no-such-queue', reason: 'QueueDoesNotExist' });
  });

  it('records a group once more when it starts to run', async () => {
    const config = kai.config.parse({ clusters: [{ url: server.url, intervalSeconds: 0.05 }] });
    const receiver = kai.create(config, context);
    receiver.start?.();
    await context.sink.until(() => context.sink.records.some((record) => record.key === 'lab/big'));
    for (const group of cluster.podgroups)
      if (group.metadata.name === 'big')
        group.status.resourcesStatus = { allocated: { 'nvidia.com/gpu': '8' }, requested: { 'nvidia.com/gpu': '8' } };
    await context.sink.until(() =>
      context.sink.records.some(({ body }) => (body as { state: string }).state === 'running'),
    );
    await receiver.stop();
    expect(context.sink.records.find(({ body }) => (body as { state: string }).state === 'running')).toMatchObject({
      key: 'lab/big',
      body: { state: 'running', reason: null, message: null },
    });
    expect(context.value('binnacle_queue_pending_pod_groups', { queue: 'vision' })).toBe(1);
  });

  it('keeps the queues when pod groups may not be listed', async () => {
    override = ({ path }) => (path.endsWith('podgroups') ? [403, { kind: 'Status' }] : undefined);
    const source = await readOnce();
    expect(source).toMatchObject({ state: 'up' });
    expect(source.lastError).toContain('podgroups answered 403; check the token');
    expect(context.value('binnacle_queue_quota_gpus', { queue: 'vision' })).toBe(4);
    expect(context.value('binnacle_queue_pending_pod_groups', { queue: 'vision' })).toBeUndefined();
  });

  it('starts a list over when its continue token expired', async () => {
    let expired = false;
    override = ({ path, query }) => {
      if (expired || !path.endsWith('queues') || !query.has('continue')) return undefined;
      expired = true;
      return [410, { kind: 'Status', reason: 'Expired' }];
    };
    await readOnce();
    expect(context.sink.find({ __name__: 'binnacle_queue_priority' })).toHaveLength(4);
  });

  it('sends the token of the file, and does not follow a redirect with it', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'kai-'));
    await using elsewhere = await localServer(() => ({ items: [] }));
    const tokenFile = join(folder, 'token');
    await writeFile(tokenFile, 'secret-token\n');
    await readOnce({ tokenFile });
    expect(server.asked[0]?.headers.authorization).toBe('Bearer secret-token');
    await using redirecting = await localServer((_asked, response) => {
      response.writeHead(302, { location: elsewhere.url }).end();
    });
    const receiver = kai.create(kai.config.parse({ clusters: [{ url: redirecting.url, tokenFile }] }), context);
    receiver.start?.();
    await untilSources(
      () => receiver.sources(),
      ([source]) => source?.state === 'down',
    );
    await receiver.stop();
    expect(receiver.sources()[0]?.lastError).toContain('redirects (302)');
    expect(elsewhere.asked).toEqual([]);
    await rm(folder, { recursive: true });
  });

  it('gives up on a server that never ends its answer', async () => {
    await using hanging = await localServer((_asked, response) => {
      response.writeHead(200).write('{"items": [');
    });
    const receiver = kai.create(kai.config.parse({ clusters: [{ url: hanging.url, timeoutSeconds: 0.1 }] }), context);
    receiver.start?.();
    await untilSources(
      () => receiver.sources(),
      ([source]) => source?.state === 'down',
    );
    await receiver.stop();
    expect(receiver.sources()[0]?.lastError).toBe('No complete answer within 0.1 s.');
    expect(context.value('up', { job: 'kai' })).toBe(0);
  });
});

describeReceiverContract(kai, {
  kind: 'pull',
  minimalConfig: { clusters: [{ url: 'https://kubernetes.default.svc' }] },
  placeOfFault: /items\.0\.metadata/,
  async open() {
    const good = await localServer((asked) => answer(readCluster(), asked));
    const bad = await localServer(() => ({ items: [{ metadata: 3 }] }));
    const folder = await mkdtemp(join(tmpdir(), 'kai-'));
    await writeFile(join(folder, 'token'), 'very-secret');
    const options = { labels: { cluster: 'test' }, intervalSeconds: 0.05, tokenFile: join(folder, 'token') };
    return {
      config: { clusters: [{ ...options, url: good.url }] },
      awayConfig: { clusters: [{ ...options, url: 'http://127.0.0.1:1' }] },
      malformedConfig: { clusters: [{ ...options, url: bad.url }] },
      labels: { cluster: 'test' },
      family: 'binnacle_queue_quota_gpus',
      secrets: ['very-secret'],
      async close() {
        await Promise.all([good.close(), bad.close(), rm(folder, { recursive: true })]);
      },
    };
  },
});

it('reads resource quantities as Kubernetes writes them', () => {
  const cases: [string | number, number | null][] = [
    ['8', 8],
    [8, 8],
    ['500m', 0.5],
    ['100m', 0.1],
    ['1k', 1000],
    ['2Ki', 2048],
    ['1.5Gi', 1610612736],
    ['1e3', 1000],
    ['1E', 1e18],
    ['0', 0],
    ['250u', 0.00025],
    ['-1', -1],
    ['', null],
    ['8 GPUs', null],
    ['1K', null],
  ];
  for (const [text, value] of cases) expect(parseQuantity(text), String(text)).toBe(value);
  expect(gpusOf({ 'nvidia.com/gpu': '2', 'amd.com/gpu': '1', 'nvidia.com/mig-1g.5gb': '7', cpu: '4' })).toBe(3);
  expect(gpusOf({ 'nvidia.com/gpu': 'many' })).toBeNull();
});
