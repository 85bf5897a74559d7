/**
 * Question: how many units of one resource (GPUs, millicores, bytes) is each queue entitled to right now, and why?
 *
 * Formula: the division of KAI-Scheduler's proportion plugin
 * (`pkg/scheduler/plugins/proportion/{proportion,resource_division/resource_division}.go`), top-down over the tree:
 *   1. quota: every queue gets min(quota, want), want = min(limit, request). Nothing is scaled down, so the sum may
 *      exceed the total.
 *   2. surplus: in strict priority buckets, high to low; by s = max(0, w + k (w − usage)) with w the weight among the
 *      unsatisfied siblings; whole units, unless a smaller fraction satisfies the queue.
 *   3. remainder: what rounding left over, at most one unit per queue, largest fraction first, then the older queue,
 *      then the name.
 * A parent's share is the total of its children.
 *
 * Inputs: total and every quota, limit, request in the same unit; −1 = unlimited for quota and limit, limit 0 = nothing
 * may run; request = allocated + pending, descendants included; usage = share of the cluster's capacity used in the past,
 * 0…1; k = the plugin's kValue (1 by default; without usage data it changes nothing).
 *
 * Assumptions: one scheduling shard, one resource at a time, names unique.
 *
 * Unknown: a queue whose parent is missing, or that sits in a ring of parents, gets no entry. The scheduler skips it too.
 */
export interface FairShareQueue {
  readonly name: string;
  /** null for a root */
  readonly parent: string | null;
  readonly priority: number;
  readonly quota: number;
  readonly overQuotaWeight: number;
  readonly limit: number;
  readonly request: number;
  /** Creation order or time; only breaks ties, the smaller is older. */
  readonly created?: number;
  /** Historical usage, 0…1 of the capacity. */
  readonly usage?: number;
}

export interface FairShareInput {
  readonly total: number;
  readonly queues: readonly FairShareQueue[];
  readonly k?: number;
}

/** Where a queue's share comes from: share = quota + surplus + remainder. */
export interface FairShareExplanation {
  readonly name: string;
  readonly parent: string | null;
  /** What the sibling group had to divide: the cluster's total or the parent's share. */
  readonly divided: number;
  /** min(limit, request) */
  readonly want: number;
  readonly quota: number;
  readonly surplus: number;
  readonly remainder: number;
  readonly share: number;
  /** Why the share ends where it does: the demand is met, the limit caps it, or the group had no more to give. */
  readonly boundBy: 'request' | 'limit' | 'group';
}

export interface FairShareResult {
  readonly queues: ReadonlyMap<string, FairShareExplanation>;
  /** What the root queues left over; 0 also when their quotas exceed the total. */
  readonly unassigned: number;
}

interface Division {
  readonly queue: FairShareQueue;
  readonly want: number;
  share: number;
  quota: number;
  surplus: number;
  remainder: number;
}

/** Share of every queue of the tree, by name. */
export function fairShare(input: FairShareInput): Map<string, number> {
  const shares = new Map<string, number>();
  for (const [name, explanation] of explainFairShare(input).queues) shares.set(name, explanation.share);
  return shares;
}

/** The same division with the three phases of each queue kept apart. */
export function explainFairShare({ total, queues, k = 1 }: FairShareInput): FairShareResult {
  const childrenOf = new Map<string | null, FairShareQueue[]>();
  for (const queue of queues) {
    const siblings = childrenOf.get(queue.parent);
    if (siblings) siblings.push(queue);
    else childrenOf.set(queue.parent, [queue]);
  }
  const explained = new Map<string, FairShareExplanation>();
  const walk = (parent: string | null, divided: number): number => {
    const siblings = childrenOf.get(parent) ?? [];
    const { divisions, left } = divide(divided, siblings, Math.max(0, k));
    for (const { queue, want, share, quota, surplus, remainder } of divisions) {
      const boundBy = share < want ? 'group' : queue.limit !== -1 && queue.limit < queue.request ? 'limit' : 'request';
      const { name } = queue;
      explained.set(name, { name, parent, divided, want, quota, surplus, remainder, share, boundBy });
      walk(name, share);
    }
    return left;
  };
  const unassigned = Math.max(0, walk(null, total));
  return { queues: explained, unassigned };
}

function divide(total: number, siblings: readonly FairShareQueue[], k: number) {
  const divisions = siblings.map((queue): Division => {
    const want = queue.limit === -1 ? queue.request : Math.min(queue.limit, queue.request);
    const quota = Math.min(queue.quota === -1 ? total : queue.quota, want);
    return { queue, want, share: quota, quota, surplus: 0, remainder: 0 };
  });
  let left = total - divisions.reduce((sum, division) => sum + division.share, 0);
  if (left <= 0) return { divisions, left };

  const priorities = [...new Set(siblings.map((queue) => queue.priority))].sort((a, b) => b - a);
  const fractionsOf = new Map<number, Map<Division, number>>();
  for (const priority of priorities) {
    const bucket = divisions.filter((division) => division.queue.priority === priority);
    const fractions = new Map<Division, number>();
    fractionsOf.set(priority, fractions);
    left = divideSurplus(bucket, left, k, fractions);
  }
  for (const priority of priorities) {
    const candidates = [...(fractionsOf.get(priority) ?? [])].sort(byFractionThenAge);
    for (const [division] of candidates) {
      if (left <= 0) break;
      const unit = Math.min(1, left);
      division.remainder += unit;
      division.share += unit;
      left -= unit;
    }
  }
  return { divisions, left };
}

/** Rounds of phase 2 in one priority bucket; returns what is left and fills in the fractions that phase 3 ranks. */
function divideSurplus(
  bucket: readonly Division[],
  surplus: number,
  k: number,
  fractions: Map<Division, number>,
): number {
  let left = surplus;
  for (let again = true; again && left > 0; ) {
    again = false;
    const base = left;
    const unsatisfied = bucket.filter((division) => division.want > division.share);
    const weights = unsatisfied.reduce((sum, division) => sum + division.queue.overQuotaWeight, 0);
    if (weights === 0) break;
    const scores = unsatisfied.map(({ queue }) => {
      const normalised = queue.overQuotaWeight / weights;
      return Math.max(0, normalised + k * (normalised - (queue.usage ?? 0)));
    });
    const scoreSum = scores.reduce((sum, score) => sum + score, 0);
    if (scoreSum === 0) break;
    for (const [i, division] of unsatisfied.entries()) {
      if (left <= 0) break;
      if (division.queue.overQuotaWeight <= 0) continue;
      const slice = (base * (scores[i] ?? 0)) / scoreSum;
      const need = division.want - division.share;
      let give = need;
      if (need <= slice) fractions.delete(division);
      else {
        give = Math.floor(slice);
        if (slice > give) fractions.set(division, slice - give);
      }
      division.surplus += give;
      division.share += give;
      left -= give;
      if (give > 0 && need < slice) again = true;
    }
  }
  return left;
}

function byFractionThenAge([a, fractionA]: [Division, number], [b, fractionB]: [Division, number]): number {
  if (fractionA !== fractionB) return fractionB - fractionA;
  const age = (a.queue.created ?? 0) - (b.queue.created ?? 0);
  if (age !== 0) return age;
  return a.queue.name < b.queue.name ? -1 : 1;
}
