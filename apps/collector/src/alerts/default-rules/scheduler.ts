import { type DefaultRule, rule } from './default-rule.ts';

const root = 'on (cluster, queue) binnacle_queue_info{parent=""}';

export const schedulerRules: readonly DefaultRule[] = [
  rule({
    key: 'queue-starved',
    name: 'Queue starved',
    layer: 'scheduler',
    severity: 'warning',
    expr: 'binnacle_queue_allocated_gpus < binnacle_queue_fair_share_model_gpus and binnacle_queue_requested_gpus > binnacle_queue_allocated_gpus',
    forSeconds: 120,
    summary: 'Queue {{ $labels.queue }} holds {{ $value }} GPUs, less than its fair share, and waits',
    description: 'It asks for more than it has, and has less than the division of the cluster gives it.',
    page: '/scheduler',
    runbook:
      'See who borrows; whether their jobs may be preempted; and whether the waiting pod groups fit the free slots at all.',
  }),
  rule({
    key: 'queue-quota-waits',
    name: 'Queue waits below its quota',
    layer: 'scheduler',
    severity: 'critical',
    expr: 'binnacle_queue_oldest_pending_seconds > 3600 and on (cluster, queue) (binnacle_queue_allocated_gpus < binnacle_queue_quota_gpus)',
    forSeconds: 0,
    intervalSeconds: 30,
    summary:
      'A pod group of queue {{ $labels.queue }} has waited {{ $value | humanizeDuration }} although the queue is below its quota',
    description: 'A quota is a promise. An hour is longer than reclaiming takes.',
    page: '/scheduler',
    runbook:
      'Read why it waits on the page: protected victims, no node that is large enough, or quotas that add up to more than there is.',
  }),
  rule({
    key: 'queue-pending-long',
    name: 'Pod group pending for a day',
    layer: 'scheduler',
    severity: 'info',
    expr: 'binnacle_queue_oldest_pending_seconds > 86400',
    forSeconds: 0,
    intervalSeconds: 60,
    summary: 'The oldest pod group of queue {{ $labels.queue }} has waited {{ $value | humanizeDuration }}',
    description: 'Nobody waits that long on purpose: the request may never fit, or its owner forgot it.',
    page: '/scheduler',
    runbook: "Read the scheduler's reason; ask the owner, then shrink the request or delete it.",
  }),
  rule({
    key: 'gpus-fragmented',
    name: 'GPUs free while pod groups wait',
    layer: 'scheduler',
    severity: 'warning',
    // A node of eight: less is what always lies about.
    expr: `sum by (cluster) (binnacle_node_allocatable_gpus) - sum by (cluster) (binnacle_queue_allocated_gpus and ${root}) >= 8 and on (cluster) sum by (cluster) (binnacle_queue_pending_pod_groups and ${root}) > 0`,
    forSeconds: 900,
    intervalSeconds: 30,
    summary: '{{ $value }} GPUs of {{ $labels.cluster }} have been free for a quarter of an hour while pod groups wait',
    description: 'They lie in pieces that fit nobody, on nodes that nobody may use, or behind a limit.',
    page: '/scheduler',
    runbook:
      'See on which nodes they are: scattered ones want consolidation, whole nodes a taint, cordon or limit to be looked at.',
  }),
  rule({
    key: 'node-gpus-lost',
    name: 'Node offers fewer GPUs',
    layer: 'scheduler',
    severity: 'critical',
    expr: 'max_over_time(binnacle_node_allocatable_gpus[1h]) - binnacle_node_allocatable_gpus > 0',
    forSeconds: 120,
    intervalSeconds: 30,
    summary: 'Node {{ $labels.node }} offers {{ $value }} GPUs fewer than within the last hour',
    description: 'The device plugin took GPUs away because it found them unhealthy, or restarted without them.',
    page: '/scheduler',
    runbook: 'Look for XID errors there, read the log of the device plugin, drain the node.',
  }),
  rule({
    key: 'node-gone',
    name: 'GPU node gone',
    layer: 'scheduler',
    severity: 'critical',
    // Only while the source still lists other nodes: else nothing is known of any.
    expr: 'last_over_time(binnacle_node_allocatable_gpus[1h]) unless on (cluster, node) binnacle_node_allocatable_gpus and on (cluster) count by (cluster) (binnacle_node_allocatable_gpus)',
    forSeconds: 120,
    intervalSeconds: 30,
    summary: 'Node {{ $labels.node }} with its {{ $value }} GPUs is gone from the cluster',
    description: 'It was listed within the last hour; other nodes still are.',
    page: '/scheduler',
    runbook: 'See whether it was taken out on purpose; else its BMC, its kubelet, its network, in that order.',
  }),
  rule({
    key: 'scheduler-slow',
    name: 'Scheduler slow',
    layer: 'scheduler',
    severity: 'warning',
    // A cycle begins once a second; ten of them lost is a queue that people feel.
    expr: 'kai_e2e_scheduling_latency_milliseconds > 10000',
    forSeconds: 300,
    intervalSeconds: 30,
    summary: 'A scheduling cycle takes {{ $value | printf "%.0f" }} ms; under 1000 is normal',
    description: 'New pod groups wait for the cycle to end before anyone looks at them.',
    page: '/scheduler',
    runbook:
      'See which action takes the time: reclaim and consolidation grow with pending pod groups that can never fit.',
  }),
];
