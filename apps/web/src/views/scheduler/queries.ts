import type { Expression } from '#data/hooks.ts';

/** Everything that is known of the queues now, in one answer; `prepare.ts` sorts it by name. */
export const queueFacts: Expression = ({ cluster }) =>
  `{__name__=~"binnacle_queue_(info|quota_gpus|limit_gpus|over_quota_weight|priority|allocated_gpus|requested_gpus|fair_share_model_gpus|pending_pod_groups|oldest_pending_seconds)",${cluster}}`;

/** KAI's own fair share. Each shard divides its own nodes, so the shares of a queue add up over shards. */
export const schedulerFairShare: Expression = ({ cluster }) =>
  `sum by (queue_metadata_name, queue_name) (kai_queue_fair_share_gpu{${cluster}})`;

export const capacity: Expression = ({ cluster }) => `sum(binnacle_node_allocatable_gpus{${cluster}})`;

export const allocated: Expression = ({ cluster }) => `sum by (queue) (binnacle_queue_allocated_gpus{${cluster}})`;

export const oldestPending: Expression = ({ cluster }) =>
  `max by (queue) (binnacle_queue_oldest_pending_seconds{${cluster}})`;
