import type { RuleCases } from './rule-case.ts';

export const schedulerCases: RuleCases = {
  'queue-starved': {
    fires: ['allocated_gpus 0', 'fair_share_model_gpus 16', 'requested_gpus 16'].map((text) =>
      text.replace(/^(\w+) (\d+)/, 'binnacle_queue_$1{queue="vision"} $2x40'),
    ),
    says: 'Queue vision holds 0 GPUs, less than its fair share, and waits',
    quiet: [
      ...[
        'allocated_gpus{queue="idle"} 0x40',
        'fair_share_model_gpus{queue="idle"} 16x40',
        'requested_gpus{queue="idle"} 0x40',
      ],
      ...[
        'allocated_gpus{queue="big"} 40x40',
        'fair_share_model_gpus{queue="big"} 32x40',
        'requested_gpus{queue="big"} 64x40',
      ],
    ].map((text) => `binnacle_queue_${text}`),
    at: 120,
  },
  'queue-quota-waits': {
    fires: [
      'binnacle_queue_oldest_pending_seconds{cluster="c",queue="vision"} 3000+15x60',
      'binnacle_queue_allocated_gpus{cluster="c",queue="vision"} 8x60',
      'binnacle_queue_quota_gpus{cluster="c",queue="vision"} 16x60',
    ],
    at: 630,
    says: `A pod group of queue vision has waited 1h 0m 30s although the queue is below its quota`,
    quiet: [
      'binnacle_queue_oldest_pending_seconds{cluster="c",queue="vision"} 7200+15x60',
      'binnacle_queue_allocated_gpus{cluster="c",queue="vision"} 16x60',
      'binnacle_queue_quota_gpus{cluster="c",queue="vision"} 16x60',
      'binnacle_queue_oldest_pending_seconds{cluster="c",queue="b"} 100+15x60',
      'binnacle_queue_allocated_gpus{cluster="c",queue="b"} 0x60',
      'binnacle_queue_quota_gpus{cluster="c",queue="b"} 16x60',
    ],
  },
  'queue-pending-long': {
    fires: ['binnacle_queue_oldest_pending_seconds{cluster="c",queue="vision"} 86000+15x60'],
    at: 420,
    says: `The oldest pod group of queue vision has waited 1d 0h 0m 20s`,
    quiet: ['binnacle_queue_oldest_pending_seconds{cluster="c",queue="vision"} 7200+15x60'],
  },
  'gpus-fragmented': {
    fires: [
      'binnacle_node_allocatable_gpus{cluster="c",node="n1"} 8x90',
      'binnacle_node_allocatable_gpus{cluster="c",node="n2"} 8x90',
      'binnacle_queue_info{cluster="c",queue="vision"} 1x90',
      'binnacle_queue_info{cluster="c",queue="kid",parent="vision"} 1x90',
      'binnacle_queue_allocated_gpus{cluster="c",queue="vision"} 6x90',
      'binnacle_queue_allocated_gpus{cluster="c",queue="kid"} 6x90',
      'binnacle_queue_pending_pod_groups{cluster="c",queue="vision"} 2x90',
    ],
    at: 900,
    says: `10 GPUs of c have been free for a quarter of an hour while pod groups wait`,
    quiet: [
      'binnacle_node_allocatable_gpus{cluster="c",node="n1"} 8x90',
      'binnacle_node_allocatable_gpus{cluster="c",node="n2"} 8x90',
      'binnacle_queue_info{cluster="c",queue="vision"} 1x90',
      'binnacle_queue_allocated_gpus{cluster="c",queue="vision"} 16x90',
      'binnacle_queue_pending_pod_groups{cluster="c",queue="vision"} 2x90',
    ],
  },
  'node-gpus-lost': {
    fires: ['binnacle_node_allocatable_gpus{cluster="c",node="n1"} 8x20 7x40'],
    at: 450,
    says: `Node n1 offers 1 GPUs fewer than within the last hour`,
    quiet: [
      'binnacle_node_allocatable_gpus{cluster="c",node="n1"} 8x60',
      'binnacle_node_allocatable_gpus{cluster="c",node="n2"} 4x20 8x40',
    ],
  },
  'node-gone': {
    fires: [
      'binnacle_node_allocatable_gpus{cluster="c",node="n1"} 8x20 stale',
      'binnacle_node_allocatable_gpus{cluster="c",node="n2"} 8x60',
    ],
    at: 450,
    says: `Node n1 with its 8 GPUs is gone from the cluster`,
    quiet: [
      'binnacle_node_allocatable_gpus{cluster="c",node="n1"} 8x20 stale',
      'binnacle_node_allocatable_gpus{cluster="c",node="n2"} 8x20 stale',
    ],
  },
  'scheduler-slow': {
    fires: ['kai_e2e_scheduling_latency_milliseconds{instance="s"} 40x20 15000x40'],
    at: 630,
    says: `A scheduling cycle takes 15000 ms; under 1000 is normal`,
    quiet: ['kai_e2e_scheduling_latency_milliseconds{instance="s"} 900x60'],
  },
};
