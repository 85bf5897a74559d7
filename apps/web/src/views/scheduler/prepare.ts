import { type PodGroup, podGroup } from '@binnacle/shared/api/domain.ts';
import { explainFairShare, type FairShareExplanation } from '@binnacle/shared/models/fair-share.ts';
import type { Sample } from '#data/prometheus.ts';

const collator = new Intl.Collator('en', { numeric: true });

/**
 * starved: holds less than its fair share and asks for more. borrowing: holds more than its share. waiting: holds what it
 * is entitled to and asks for more. idle: holds and asks for nothing. satisfied: has what it asks for.
 */
export type QueueCondition = 'starved' | 'borrowing' | 'waiting' | 'idle' | 'satisfied' | 'unknown';

/** A queue in GPUs; null = unknown, Infinity = unlimited. Children are included in a parent's numbers. */
export interface Queue {
  readonly name: string;
  readonly displayName: string | null;
  readonly parent: string | null;
  /** Depth in the tree, 0 for a root. */
  readonly depth: number;
  /** Names from the root down to this queue. */
  readonly path: readonly string[];
  readonly leaf: boolean;
  /** Its parent does not exist, or its parents form a ring: the scheduler skips such a queue. */
  readonly orphan: boolean;
  readonly quota: number | null;
  readonly limit: number | null;
  readonly weight: number | null;
  readonly priority: number | null;
  readonly allocated: number | null;
  readonly requested: number | null;
  /** The scheduler's own figure where it is exported, else our model's. */
  readonly fairShare: number | null;
  readonly fairShareFrom: 'scheduler' | 'model' | null;
  /** Our model's figure where it differs from the scheduler's; null where both agree or one is missing. */
  readonly modelDiffers: number | null;
  readonly pendingGroups: number | null;
  readonly oldestPendingSeconds: number | null;
  readonly condition: QueueCondition;
}

/** Shares are whole GPUs but for fractional demand; below this both figures count as equal. */
const sameShare = 0.01;

/** What a queue's numbers say in one word. `unknown` as soon as one that decides is missing. */
export function conditionOf(
  allocated: number | null,
  requested: number | null,
  fairShare: number | null,
): QueueCondition {
  if (allocated === null || requested === null) return 'unknown';
  if (allocated === 0 && requested === 0) return 'idle';
  if (fairShare === null) return 'unknown';
  if (allocated > fairShare + sameShare) return 'borrowing';
  const wantsMore = requested > allocated + sameShare;
  if (!wantsMore) return 'satisfied';
  return allocated < fairShare - sameShare ? 'starved' : 'waiting';
}

/** Queues in the order of the tree: each parent before its children, siblings by name, queues without a place last. */
export function queueTree(facts: readonly Sample[], schedulerShares: readonly Sample[]): Queue[] {
  const values = new Map<string, Map<string, number>>();
  const parents = new Map<string, { parent: string | null; displayName: string | null }>();
  for (const { labels, value } of facts) {
    const { __name__: metric, queue } = labels;
    if (metric === undefined || queue === undefined || Number.isNaN(value)) continue;
    if (metric === 'binnacle_queue_info') {
      parents.set(queue, { parent: labels.parent || null, displayName: labels.display_name || null });
      continue;
    }
    const byQueue = values.get(metric) ?? new Map<string, number>();
    byQueue.set(queue, value);
    values.set(metric, byQueue);
  }
  const scheduler = new Map<string, number>();
  for (const { labels, value } of schedulerShares) {
    const queue = labels.queue_metadata_name || labels.queue_name;
    if (queue !== undefined && queue !== '' && Number.isFinite(value))
      scheduler.set(queue, (scheduler.get(queue) ?? 0) + value);
  }

  const children = new Map<string | null, string[]>();
  for (const [name, { parent }] of parents) {
    const siblings = children.get(parent) ?? [];
    siblings.push(name);
    children.set(parent, siblings);
  }
  const tree: Queue[] = [];
  const placed = new Set<string>();
  const place = (name: string, path: readonly string[], orphan: boolean) => {
    if (placed.has(name)) return;
    placed.add(name);
    const of = (suffix: string) => values.get(`binnacle_queue_${suffix}`)?.get(name) ?? null;
    const own = scheduler.get(name) ?? null;
    const model = of('fair_share_model_gpus');
    const fairShare = own ?? model;
    const allocated = of('allocated_gpus');
    const requested = of('requested_gpus');
    const below = (children.get(name) ?? []).toSorted(collator.compare);
    const about = parents.get(name);
    tree.push({
      name,
      displayName: about?.displayName ?? null,
      parent: about?.parent ?? null,
      depth: path.length,
      path: [...path, name],
      leaf: below.length === 0,
      orphan,
      quota: of('quota_gpus'),
      limit: of('limit_gpus'),
      weight: of('over_quota_weight'),
      priority: of('priority'),
      allocated,
      requested,
      fairShare,
      fairShareFrom: own !== null ? 'scheduler' : model !== null ? 'model' : null,
      modelDiffers: own !== null && model !== null && Math.abs(own - model) > sameShare ? model : null,
      pendingGroups: of('pending_pod_groups'),
      oldestPendingSeconds: of('oldest_pending_seconds'),
      condition: conditionOf(allocated, requested, fairShare),
    });
    for (const child of below) place(child, [...path, name], orphan);
  };
  for (const root of (children.get(null) ?? []).toSorted(collator.compare)) place(root, [], false);
  const lost = (name: string) => !parents.has(parents.get(name)?.parent ?? '');
  const left = [...parents.keys()].filter((name) => !placed.has(name)).toSorted(collator.compare);
  for (const name of [...left.filter(lost), ...left]) place(name, [], true);
  return tree;
}

/** GPUs that the roots hold together; null while one is unknown. Children are in their parents' numbers already. */
export function allocatedTotal(queues: readonly Queue[]): number | null {
  const roots = queues.filter((queue) => queue.depth === 0);
  if (roots.length === 0 || roots.some((queue) => queue.allocated === null)) return null;
  return roots.reduce((sum, queue) => sum + (queue.allocated ?? 0), 0);
}

export type Explained =
  | { readonly kind: 'explained'; readonly explanation: FairShareExplanation; readonly rivals: readonly string[] }
  /** Inputs that no source gave, in words. */
  | { readonly kind: 'unknown'; readonly missing: readonly string[] };

/** Why the queue's fair share is what it is, by our model of the division; the same inputs for every queue of the tree. */
export function explainShare(queues: readonly Queue[], totalGpus: number | null, name: string): Explained {
  const missing: string[] = [];
  if (totalGpus === null) missing.push('GPUs of the nodes');
  const known = queues.filter((queue) => !queue.orphan);
  const inputs = { quota: 'quotas', limit: 'limits', weight: 'weights', priority: 'priorities', requested: 'requests' };
  for (const [key, words] of Object.entries(inputs)) {
    const lacking = known.filter((queue) => queue[key as keyof typeof inputs] === null);
    if (lacking.length > 0) missing.push(`${words} of ${lacking.map((queue) => queue.name).join(', ')}`);
  }
  if (missing.length > 0 || totalGpus === null) return { kind: 'unknown', missing };
  const unlimited = (value: number | null) => (value === null || !Number.isFinite(value) ? -1 : value);
  const { queues: explained } = explainFairShare({
    total: totalGpus,
    queues: known.map((queue) => ({
      name: queue.name,
      parent: queue.parent,
      priority: queue.priority ?? 0,
      quota: unlimited(queue.quota),
      overQuotaWeight: queue.weight ?? 0,
      limit: unlimited(queue.limit),
      request: queue.requested ?? 0,
    })),
  });
  const explanation = explained.get(name);
  if (explanation === undefined)
    return { kind: 'unknown', missing: ['its place in the tree: its parent does not exist'] };
  const rivals = known.filter((q) => q.parent === explanation.parent && q.name !== name && (q.requested ?? 0) > 0);
  return { kind: 'explained', explanation, rivals: rivals.map((queue) => queue.name) };
}

export interface WaitingGroup extends PodGroup {
  readonly id: string;
}

interface RecordLike {
  readonly at: number;
  readonly body: unknown;
}

/**
 * Pod groups that wait, oldest first. A group that was deleted keeps its last record, so only those count that the newest
 * reading wrote, and none of a queue that is known to have no waiting group.
 */
export function waitingGroups(records: readonly RecordLike[], queues: readonly Queue[]): WaitingGroup[] {
  const newest = records.reduce((latest, record) => Math.max(latest, record.at), 0);
  const counts = new Map(queues.map((queue) => [queue.name, queue.pendingGroups]));
  return records
    .flatMap((record) => {
      const parsed = podGroup.safeParse(record.body);
      if (!parsed.success || record.at !== newest || parsed.data.state !== 'pending') return [];
      if (counts.get(parsed.data.queue) === 0) return [];
      return [{ ...parsed.data, id: `${parsed.data.namespace}/${parsed.data.name}` }];
    })
    .sort((a, b) => a.createdAt - b.createdAt);
}

const reasons: Record<string, string> = {
  OverLimit: 'over the limit of its queue or of a queue above',
  NonPreemptibleOverQuota: 'may not be preempted, and its queue’s quota is used up',
  QueueDoesNotExist: 'its queue does not exist, or is a root queue: only leaves run workloads',
  PreemptionDelayNotElapsed: 'must wait before it may preempt others',
  PodSchedulingErrors: 'no nodes fit its pods now',
  OverCapacity: 'the cluster is full, and its queue is not entitled to more',
  Unschedulable: 'the scheduler found no place',
};

/** The scheduler's reason in words; the reason itself where we have none; null where it gave none. */
export const reasonWords = (reason: string | null): string | null =>
  reason === null ? null : (reasons[reason] ?? reason);

/** The queue to explain when none is chosen: the most starved, else the most borrowing, else one with work, else the first leaf. */
export function tellingQueue(queues: readonly Queue[]): string | null {
  const leaves = queues.filter((queue) => queue.leaf);
  const by = (condition: QueueCondition, size: (queue: Queue) => number) =>
    leaves.filter((queue) => queue.condition === condition).sort((a, b) => size(b) - size(a))[0];
  const gap = (queue: Queue) => Math.abs((queue.fairShare ?? 0) - (queue.allocated ?? 0));
  const found =
    by('starved', gap) ??
    by('borrowing', gap) ??
    by('waiting', (q) => q.requested ?? 0) ??
    by('satisfied', (q) => q.requested ?? 0);
  return found?.name ?? leaves[0]?.name ?? null;
}
