import type { PodGroup } from '@binnacle/shared/api/domain.ts';
import type { PodGroupObject, SchedulingCondition } from './objects.ts';
import { gpusOf, isEmpty } from './quantity.ts';

const evictedAnnotation = 'kai.scheduler/last-eviction-timestamp';
const maxMessageCharacters = 2000;

/**
 * pending: asks for resources and holds none. running: holds some (an elastic group may want more). Neither: it has
 * finished, or its pods are not there yet.
 */
export function stateOf(group: PodGroupObject): 'pending' | 'running' | null {
  const resources = group.status?.resourcesStatus;
  if (resources == null) return unschedulable(group) === undefined ? null : 'pending';
  if (!isEmpty(resources.allocated ?? {})) return 'running';
  return isEmpty(resources.requested ?? {}) ? null : 'pending';
}

/** Since when the group waits: its creation, or its last eviction. */
export function waitsSince(group: PodGroupObject): number | null {
  const created = group.metadata.creationTimestamp ?? null;
  const evicted = Date.parse(group.metadata.annotations?.[evictedAnnotation] ?? '');
  if (created === null) return Number.isNaN(evicted) ? null : evicted;
  return Number.isNaN(evicted) ? created : Math.max(created, evicted);
}

/**
 * The record of a group; null while its controller has not yet written what it asks for. The reason is given for
 * pending groups only: before KAI 0.17 the condition stayed set after the workload had started.
 */
export function podGroupRecord(group: PodGroupObject, state: 'pending' | 'running'): PodGroup | null {
  const requested = group.status?.resourcesStatus;
  const requestedGpus = requested == null ? null : gpusOf(requested.requested ?? {});
  if (requestedGpus === null) return null;
  const why = state === 'pending' ? explain(unschedulable(group)) : { reason: null, message: null };
  return {
    name: group.metadata.name,
    namespace: group.metadata.namespace ?? '',
    queue: group.spec.queue ?? '',
    requestedGpus,
    state,
    ...why,
    createdAt: group.metadata.creationTimestamp ?? 0,
  };
}

/** The newest condition that says the group cannot be scheduled. */
function unschedulable(group: PodGroupObject): SchedulingCondition | undefined {
  return group.status?.schedulingConditions
    ?.filter((condition) => condition.status === 'True')
    .toSorted(
      (a, b) =>
        (b.lastTransitionTime ?? 0) - (a.lastTransitionTime ?? 0) ||
        Number(b.transitionID ?? 0) - Number(a.transitionID ?? 0),
    )[0];
}

/**
 * The first reason that is a word (OverLimit, NonPreemptibleOverQuota, …). KAI also puts whole sentences where a reason
 * belongs; those become the message, under the reason of the condition itself.
 */
function explain(condition: SchedulingCondition | undefined): { reason: string | null; message: string | null } {
  if (condition === undefined) return { reason: null, message: null };
  const detailed = condition.reasons?.find(({ reason }) => isWord(reason)) ?? condition.reasons?.[0];
  const reason = isWord(detailed?.reason) ? detailed?.reason : condition.reason;
  const message = detailed?.message || (isWord(detailed?.reason) ? '' : detailed?.reason) || condition.message || '';
  return { reason: reason || null, message: message === '' ? null : message.slice(0, maxMessageCharacters) };
}

function isWord(text: string | null | undefined): text is string {
  return text != null && /^\w+$/.test(text);
}
