import { ExpositionWriter } from './exposition-writer.ts';
import type { ServingSimulator } from './serving-state.ts';

/** A number as Python's prometheus_client prints it: floats always show that they are floats. */
export function pythonFloat(value: number): string {
  if (value === Number.POSITIVE_INFINITY) return '+Inf';
  return Number.isInteger(value) && Math.abs(value) < 1e16 ? `${value}.0` : String(value);
}

/** `/metrics` of a vLLM V1 server, `_created` series included: scrapers have to cope with them. */
export function renderVllm(simulator: ServingSimulator, createdAtMs: number, atMs: number): string {
  const state = simulator.state(atMs);
  const writer = new ExpositionWriter();
  const labels = `engine="0",model_name="${simulator.deployment}"`;
  const created = pythonFloat(createdAtMs / 1000);
  const gauge = (name: string, help: string, value: number): void => {
    writer.family(`vllm:${name}`, 'gauge', help).sample(`vllm:${name}`, labels, pythonFloat(value));
  };
  const counter = (name: string, help: string, samples: readonly (readonly [string, number])[]): void => {
    writer.family(`vllm:${name}_total`, 'counter', help);
    for (const [more, value] of samples)
      writer.sample(`vllm:${name}_total`, more === '' ? labels : `${labels},${more}`, pythonFloat(value));
    writer.family(`vllm:${name}_created`, 'gauge', help);
    for (const [more] of samples)
      writer.sample(`vllm:${name}_created`, more === '' ? labels : `${labels},${more}`, created);
  };
  gauge('num_requests_running', 'Number of requests in model execution batches.', state.running);
  gauge('num_requests_waiting', 'Number of requests waiting to be processed.', state.waiting);
  writer.family('vllm:num_requests_waiting_by_reason', 'gauge', 'Number of waiting requests by reason.');
  writer.sample('vllm:num_requests_waiting_by_reason', `${labels},reason="capacity"`, pythonFloat(state.waiting));
  writer.sample('vllm:num_requests_waiting_by_reason', `${labels},reason="deferred"`, '0.0');
  gauge('kv_cache_usage_perc', 'KV-cache usage. 1 means 100 percent usage.', state.kvCacheUsage);
  const { counters } = state;
  counter('prefix_cache_queries', 'Prefix cache queries, in terms of number of queried tokens.', [
    ['', counters.prefix_cache_queries],
  ]);
  counter('prefix_cache_hits', 'Prefix cache hits, in terms of number of cached tokens.', [
    ['', counters.prefix_cache_hits],
  ]);
  counter('num_preemptions', 'Cumulative number of preemption from the engine.', [['', counters.num_preemptions]]);
  counter('prompt_tokens', 'Number of prefill tokens processed.', [['', counters.prompt_tokens]]);
  counter('generation_tokens', 'Number of generation tokens processed.', [['', counters.generation_tokens]]);
  counter('request_success', 'Count of successfully processed requests.', [
    ['finished_reason="stop"', counters.stop],
    ['finished_reason="length"', counters.length],
    ['finished_reason="abort"', counters.abort],
    ['finished_reason="error"', 0],
    ['finished_reason="repetition"', 0],
  ]);
  for (const histogram of state.histograms) {
    writer.family(histogram.name, 'histogram', histogram.help);
    for (const [i, bound] of histogram.bounds.entries())
      writer.sample(
        `${histogram.name}_bucket`,
        `${labels},le="${pythonFloat(bound)}"`,
        pythonFloat(histogram.buckets[i] as number),
      );
    writer.sample(`${histogram.name}_bucket`, `${labels},le="+Inf"`, pythonFloat(histogram.count));
    writer.sample(`${histogram.name}_count`, labels, pythonFloat(histogram.count));
    writer.sample(`${histogram.name}_sum`, labels, pythonFloat(histogram.sum));
    writer
      .family(`${histogram.name}_created`, 'gauge', histogram.help)
      .sample(`${histogram.name}_created`, labels, created);
  }
  return writer.toString();
}
