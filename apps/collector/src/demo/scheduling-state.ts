import { fairShare } from '@binnacle/shared/models/fair-share.ts';
import type { DemoClock } from './clock.ts';
import { activeSinceMs, gpusPerNode, incident, nodes, queues, trainingJob } from './scenario.ts';

export const totalGpus = nodes.length * gpusPerNode;

export interface QueueState {
  readonly name: string;
  readonly parent: string | null;
  readonly quota: number;
  readonly limit: number;
  readonly weight: number;
  readonly priority: number;
  /** GPUs, children included. */
  readonly allocated: number;
  /** Allocated and pending, children included. */
  readonly requested: number;
  readonly fairShare: number;
}

export interface Workload {
  readonly name: string;
  readonly namespace: string;
  readonly queue: string;
  readonly gpus: number;
  readonly running: boolean;
  readonly createdAtMs: number;
  /** Why it waits, as the scheduler says. */
  readonly waits?: { readonly reason: string; readonly message: string; readonly sinceMs: number };
}

/** The workloads at a moment: the training job on every GPU, and what waits for it. */
export function workloads(clock: DemoClock, atMs: number): Workload[] {
  const list: Workload[] = [
    { ...trainingJob, gpus: trainingJob.ranks, running: true, createdAtMs: clock.startedAtMs - 26 * 3_600_000 },
    {
      name: 'notebook-ana',
      namespace: 'platform',
      queue: 'notebooks',
      gpus: 1,
      running: false,
      createdAtMs: clock.startedAtMs - 2 * 3_600_000,
      waits: {
        reason: 'OverCapacity',
        message:
          'Not enough resources for the workload: queue notebooks has a fair share of 0 GPUs, and all 64 GPUs of the node pool are in use.',
        sinceMs: clock.startedAtMs - 2 * 3_600_000 + 4000,
      },
    },
  ];
  if (!clock.active('starvedQueue', atMs)) return list;
  const { queue, requested } = incident.starvedQueue;
  const sinceMs = Math.floor(activeSinceMs('starvedQueue', atMs, clock.startedAtMs) / 1000) * 1000;
  for (let i = 0; i < requested / gpusPerNode; i++) {
    list.push({
      name: `detector-train-${'ab'[i]}`,
      namespace: queue,
      queue,
      gpus: gpusPerNode,
      running: false,
      createdAtMs: sinceMs + i * 20_000,
      waits: {
        reason: 'PodSchedulingErrors',
        message: `Resources were not found for 8 pods of ${gpusPerNode} GPUs: queue ${queue} is below its fair share, but the victims in queue ${trainingJob.queue} are protected by reclaimMinRuntime 72h0m0s.`,
        sinceMs: sinceMs + i * 20_000 + 3000,
      },
    });
  }
  return list;
}

/** Queues at a moment, with the division of the GPUs by our own model of the scheduler. */
export function queueStates(clock: DemoClock, atMs: number): QueueState[] {
  const list = workloads(clock, atMs);
  const sums = (queue: string): { allocated: number; requested: number } => {
    const own = list.filter((workload) => workload.queue === queue);
    const total = { allocated: 0, requested: 0 };
    for (const { gpus, running } of own) {
      total.requested += gpus;
      if (running) total.allocated += gpus;
    }
    for (const child of queues.filter((candidate) => candidate.parent === queue)) {
      const of = sums(child.name);
      total.allocated += of.allocated;
      total.requested += of.requested;
    }
    return total;
  };
  const withDemand = queues.map((queue) => ({ ...queue, ...sums(queue.name) }));
  const shares = fairShare({
    total: totalGpus,
    queues: withDemand.map((queue, created) => ({
      ...queue,
      overQuotaWeight: queue.weight,
      request: queue.requested,
      created,
    })),
  });
  return withDemand.map((queue) => ({ ...queue, fairShare: shares.get(queue.name) as number }));
}
