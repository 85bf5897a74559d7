import { renameLabel } from './label-edits.ts';
import type { Preset } from './preset-shape.ts';

/** Names of earlier versions, without the prefix: gpu_* until 0.9.1, time_per_output_token until 0.10. */
const newNames = new Map([
  ['gpu_cache_usage_perc', 'kv_cache_usage_perc'],
  ['gpu_prefix_cache_queries', 'prefix_cache_queries'],
  ['gpu_prefix_cache_hits', 'prefix_cache_hits'],
  ['time_per_output_token_seconds', 'inter_token_latency_seconds'],
]);

/** Counters of vLLM, without prefix and `_total`. Ray's transport adds a gauge without `_total` to each. */
const counters = new Set([
  'prefix_cache_queries',
  'prefix_cache_hits',
  'gpu_prefix_cache_queries',
  'gpu_prefix_cache_hits',
  'external_prefix_cache_queries',
  'external_prefix_cache_hits',
  'mm_cache_queries',
  'mm_cache_hits',
  'num_preemptions',
  'prompt_tokens',
  'prompt_tokens_by_source',
  'prompt_tokens_cached',
  'generation_tokens',
  'request_success',
  'corrupted_requests',
  'estimated_flops_per_gpu',
  'estimated_read_bytes_per_gpu',
  'estimated_write_bytes_per_gpu',
  'spec_decode_num_drafts',
  'spec_decode_num_draft_tokens',
  'spec_decode_num_accepted_tokens',
  'spec_decode_num_accepted_tokens_per_pos',
]);

/** Parts of a sample's name that are no part of its family's. `_total` belongs to the histogram iteration_tokens_total. */
const suffix = /(_bucket|_sum|_count|_total)$/;

/** vLLM of any version, by itself, behind Ray or inside of Triton, under today's names; null for what is left out. */
function nameOf(name: string): string | null {
  if (name.endsWith('_created')) return null;
  const ray = name.startsWith('ray_vllm_');
  if (!ray && !name.startsWith('vllm:')) return name;
  const rest = name.slice(ray ? 'ray_vllm_'.length : 'vllm:'.length);
  if (ray && counters.has(rest)) return null;
  const end = suffix.exec(rest)?.[0] ?? '';
  const base = rest.slice(0, rest.length - end.length);
  return `vllm:${newNames.get(base) ?? base}${end}`;
}

export const vllm: Preset = {
  relabel(pairs) {
    const name = nameOf(pairs[1] as string);
    if (name === null) return false;
    pairs[1] = name;
    if (name.startsWith('vllm:')) renameLabel(pairs, 'model', 'model_name');
    return true;
  },
  renameFamily: nameOf,
};
