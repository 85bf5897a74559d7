import type { RuleCases } from './rule-case.ts';

export const servingCases: RuleCases = {
  'ttft-high': {
    fires: [
      '{le="1",model_name="m"} 0+1x40',
      '{le="5",model_name="m"} 0+100x40',
      '{le="+Inf",model_name="m"} 0+100x40',
    ].map((text) => `vllm:time_to_first_token_seconds_bucket${text}`),
    says: 'One request in a hundred of m waits 4.96s for its first token',
    quiet: ['{le="1",model_name="m"} 0+100x40', '{le="+Inf",model_name="m"} 0+100x40'].map(
      (text) => `vllm:time_to_first_token_seconds_bucket${text}`,
    ),
    at: 315,
  },
  'kv-cache-full': {
    fires: ['vllm:kv_cache_usage_perc{model_name="m"} 0.97x40'],
    says: 'KV cache of m is 97% full',
    quiet: ['vllm:kv_cache_usage_perc{model_name="m"} 0.5x40'],
    at: 120,
  },
  'itl-high': {
    fires: [
      'vllm:time_per_output_token_seconds_bucket{le="0.1",model_name="m"} 0+1x60',
      'vllm:time_per_output_token_seconds_bucket{le="0.5",model_name="m"} 0+100x60',
      'vllm:time_per_output_token_seconds_bucket{le="+Inf",model_name="m"} 0+100x60',
    ],
    at: 315,
    says: 'One token in a hundred of m takes 496ms; under 200ms is normal',
    quiet: [
      'vllm:inter_token_latency_seconds_bucket{le="0.1",model_name="m"} 0+100x60',
      'vllm:inter_token_latency_seconds_bucket{le="+Inf",model_name="m"} 0+100x60',
    ],
  },
  'requests-queue': {
    fires: [
      'vllm:num_requests_waiting{instance="r1",job="vllm",engine="0",model_name="m"} 0x10 40x40',
      'vllm:num_requests_running{instance="r1",job="vllm",engine="0",model_name="m"} 32x50',
    ],
    at: 465,
    says: `40 requests of m wait, more than are being answered`,
    quiet: [
      'vllm:num_requests_waiting{instance="r1",job="vllm",engine="0",model_name="m"} 7x50',
      'vllm:num_requests_running{instance="r1",job="vllm",engine="0",model_name="m"} 32x50',
    ],
  },
  preemptions: {
    fires: ['vllm:num_preemptions_total{instance="r1",job="vllm",engine="0",model_name="m"} 0+5x60'],
    at: 405,
    says: `m preempts 20 requests a minute; next to none is normal`,
    quiet: ['vllm:num_preemptions_total{instance="r1",job="vllm",engine="0",model_name="m"} 4x60'],
  },
  'serving-errors': {
    fires: [
      'vllm:request_success_total{instance="r1",job="vllm",engine="0",model_name="m",finished_reason="stop"} 0+95x40',
      'vllm:request_success_total{instance="r1",job="vllm",engine="0",model_name="m",finished_reason="error"} 0+5x40',
    ],
    at: 135,
    says: `5% of the requests of m end in an error; under 1% is normal`,
    quiet: [
      'vllm:request_success_total{instance="r1",job="vllm",engine="0",model_name="m",finished_reason="stop"} 0+95x40',
      'vllm:request_success_total{instance="r1",job="vllm",engine="0",model_name="m",finished_reason="error"} 0x40',
      'vllm:request_success_total{instance="r1",job="vllm",engine="0",model_name="m",finished_reason="abort"} 0+5x40',
    ],
  },
  'serving-stalled': {
    fires: [
      'vllm:num_requests_running{instance="r1",job="vllm",engine="0",model_name="m"} 3x60',
      'vllm:generation_tokens_total{instance="r1",job="vllm",engine="0",model_name="m"} 0+100x20 2000x40',
    ],
    at: 705,
    says: `r1 answers 3 requests of m and has made no token in five minutes`,
    quiet: [
      'vllm:num_requests_running{instance="r1",job="vllm",engine="0",model_name="m"} 3x30 0x30',
      'vllm:generation_tokens_total{instance="r1",job="vllm",engine="0",model_name="m"} 0+100x30 3000x30',
    ],
  },
  'prefix-cache-misses': {
    fires: [
      'vllm:prefix_cache_hits_total{instance="r1",job="vllm",engine="0",model_name="m"} 0+80x500 40000+5x200',
      'vllm:prefix_cache_queries_total{instance="r1",job="vllm",engine="0",model_name="m"} 0+100x700',
    ],
    at: 8640,
    says: '5% of the prompt tokens of m come from the cache, less than half of the share over six hours',
    quiet: [
      'vllm:prefix_cache_hits_total{instance="r1",job="vllm",engine="0",model_name="m"} 0+80x500',
      'vllm:prefix_cache_queries_total{instance="r1",job="vllm",engine="0",model_name="m"} 0+100x500',
    ],
  },
};
