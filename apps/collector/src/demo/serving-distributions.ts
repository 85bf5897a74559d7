import type { deployments } from './scenario.ts';

/** Sizes of one deployment at a load of 1. Latencies and lengths are log-normal: a median and a spread. */
export interface ServingProfile {
  readonly requestsPerSecond: number;
  readonly promptTokens: number;
  readonly generationTokens: number;
  readonly firstTokenSeconds: number;
  readonly interTokenSeconds: number;
  readonly kvCacheTokens: number;
  readonly maxModelTokens: number;
}

export const profiles: Record<(typeof deployments)[number], ServingProfile> = {
  'llama-3.1-8b-instruct': {
    requestsPerSecond: 9,
    promptTokens: 900,
    generationTokens: 180,
    firstTokenSeconds: 0.082,
    interTokenSeconds: 0.0145,
    kvCacheTokens: 120_000,
    maxModelTokens: 131_072,
  },
  'qwen2.5-72b-instruct': {
    requestsPerSecond: 3.2,
    promptTokens: 1400,
    generationTokens: 260,
    firstTokenSeconds: 0.41,
    interTokenSeconds: 0.031,
    kvCacheTokens: 110_000,
    maxModelTokens: 32_768,
  },
};

const firstTokenBuckets = [
  0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10, 20, 40, 80, 160, 640, 2560,
];
const tokenTimeBuckets = [
  0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.75, 1, 2.5, 5, 7.5, 10, 20, 40, 80,
];
const requestTimeBuckets = [
  0.3, 0.5, 0.8, 1, 1.5, 2, 2.5, 5, 10, 15, 20, 30, 40, 50, 60, 120, 240, 480, 960, 1920, 7680,
];
const iterationBuckets = [1, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384];

/** 1, 2, 5, 10, … up to the longest request of the model, as vLLM builds it. */
function lengthBuckets(max: number): number[] {
  const buckets: number[] = [];
  for (let power = 1; power <= max; power *= 10)
    for (const digit of [1, 2, 5]) if (digit * power <= max) buckets.push(digit * power);
  return buckets;
}

export interface Distribution {
  /** Observations per second. */
  readonly rate: number;
  readonly median: number;
  /** Standard deviation of the logarithm. */
  readonly spread: number;
}

/** Histograms of vLLM V1 without their prefix, and their help texts. */
export const histogramNames = [
  ['time_to_first_token_seconds', 'Histogram of time to first token in seconds.'],
  ['inter_token_latency_seconds', 'Histogram of inter-token latency in seconds.'],
  ['request_time_per_output_token_seconds', 'Histogram of time_per_output_token_seconds per request.'],
  ['e2e_request_latency_seconds', 'Histogram of e2e request latency in seconds.'],
  ['request_queue_time_seconds', 'Histogram of time spent in WAITING phase for request.'],
  ['request_inference_time_seconds', 'Histogram of time spent in RUNNING phase for request.'],
  ['request_prefill_time_seconds', 'Histogram of time spent in PREFILL phase for request.'],
  ['request_decode_time_seconds', 'Histogram of time spent in DECODE phase for request.'],
  ['request_prompt_tokens', 'Number of prefill tokens processed.'],
  ['request_generation_tokens', 'Number of generation tokens processed.'],
  ['iteration_tokens_total', 'Histogram of number of tokens per engine_step.'],
] as const;
export type HistogramName = (typeof histogramNames)[number][0];

/** Upper bounds of every histogram, as in vLLM's `vllm/v1/metrics/loggers.py`. */
export function histogramBounds({ maxModelTokens }: ServingProfile): Record<HistogramName, readonly number[]> {
  const lengths = lengthBuckets(maxModelTokens);
  return {
    time_to_first_token_seconds: firstTokenBuckets,
    inter_token_latency_seconds: tokenTimeBuckets,
    request_time_per_output_token_seconds: tokenTimeBuckets,
    e2e_request_latency_seconds: requestTimeBuckets,
    request_queue_time_seconds: requestTimeBuckets,
    request_inference_time_seconds: requestTimeBuckets,
    request_prefill_time_seconds: requestTimeBuckets,
    request_decode_time_seconds: requestTimeBuckets,
    request_prompt_tokens: lengths,
    request_generation_tokens: lengths,
    iteration_tokens_total: iterationBuckets,
  };
}

export const lognormalMean = ({ median, spread }: Distribution): number => median * Math.exp((spread * spread) / 2);

/** Every histogram's distribution at a load: prefill and queueing grow faster than decoding. */
export function distributions(
  profile: ServingProfile,
  load: number,
  rate: number,
  running: number,
): Record<HistogramName, Distribution> {
  const interToken = profile.interTokenSeconds * (0.82 + 0.18 * load * load);
  const queue = 0.006 * Math.exp(3.4 * Math.max(0, load - 0.75));
  const prefill = profile.firstTokenSeconds * (0.6 + 0.4 * load);
  const decode = interToken * profile.generationTokens;
  const per = (median: number, spread: number, ofRate = rate): Distribution => ({ rate: ofRate, median, spread });
  const generation = per(profile.generationTokens, 0.7);
  return {
    time_to_first_token_seconds: per(prefill + queue, 0.45),
    inter_token_latency_seconds: per(interToken, 0.3, rate * lognormalMean(generation)),
    request_time_per_output_token_seconds: per(interToken * 1.03, 0.22),
    e2e_request_latency_seconds: per(queue + prefill + decode, 0.68),
    request_queue_time_seconds: per(queue, 0.9),
    request_inference_time_seconds: per(prefill + decode, 0.68),
    request_prefill_time_seconds: per(prefill, 0.42),
    request_decode_time_seconds: per(decode, 0.7),
    request_prompt_tokens: per(profile.promptTokens, 0.8),
    request_generation_tokens: generation,
    iteration_tokens_total: per(Math.max(2, running * 1.6), 0.8, 1 / interToken),
  };
}
