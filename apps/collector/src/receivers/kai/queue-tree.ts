import { type FairShareQueue, fairShare } from '@binnacle/shared/models/fair-share.ts';
import type { NodeObject, QueueObject } from './objects.ts';
import { gpusOf } from './quantity.ts';

/** A queue in GPUs. Infinity = unlimited. `null`: not known. */
export interface QueueState {
  readonly name: string;
  readonly displayName: string;
  readonly parent: string | null;
  readonly priority: number;
  readonly quota: number;
  readonly overQuotaWeight: number;
  readonly limit: number;
  readonly allocated: number | null;
  readonly requested: number | null;
  readonly createdAt: number;
}

const defaultPriority = 100;

/**
 * States of the queues. A queue without a block for GPUs has quota, weight and limit 0: nothing may run, which is not
 * the same as unlimited (-1). An idle queue's status is written without its empty lists, so they count as 0 once the
 * queue controller has written any status at all; before that, usage is unknown.
 */
export function queueStates(objects: readonly QueueObject[]): QueueState[] {
  const controllerHasWritten = objects.some((queue) => queue.status != null && Object.keys(queue.status).length > 0);
  return objects.map(({ metadata, spec, status }) => {
    const gpu = spec.resources?.gpu;
    return {
      name: metadata.name,
      displayName: spec.displayName ?? '',
      parent: spec.parentQueue || null,
      priority: spec.priority ?? defaultPriority,
      quota: unlimited(gpu?.quota ?? 0),
      overQuotaWeight: gpu?.overQuotaWeight ?? 0,
      limit: unlimited(gpu?.limit ?? 0),
      allocated: controllerHasWritten ? gpusOf(status?.allocated ?? {}) : null,
      requested: controllerHasWritten ? gpusOf(status?.requested ?? {}) : null,
      createdAt: metadata.creationTimestamp ?? 0,
    };
  });
}

function unlimited(gpus: number): number {
  return gpus === -1 ? Number.POSITIVE_INFINITY : gpus;
}

/** GPUs that each node with GPUs offers to the scheduler: none while it is not Ready. */
export function offeredGpus(nodes: readonly NodeObject[]): Map<string, number> {
  const offered = new Map<string, number>();
  for (const { metadata, status } of nodes) {
    const gpus = gpusOf(status?.allocatable ?? {});
    if (gpus === null || gpus === 0) continue;
    const ready =
      status?.conditions?.some((condition) => condition.type === 'Ready' && condition.status === 'True') ?? false;
    offered.set(metadata.name, ready ? gpus : 0);
  }
  return offered;
}

/**
 * Fair share of each queue by Binnacle's model, or null while an input is unknown. Historical usage is not in any
 * Kubernetes object: clusters with a usage database may differ, which the comparison with KAI's own figure shows.
 */
export function modelShares(states: readonly QueueState[], totalGpus: number): Map<string, number> | null {
  const queues: FairShareQueue[] = [];
  for (const state of states) {
    if (state.requested === null) return null;
    queues.push({
      name: state.name,
      parent: state.parent,
      priority: state.priority,
      quota: Number.isFinite(state.quota) ? state.quota : -1,
      overQuotaWeight: state.overQuotaWeight,
      limit: Number.isFinite(state.limit) ? state.limit : -1,
      request: state.requested,
      created: state.createdAt,
    });
  }
  return fairShare({ total: totalGpus, queues });
}
