import { quote } from '#data/cluster.ts';
import type { Expression } from '#data/hooks.ts';

/** Families of vLLM under today's names; the preset of the receiver brings older ones to these. */
export const families = {
  requests: 'vllm:request_success_total',
  firstToken: 'vllm:time_to_first_token_seconds_bucket',
  interToken: 'vllm:inter_token_latency_seconds_bucket',
  queueTime: 'vllm:request_queue_time_seconds_bucket',
  cache: 'vllm:kv_cache_usage_perc',
  running: 'vllm:num_requests_running',
  waiting: 'vllm:num_requests_waiting',
  generated: 'vllm:generation_tokens_total',
  prompt: 'vllm:prompt_tokens_total',
  preemptions: 'vllm:num_preemptions_total',
} as const;

/** Window of the table's figures: long enough for a few requests, short enough to be called now. */
export const nowWindow = '5m';

const within = (cluster: string, model: string | null) =>
  model === null ? cluster : `${cluster},model_name=${quote(model)}`;

/** One value per deployment: the sum of a gauge over its engines, or the highest. */
export const gaugeNow =
  (family: string, aggregate: 'sum' | 'max'): Expression =>
  ({ cluster }) =>
    `${aggregate} by (model_name) (${family}{${cluster}})`;

/** Per second over the last minutes, by deployment. */
export const rateNow =
  (family: string): Expression =>
  ({ cluster }) =>
    `sum by (model_name) (rate(${family}{${cluster}}[${nowWindow}]))`;

/** How many in the page's range, by deployment. */
export const inRange =
  (family: string): Expression =>
  ({ cluster, range }) =>
    `sum by (model_name) (increase(${family}{${cluster}}[${range}]))`;

/** Buckets of a histogram over the last minutes: per second, cumulative by `le`, by deployment. */
export const bucketsNow =
  (family: string): Expression =>
  ({ cluster }) =>
    `sum by (model_name, le) (rate(${family}{${cluster}}[${nowWindow}]))`;

/** A quantile over time: a line per deployment, or the one line of a chosen deployment. */
export const quantileOverTime =
  (family: string, quantile: number, model: string | null): Expression =>
  ({ cluster, window }) =>
    `histogram_quantile(${quantile}, sum by (model_name, le) (rate(${family}{${within(cluster, model)}}[${window}])))`;

export const gaugeOverTime =
  (family: string, aggregate: 'sum' | 'max', model: string | null): Expression =>
  ({ cluster }) =>
    `${aggregate} by (model_name) (${family}{${within(cluster, model)}})`;

export const rateOverTime =
  (family: string, by: string, model: string | null): Expression =>
  ({ cluster, window }) =>
    `sum by (${by}) (rate(${family}{${within(cluster, model)}}[${window}]))`;

/** Bounds of a histogram's buckets. */
export const boundsOf =
  (family: string): Expression =>
  ({ cluster }) =>
    `count by (le) (${family}{${cluster}})`;
