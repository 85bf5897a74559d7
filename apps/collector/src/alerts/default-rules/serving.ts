import { type DefaultRule, rule } from './default-rule.ts';

const model = 'cluster, model_name';
/** 99th percentile over five minutes, by model. */
const p99 = (histogram: string) =>
  `histogram_quantile(0.99, sum by (${model}, le) (rate(vllm:${histogram}_seconds_bucket[5m])))`;

export const servingRules: readonly DefaultRule[] = [
  rule({
    key: 'ttft-high',
    name: 'Time to first token high',
    layer: 'serving',
    severity: 'warning',
    // 2 s at the 99th percentile is the limit of MLPerf Inference's server scenario for Llama 2 70B.
    expr: `${p99('time_to_first_token')} > 2`,
    forSeconds: 300,
    summary:
      'One request in a hundred of {{ $labels.model_name }} waits {{ $value | humanizeDuration }} for its first token',
    description: 'The 99th percentile over five minutes is above two seconds.',
    page: '/serving',
    runbook:
      'See whether requests queue (KV cache full), prompts grew, or the cache of prefixes stopped to hit; then add replicas.',
  }),
  rule({
    key: 'itl-high',
    name: 'Inter-token latency high',
    layer: 'serving',
    severity: 'warning',
    // 200 ms from the same scenario of MLPerf. Before vLLM V1 the histogram was called time_per_output_token.
    expr: `${p99('inter_token_latency')} > 0.2 or ${p99('time_per_output_token')} > 0.2`,
    forSeconds: 300,
    summary:
      'One token in a hundred of {{ $labels.model_name }} takes {{ $value | humanizeDuration }}; under 200ms is normal',
    description: 'Answers come slower than people read: the 99th percentile over five minutes.',
    page: '/serving',
    runbook: 'Look for batches that are too large, long prefills between the decodes (chunked prefill), and hot GPUs.',
  }),
  rule({
    key: 'kv-cache-full',
    name: 'KV cache nearly full',
    layer: 'serving',
    severity: 'warning',
    expr: 'vllm:kv_cache_usage_perc > 0.95',
    forSeconds: 120,
    summary: 'KV cache of {{ $labels.model_name }} is {{ $value | humanizePercentage }} full',
    description: 'New requests wait, and running ones may be preempted and computed again.',
    page: '/serving',
    runbook: 'Lower the longest context or the number of sequences, raise the share of GPU memory, or add a replica.',
  }),
  rule({
    key: 'requests-queue',
    name: 'Requests queue',
    layer: 'serving',
    severity: 'warning',
    expr: `sum by (${model}) (vllm:num_requests_waiting) > sum by (${model}) (vllm:num_requests_running)`,
    forSeconds: 300,
    summary: '{{ $value }} requests of {{ $labels.model_name }} wait, more than are being answered',
    description: 'More requests wait than run, for five minutes: the load is beyond what the replicas can do.',
    page: '/serving',
    runbook: 'Add replicas or shed load at the gateway; see whether one replica has stopped, or one client floods.',
  }),
  rule({
    key: 'preemptions',
    name: 'Requests preempted',
    layer: 'serving',
    severity: 'warning',
    expr: `sum by (${model}) (rate(vllm:num_preemptions_total[5m])) * 60 > 6`,
    forSeconds: 300,
    summary: '{{ $labels.model_name }} preempts {{ $value | printf "%.0f" }} requests a minute; next to none is normal',
    description: 'The KV cache ran out under running requests: their work is thrown away and done again.',
    page: '/serving',
    runbook: 'As for a full KV cache: fewer sequences at once, a shorter longest context, or more memory.',
  }),
  rule({
    key: 'serving-errors',
    name: 'Requests fail',
    layer: 'serving',
    severity: 'critical',
    expr: `sum by (${model}) (rate(vllm:request_success_total{finished_reason="error"}[5m])) / sum by (${model}) (rate(vllm:request_success_total[5m])) > 0.01`,
    forSeconds: 120,
    summary:
      '{{ $value | humanizePercentage }} of the requests of {{ $labels.model_name }} end in an error; under 1% is normal',
    description: 'The engine itself ended them with an error.',
    page: '/serving',
    runbook:
      "Read the engine's log; look at the GPUs of the replica for XID errors; take a replica with a dead engine out.",
  }),
  rule({
    key: 'serving-stalled',
    name: 'Model server stalled',
    layer: 'serving',
    severity: 'critical',
    expr: 'min_over_time(vllm:num_requests_running[5m]) > 0 and on (cluster, job, instance, engine, model_name) rate(vllm:generation_tokens_total[5m]) == 0',
    forSeconds: 120,
    summary:
      '{{ $labels.instance }} answers {{ $value }} requests of {{ $labels.model_name }} and has made no token in five minutes',
    description: 'It takes requests and gives nothing back, while its health check may still pass.',
    page: '/serving',
    runbook:
      'Take the replica out and restart it; keep its log and a stack dump (py-spy) for who looks after the engine.',
  }),
  rule({
    key: 'prefix-cache-misses',
    name: 'Prefix cache stopped to hit',
    layer: 'serving',
    severity: 'info',
    expr: [
      `sum by (${model}) (rate(vllm:prefix_cache_hits_total[15m])) / sum by (${model}) (rate(vllm:prefix_cache_queries_total[15m]))`,
      `< 0.5 * (sum by (${model}) (rate(vllm:prefix_cache_hits_total[6h])) / sum by (${model}) (rate(vllm:prefix_cache_queries_total[6h])))`,
    ].join(' '),
    forSeconds: 600,
    intervalSeconds: 60,
    summary:
      '{{ $value | humanizePercentage }} of the prompt tokens of {{ $labels.model_name }} come from the cache, less than half of the share over six hours',
    description: 'Prompts are computed that were found before: first tokens come later and GPUs do more.',
    page: '/serving',
    runbook:
      'Look for a changed system prompt or template, a date or an id at its beginning, or a router that lost its stickiness.',
  }),
];
