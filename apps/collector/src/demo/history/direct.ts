import { busBandwidthFactor, expectedBusBandwidth } from '@binnacle/shared/models/all-reduce.ts';
import { hardwareCounters, portCounters } from '../../receivers/infiniband/counters.ts';
import { leadingId, rateBytesPerSecond } from '../../receivers/infiniband/read-sysfs.ts';
import { communicatorId } from '../inspector-files.ts';
import { pipelineRuns, type TaskInstance } from '../pipeline-state.ts';
import { demoCluster, gpusPerNode, hcaDevices, incident, nodes, trainingJob } from '../scenario.ts';
import { queueStates, workloads } from '../scheduling-state.ts';
import type { Simulator } from '../simulator.ts';
import { trainingLabels, trainingSamples } from '../trainer.ts';
import { collectiveSeconds, collectives, reference, trainingState } from '../training-state.ts';
import type { HistoryBatch, HistorySeries, HistorySource } from './history-batch.ts';

export type Add = (name: string, labels: Readonly<Record<string, string>>, value: number) => void;

/** A source whose series are written as its receiver names them, without the detour over files and HTTP. */
export function direct(series: HistorySeries, emit: (atMs: number, add: Add) => void): HistorySource {
  return (atMs: number, into: HistoryBatch) => {
    emit(atMs, (name, labels, value) => {
      const key = `${name} ${Object.values(labels).join(' ')}`;
      into.add(
        series.intern(key, () => ({ ...labels, __name__: name, cluster: demoCluster })),
        atMs,
        value,
      );
    });
  };
}

export function directHistory(simulator: Simulator, series: HistorySeries): HistorySource[] {
  return [
    direct(series, (atMs, add) => addPorts(simulator, atMs, add)),
    direct(series, (atMs, add) => addQueues(simulator, atMs, add)),
    direct(series, (atMs, add) => addCollectives(simulator, atMs, add)),
    direct(series, (atMs, add) => addPipelines(simulator, atMs, add)),
    direct(series, (atMs, add) => {
      for (const sample of trainingSamples(simulator.clock, atMs)) {
        const { __name__: name = '', cluster: _, ...labels } = trainingLabels(sample);
        add(name, labels, sample.value);
      }
    }),
  ];
}

function addPorts(simulator: Simulator, atMs: number, add: Add): void {
  for (const node of nodes) add('up', { job: 'infiniband', instance: node }, 1);
  for (const [index, port] of simulator.fabric.ports(atMs).entries()) {
    const labels = {
      device: hcaDevices[index % hcaDevices.length] as string,
      port: '1',
      instance: nodes[Math.floor(index / hcaDevices.length)] as string,
    };
    add('node_infiniband_state_id', labels, leadingId(port.state) as number);
    add('node_infiniband_physical_state_id', labels, leadingId(port.physicalState) as number);
    add('node_infiniband_rate_bytes_per_second', labels, rateBytesPerSecond(port.rate) as number);
    for (const [table, values] of [
      [portCounters, port.counters],
      [hardwareCounters, port.hardwareCounters],
    ] as const) {
      for (const [file, value] of Object.entries(values)) {
        const known = table[file];
        if (known !== undefined) add(`node_infiniband_${known.name}_total`, labels, known.words ? value * 4 : value);
      }
    }
  }
}

const unlimited = (gpus: number): number => (gpus === -1 ? Number.POSITIVE_INFINITY : gpus);

function addQueues({ clock }: Simulator, atMs: number, add: Add): void {
  for (const node of nodes) add('binnacle_node_allocatable_gpus', { node }, gpusPerNode);
  const waiting = workloads(clock, atMs).filter((workload) => !workload.running);
  for (const state of queueStates(clock, atMs)) {
    const queue = { queue: state.name };
    add('binnacle_queue_info', { ...queue, parent: state.parent ?? '', display_name: '' }, 1);
    add('binnacle_queue_quota_gpus', queue, unlimited(state.quota));
    add('binnacle_queue_limit_gpus', queue, unlimited(state.limit));
    add('binnacle_queue_over_quota_weight', queue, state.weight);
    add('binnacle_queue_priority', queue, state.priority);
    add('binnacle_queue_allocated_gpus', queue, state.allocated);
    add('binnacle_queue_requested_gpus', queue, state.requested);
    add('binnacle_queue_fair_share_model_gpus', queue, state.fairShare);
    const own = waiting.filter((workload) => workload.queue === state.name);
    add('binnacle_queue_pending_pod_groups', queue, own.length);
    if (own.length > 0)
      add(
        'binnacle_queue_oldest_pending_seconds',
        queue,
        (atMs - Math.min(...own.map((workload) => workload.createdAtMs))) / 1000,
      );
  }
}

function addCollectives({ clock }: Simulator, atMs: number, add: Add): void {
  const state = trainingState(clock, atMs);
  const job = { job: trainingJob.name, comm: communicatorId(clock) };
  // One for each kind: that of the newest collective, whatever its size.
  const skews = new Map<string, number>();
  for (const [index, { name: collective, totalBytes }] of collectives.entries()) {
    const size = {
      ...job,
      collective,
      message_bytes: String(totalBytes),
      n_ranks: String(trainingJob.ranks),
      n_nodes: String(nodes.length),
    };
    const factor = busBandwidthFactor(collective, trainingJob.ranks) as number;
    let fastest = Number.POSITIVE_INFINITY;
    let slowest = 0;
    for (let rank = 0; rank < trainingJob.ranks; rank++) {
      const labels = { ...size, rank: String(rank), instance: nodes[Math.floor(rank / gpusPerNode)] as string };
      const seconds = collectiveSeconds(clock, state, index, rank, atMs);
      fastest = Math.min(fastest, seconds);
      slowest = Math.max(slowest, seconds);
      add('binnacle_collective_exec_seconds', labels, seconds);
      add('binnacle_collective_bus_bandwidth_bytes_per_second', labels, (factor * totalBytes) / seconds);
    }
    const expected = expectedBusBandwidth({ ...reference, collective, ranks: trainingJob.ranks, bytes: totalBytes });
    add('binnacle_collective_expected_bus_bandwidth_bytes_per_second', size, expected as number);
    skews.set(collective, slowest - fastest);
  }
  for (const [collective, skew] of skews) add('binnacle_collective_skew_seconds', { ...job, collective }, skew);
  if (state.latenessSeconds > 0) add('binnacle_collective_straggler_rank', job, incident.straggler.rank);
}

/** As many runs as the receiver is told to list. */
const listedRuns = 40;

function taskState(task: TaskInstance): string {
  if (task.state === 'OMITTED') return 'not_run';
  return task.state === 'SUCCEEDED' && task.cached ? 'cached' : task.state.toLowerCase();
}

function addPipelines({ clock }: Simulator, atMs: number, add: Add): void {
  const counts = new Map<string, { pipeline: string; state: string; runs: number }>();
  for (const run of pipelineRuns(clock, atMs).slice(0, listedRuns)) {
    const pipeline = run.plan.name;
    const state = run.state.toLowerCase();
    const count = counts.get(`${pipeline} ${state}`) ?? { pipeline, state, runs: 0 };
    count.runs++;
    counts.set(`${pipeline} ${state}`, count);
    const labels = { pipeline, run_id: run.id };
    add('binnacle_pipeline_run_state', { ...labels, run: run.name, state }, 1);
    if (run.state === 'PENDING') continue;
    add(
      'binnacle_pipeline_run_duration_seconds',
      { ...labels, run: run.name },
      ((run.finishedAtMs ?? atMs) - run.startedAtMs) / 1000,
    );
    for (const task of run.tasks) {
      if (task.startedAtMs === null) continue;
      const seconds = ((task.finishedAtMs ?? atMs) - task.startedAtMs) / 1000;
      add(
        'binnacle_pipeline_task_duration_seconds',
        { ...labels, task: task.plan.name, state: taskState(task) },
        seconds,
      );
    }
  }
  for (const { pipeline, state, runs } of counts.values()) add('binnacle_pipeline_runs', { pipeline, state }, runs);
}
