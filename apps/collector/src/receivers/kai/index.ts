import { BinnacleError } from '@binnacle/shared/errors.ts';
import { addressOf } from '../polling/bounded-http.ts';
import { ownMetrics } from '../polling/own-metrics.ts';
import { Poller, polledReceiver } from '../polling/poller.ts';
import type { Round } from '../polling/round.ts';
import type { ReceiverDefinition } from '../receiver.ts';
import { type KaiCluster, type KaiConfig, kaiConfig } from './config.ts';
import { listObjects } from './list-objects.ts';
import { nodeObject, type PodGroupObject, podGroupObject, queueObject } from './objects.ts';
import { podGroupRecord, stateOf, waitsSince } from './pending.ts';
import { modelShares, offeredGpus, type QueueState, queueStates } from './queue-tree.ts';

const kaiMetrics = ownMetrics(
  'binnacle_queue_info',
  'binnacle_queue_quota_gpus',
  'binnacle_queue_limit_gpus',
  'binnacle_queue_over_quota_weight',
  'binnacle_queue_priority',
  'binnacle_queue_allocated_gpus',
  'binnacle_queue_requested_gpus',
  'binnacle_queue_fair_share_model_gpus',
  'binnacle_queue_pending_pod_groups',
  'binnacle_queue_oldest_pending_seconds',
  'binnacle_node_allocatable_gpus',
);

/** Oldest first; a cluster with more waiting groups than this has other troubles than reading them all. */
const maxPendingRecords = 1000;

/** Queues, pod groups and nodes of KAI-Scheduler, from the Kubernetes API. */
export const kai: ReceiverDefinition<KaiConfig> = {
  name: 'kai',
  summary: 'Queues, waiting pod groups and nodes of KAI-Scheduler, from the Kubernetes API.',
  config: kaiConfig,
  emits: kaiMetrics,
  create(config, context) {
    return polledReceiver(
      config.clusters.map((cluster) => {
        const reader = new ClusterReader(cluster);
        return new Poller(
          {
            receiver: 'kai',
            source: addressOf(cluster.url),
            labels: cluster.labels,
            address: addressOf(cluster.url),
            intervalSeconds: cluster.intervalSeconds,
            timeoutSeconds: cluster.timeoutSeconds,
            up: { job: 'kai', instance: new URL(cluster.url).host },
            metadata: kaiMetrics,
            read: (round, signal) => reader.read(round, signal),
          },
          context,
        );
      }),
    );
  },
};

class ClusterReader {
  readonly #cluster: KaiCluster;
  /** Groups that waited at the last reading: one that runs now is recorded once more, as running. */
  #waiting = new Set<string>();

  constructor(cluster: KaiCluster) {
    this.#cluster = cluster;
  }

  async read(round: Round, signal: AbortSignal): Promise<void> {
    const { url } = this.#cluster;
    const queues = queueStates(
      await listObjects(url, '/apis/scheduling.run.ai/v2/queues', queueObject, signal, this.#cluster),
    );
    for (const queue of queues) addQueue(round, queue);
    await this.#addShares(round, queues, signal);
    await this.#addPodGroups(round, queues, signal);
  }

  async #addShares(round: Round, queues: readonly QueueState[], signal: AbortSignal): Promise<void> {
    const nodes = await orWarn(
      round,
      signal,
      listObjects(this.#cluster.url, '/api/v1/nodes', nodeObject, signal, this.#cluster),
    );
    if (nodes === null) return;
    const offered = offeredGpus(nodes);
    let total = 0;
    for (const [node, gpus] of offered) {
      total += gpus;
      round.sample('binnacle_node_allocatable_gpus', { node }, gpus);
    }
    const shares = modelShares(queues, total);
    if (shares === null)
      round.warn('The queues have no status yet, so fair shares are unknown; is the queue controller running?');
    else for (const [queue, share] of shares) round.sample('binnacle_queue_fair_share_model_gpus', { queue }, share);
  }

  async #addPodGroups(round: Round, queues: readonly QueueState[], signal: AbortSignal): Promise<void> {
    const path = '/apis/scheduling.run.ai/v2alpha2/podgroups';
    const groups = await orWarn(
      round,
      signal,
      listObjects(this.#cluster.url, path, podGroupObject, signal, this.#cluster),
    );
    if (groups === null) return;
    const pending = groups.filter((group) => stateOf(group) === 'pending');
    pending.sort((a, b) => (waitsSince(a) ?? round.atMs) - (waitsSince(b) ?? round.atMs));
    const oldest = new Map<string, { groups: number; sinceMs: number | null }>(
      queues.map(({ name }) => [name, { groups: 0, sinceMs: null }]),
    );
    for (const group of pending) {
      // A group may name a queue that does not exist: it gets a record, but no series of its own.
      const entry = oldest.get(group.spec.queue ?? '');
      if (entry === undefined) continue;
      entry.groups++;
      entry.sinceMs ??= waitsSince(group);
    }
    for (const [queue, { groups: count, sinceMs }] of oldest) {
      round.sample('binnacle_queue_pending_pod_groups', { queue }, count);
      if (sinceMs !== null)
        round.sample('binnacle_queue_oldest_pending_seconds', { queue }, Math.max(0, (round.atMs - sinceMs) / 1000));
    }
    this.#addRecords(round, groups, pending);
  }

  #addRecords(round: Round, groups: readonly PodGroupObject[], pending: readonly PodGroupObject[]): void {
    const started = groups.filter((group) => this.#waiting.has(keyOf(group)) && stateOf(group) === 'running');
    if (pending.length > maxPendingRecords)
      round.warn(`${pending.length} pod groups wait; the ${maxPendingRecords} oldest are listed.`);
    for (const group of [...pending.slice(0, maxPendingRecords), ...started]) {
      const body = podGroupRecord(group, stateOf(group) === 'running' ? 'running' : 'pending');
      if (body !== null) round.record('pod_group', this.#cluster.labels.cluster ?? '', keyOf(group), round.atMs, body);
    }
    this.#waiting = new Set(pending.map(keyOf));
  }
}

function addQueue(round: Round, state: QueueState): void {
  const labels = { queue: state.name };
  round.sample('binnacle_queue_info', { ...labels, parent: state.parent ?? '', display_name: state.displayName }, 1);
  round.sample('binnacle_queue_quota_gpus', labels, state.quota);
  round.sample('binnacle_queue_limit_gpus', labels, state.limit);
  round.sample('binnacle_queue_over_quota_weight', labels, state.overQuotaWeight);
  round.sample('binnacle_queue_priority', labels, state.priority);
  round.sample('binnacle_queue_allocated_gpus', labels, state.allocated);
  round.sample('binnacle_queue_requested_gpus', labels, state.requested);
}

function keyOf(group: PodGroupObject): string {
  return `${group.metadata.namespace ?? ''}/${group.metadata.name}`;
}

/** Nodes or pod groups that may not be listed leave the queues standing. */
async function orWarn<T>(round: Round, signal: AbortSignal, list: Promise<T>): Promise<T | null> {
  try {
    return await list;
  } catch (error) {
    if (signal.aborted || !(error instanceof BinnacleError)) throw error;
    round.warn(error.message);
    return null;
  }
}
