import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { PipelineRun, PodGroup } from '@binnacle/shared/api/domain.ts';
import pino from 'pino';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Recorded, recorded } from '../receivers/polling/recorded.ts';
import type { Receiver } from '../receivers/receiver.ts';
import { loadReceiver, receiverNames } from '../receivers/registry.ts';
import { pipelineRuns } from './pipeline-state.ts';
import { demoCluster, incident } from './scenario.ts';
import { type Demo, startDemo } from './start-demo.ts';

const startedAtMs = Date.UTC(2026, 0, 5, 9, 0, 3);
let nowMs = startedAtMs;
const now = () => nowMs;
const dataDir = mkdtempSync(join(tmpdir(), 'binnacle-demo-'));
let demo: Demo;

beforeAll(async () => {
  demo = await startDemo({ port: 0, dataDir, log: pino({ level: 'silent' }), now });
});
afterAll(async () => {
  await demo.stop();
  rmSync(dataDir, { recursive: true, force: true });
});

/** Runs the real receiver of that name on the demo until every source has been read. */
async function read(name: string): Promise<Recorded> {
  const definition = await loadReceiver(name);
  const context = recorded(now);
  const receiver: Receiver = definition.create(definition.config.parse(demo.receiversConfig()[name]), context);
  receiver.start?.();
  try {
    await expect
      .poll(() => receiver.sources().every((source) => source.state === 'up'), { timeout: 15_000, interval: 20 })
      .toBe(true);
  } catch {
    expect(receiver.sources().filter((source) => source.state !== 'up')).toEqual([]);
  } finally {
    await receiver.stop();
  }
  expect(
    receiver
      .sources()
      .map((source) => source.lastError)
      .filter((error) => error !== null),
  ).toEqual([]);
  expect(new Set(context.sink.samples.map((sample) => sample.labels.cluster))).toEqual(new Set([demoCluster]));
  return context;
}

it('every part of the config is what its receiver wants', async () => {
  for (const [name, options] of Object.entries(demo.receiversConfig())) {
    expect(receiverNames).toContain(name);
    const { config } = await loadReceiver(name);
    expect(config.safeParse(options).error?.issues ?? [], name).toEqual([]);
  }
});

it('infiniband sees the port that flaps', async () => {
  const { value } = await read('infiniband');
  const { node, device } = incident.linkFlap;
  const port = { device, port: '1', instance: node, cluster: demoCluster };
  expect(value('node_infiniband_link_downed_total', port)).toBeGreaterThan(3);
  expect(value('node_infiniband_link_downed_total', { ...port, instance: 'gpu-node-01' })).toBe(0);
  expect(value('node_infiniband_rate_bytes_per_second', { ...port, instance: 'gpu-node-01' })).toBe(50e9);
});

it('kai sees who starves, and why', async () => {
  const { value, sink } = await read('kai');
  expect(value('binnacle_queue_fair_share_model_gpus', { queue: 'vision' })).toBe(16);
  expect(value('binnacle_queue_allocated_gpus', { queue: 'vision' })).toBe(0);
  expect(value('binnacle_queue_pending_pod_groups', { queue: 'vision' })).toBe(2);
  expect(value('binnacle_queue_oldest_pending_seconds', { queue: 'vision' })).toBeCloseTo(4 * 60, -1);
  const groups = sink.records.filter((record) => record.kind === 'pod_group').map((record) => record.body as PodGroup);
  expect(groups.filter((group) => group.queue === 'vision').map((group) => group.requestedGpus)).toEqual([8, 8]);
  expect(groups[0]?.message).toBeTruthy();
});

it('kubeflow sees the runs and tasks that the simulator made, through the quirks of the API', async () => {
  const { sink } = await read('kubeflow');
  const bodies = new Map(sink.records.map((record) => [record.key, record.body as PipelineRun]));
  const truths = pipelineRuns(demo.simulator.clock, startedAtMs).slice(0, 30);
  for (const truth of truths) {
    const run = bodies.get(truth.id);
    expect(run?.state).toBe(truth.state.toLowerCase());
    const expected = truth.tasks.map((task) => {
      const state =
        task.state === 'OMITTED'
          ? 'not_run'
          : task.state === 'SUCCEEDED' && task.cached
            ? 'cached'
            : task.state.toLowerCase();
      return [task.plan.name, state, [...task.plan.dependsOn].sort()];
    });
    expect(
      run?.tasks.map((task) => [task.name, task.state, [...task.dependsOn].sort()]),
      truth.name,
    ).toEqual(expected);
  }
});

it('scrape sees the hot GPU, the XID and the fair share, under the names of the presets', async () => {
  const { value } = await read('scrape');
  const { node, gpu } = incident.straggler;
  expect(value('DCGM_FI_DEV_SM_CLOCK', { hostname: node, gpu: String(gpu) })).toBeLessThan(1300);
  expect(value('DCGM_FI_DEV_XID_ERRORS', { hostname: incident.xid.node, gpu: String(incident.xid.gpu) })).toBe(
    incident.xid.code,
  );
  expect(value('kai_queue_fair_share_gpu', { queue_metadata_name: 'vision' })).toBe(16);
  expect(value('vllm:num_requests_running', { model_name: incident.drift.deployment })).toBeGreaterThan(0);
  expect(value('vllm:num_requests_running_created', {})).toBeUndefined();
});

it('nccl sees bandwidth below half of what is expected, and who arrives last', async () => {
  const { value } = await read('nccl');
  const size = { collective: 'AllReduce', message_bytes: String(2 ** 30) };
  const measured = value('binnacle_collective_bus_bandwidth_bytes_per_second', { ...size, rank: '27' });
  const expected = value('binnacle_collective_expected_bus_bandwidth_bytes_per_second', size);
  expect(measured! / expected!).toBeLessThan(0.5);
  expect(expected! / 1e9).toBeGreaterThan(300);
  expect(value('binnacle_collective_straggler_rank')).toBe(incident.straggler.rank);
  expect(value('binnacle_collective_skew_seconds', { collective: 'AllReduce' })).toBeGreaterThan(0.003);
  const peak = { test: 'all-reduce-64-gpus', size_bytes: String(2 ** 33), placement: 'out_of_place' };
  expect(value('binnacle_nccl_test_bus_bandwidth_bytes_per_second', peak)! / 1e9).toBeGreaterThan(370);
});

it('drift sees one probe of one model fork under concurrency, and everything else agree', async () => {
  const { sink } = await read('drift');
  const ratios = sink.find({ __name__: 'binnacle_drift_agreement_ratio' });
  expect(ratios).toHaveLength(12);
  const forked = ratios
    .filter((sample) => sample.value < 1)
    .map(({ labels, value }) => [labels.probe, labels.model, labels.mode, value]);
  expect(forked).toEqual([[incident.drift.probe, incident.drift.deployment, 'concurrent', 0.5]]);
});

it('mcp sees the tools, and the changed description as soon as the server says so', async () => {
  const definition = await loadReceiver('mcp');
  const context = recorded(now);
  const { value } = context;
  const receiver = definition.create(definition.config.parse(demo.receiversConfig().mcp), context);
  const { server, tool } = incident.toolChange;
  receiver.start?.();
  try {
    await expect
      .poll(() => value('binnacle_mcp_server_tools', { server: 'repo-tools' }), { timeout: 15_000, interval: 20 })
      .toBe(14);
    await expect
      .poll(() => value('binnacle_mcp_tool_pinned', { server, tool }), { timeout: 15_000, interval: 20 })
      .toBe(1);
    const tokens = value('binnacle_mcp_tool_tokens', { server, tool })!;
    expect(value('binnacle_mcp_server_tokens', { server: 'repo-tools' })).toBeGreaterThan(2000);
    nowMs = startedAtMs + 2 * 60_000;
    // The stream of notifications may open after the first list: say it until it is heard.
    const pinned = async () => {
      await demo.simulator.mcp.announce();
      return value('binnacle_mcp_tool_pinned', { server, tool });
    };
    await expect.poll(pinned, { timeout: 15_000, interval: 50 }).toBe(0);
    expect(value('binnacle_mcp_tool_changes_total', { server, tool, change: 'description' })).toBe(1);
    expect(value('binnacle_mcp_tool_tokens', { server, tool })).toBeGreaterThan(tokens);
  } finally {
    nowMs = startedAtMs;
    await receiver.stop();
  }
});
