import type { MetricType } from '../telemetry/sample-batch.ts';

/** One metric family that Binnacle makes itself. Names, units and labels here are what pages, rules and docs rely on. */
export interface CatalogueEntry {
  readonly name: string;
  readonly type: MetricType;
  readonly unit: string;
  /** Labels besides `cluster`, which every source may carry. */
  readonly labels: readonly string[];
  readonly help: string;
}

const entry = (name: string, type: MetricType, unit: string, labels: string, help: string): CatalogueEntry => ({
  name,
  type,
  unit,
  labels: labels === '' ? [] : labels.split(' '),
  help,
});

/**
 * Families of our own. What exporters name themselves (DCGM_FI_*, vllm:*, kai_*, node_infiniband_*) passes through
 * under its own name; the infiniband receiver emits node_exporter's names so that both sources feed one page.
 */
export const catalogue: readonly CatalogueEntry[] = [
  // every source
  entry('up', 'gauge', '', 'job instance', '1 if the last read of the target or source succeeded, else 0.'),
  entry('scrape_duration_seconds', 'gauge', 'seconds', 'job instance', 'How long the last scrape took.'),
  entry('scrape_samples_scraped', 'gauge', 'samples', 'job instance', 'Samples that the last scrape exposed.'),
  entry(
    'scrape_samples_post_metric_relabeling',
    'gauge',
    'samples',
    'job instance',
    'Samples that were left after metric relabelling.',
  ),
  entry('scrape_series_added', 'gauge', 'series', 'job instance', 'Series that the scrape before did not have.'),
  entry('scrape_timeout_seconds', 'gauge', 'seconds', 'job instance', 'Time after which a scrape is given up.'),
  entry('scrape_sample_limit', 'gauge', 'samples', 'job instance', 'Most samples that a scrape may have; 0 is any.'),
  entry(
    'scrape_body_size_bytes',
    'gauge',
    'bytes',
    'job instance',
    'Size of the last body, uncompressed; 0 where there was none, -1 where it was too long.',
  ),
  entry(
    'binnacle_source_last_sample_timestamp_seconds',
    'gauge',
    'seconds',
    'receiver source',
    'Unix time of the newest sample taken in from the source.',
  ),
  // scheduler, from Kubernetes objects of KAI-Scheduler
  entry(
    'binnacle_queue_info',
    'gauge',
    '',
    'queue parent display_name',
    '1 for each queue; parent is empty for a root.',
  ),
  entry('binnacle_queue_quota_gpus', 'gauge', 'GPUs', 'queue', 'Quota of the queue; +Inf where unlimited.'),
  entry('binnacle_queue_limit_gpus', 'gauge', 'GPUs', 'queue', 'Limit of the queue; +Inf where unlimited.'),
  entry('binnacle_queue_over_quota_weight', 'gauge', '', 'queue', 'Weight in the division of the surplus.'),
  entry('binnacle_queue_priority', 'gauge', '', 'queue', 'Priority in the division of the surplus.'),
  entry('binnacle_queue_allocated_gpus', 'gauge', 'GPUs', 'queue', 'Allocated, children included.'),
  entry('binnacle_queue_requested_gpus', 'gauge', 'GPUs', 'queue', 'Allocated and pending, children included.'),
  entry(
    'binnacle_queue_fair_share_model_gpus',
    'gauge',
    'GPUs',
    'queue',
    "Fair share by Binnacle's own model of the division; compare kai_queue_fair_share_gpu.",
  ),
  entry('binnacle_queue_pending_pod_groups', 'gauge', 'pod groups', 'queue', 'Pod groups that wait.'),
  entry(
    'binnacle_queue_oldest_pending_seconds',
    'gauge',
    'seconds',
    'queue',
    'How long the oldest pod group has waited.',
  ),
  entry('binnacle_node_allocatable_gpus', 'gauge', 'GPUs', 'node', 'GPUs that the node offers.'),
  // collectives
  entry(
    'binnacle_collective_bus_bandwidth_bytes_per_second',
    'gauge',
    'bytes per second',
    'job comm collective rank instance message_bytes n_ranks n_nodes',
    'Bus bandwidth of the newest collective of that size class (message_bytes: power of two at or below the total size).',
  ),
  entry(
    'binnacle_collective_expected_bus_bandwidth_bytes_per_second',
    'gauge',
    'bytes per second',
    'job comm collective message_bytes n_ranks n_nodes',
    'Bus bandwidth that the alpha-beta model expects at that size.',
  ),
  entry(
    'binnacle_collective_exec_seconds',
    'gauge',
    'seconds',
    'job comm collective rank instance message_bytes n_ranks n_nodes',
    'Execution time of the newest collective of that size class.',
  ),
  entry(
    'binnacle_collective_skew_seconds',
    'gauge',
    'seconds',
    'job comm collective',
    'Slowest minus fastest execution time over the ranks of the newest complete collective.',
  ),
  entry(
    'binnacle_collective_straggler_rank',
    'gauge',
    'rank',
    'job comm',
    'Rank that arrives last (shortest execution time) in most recent collectives; absent when no rank stands out.',
  ),
  entry(
    'binnacle_nccl_test_bus_bandwidth_bytes_per_second',
    'gauge',
    'bytes per second',
    'test collective size_bytes dtype placement n_ranks',
    'Measured by nccl-tests.',
  ),
  entry(
    'binnacle_nccl_test_expected_bus_bandwidth_bytes_per_second',
    'gauge',
    'bytes per second',
    'test collective size_bytes n_ranks',
    'Expected by the alpha-beta model for that size.',
  ),
  // drift
  entry(
    'binnacle_drift_agreement_ratio',
    'gauge',
    'ratio',
    'probe endpoint model mode',
    'Share of the runs of the newest round that gave the most common output (mode: serial or concurrent).',
  ),
  entry(
    'binnacle_drift_unique_outputs',
    'gauge',
    'outputs',
    'probe endpoint model mode',
    'Distinct outputs in the newest round.',
  ),
  entry(
    'binnacle_drift_reference_agreement_ratio',
    'gauge',
    'ratio',
    'probe endpoint model mode',
    'Share of the runs equal to the reference output, which is the most common output of the first round.',
  ),
  entry(
    'binnacle_drift_first_divergence_characters',
    'gauge',
    'characters',
    'probe endpoint model mode',
    'Smallest index at which a run departs from the reference; absent when none does.',
  ),
  entry(
    'binnacle_drift_fingerprint_info',
    'gauge',
    '',
    'probe endpoint model fingerprint',
    '1 for the system_fingerprint of the newest round.',
  ),
  entry(
    'binnacle_drift_request_failures_total',
    'counter',
    'requests',
    'probe endpoint model',
    'Probe requests that failed.',
  ),
  // MCP
  entry(
    'binnacle_mcp_server_info',
    'gauge',
    '',
    'server version protocol_version transport',
    '1 for a server that answered.',
  ),
  entry(
    'binnacle_mcp_tool_tokens',
    'gauge',
    'tokens',
    'server tool',
    'Tokens (o200k_base) of the compact JSON of name, description and inputSchema.',
  ),
  entry('binnacle_mcp_server_tokens', 'gauge', 'tokens', 'server', 'Tokens of all tool definitions of the server.'),
  entry('binnacle_mcp_server_tools', 'gauge', 'tools', 'server', 'Tools that the server lists.'),
  entry(
    'binnacle_mcp_tool_changes_total',
    'counter',
    'changes',
    'server tool change',
    'Changes of tool definitions seen (change: added, removed, description, schema, annotations).',
  ),
  entry(
    'binnacle_mcp_tool_pinned',
    'gauge',
    '',
    'server tool',
    '1 while the definition equals the one first seen or approved, 0 after it changed.',
  ),
  // pipelines
  entry('binnacle_pipeline_runs', 'gauge', 'runs', 'pipeline state', 'Runs listed by the pipeline server, by state.'),
  entry('binnacle_pipeline_run_state', 'gauge', '', 'pipeline run_id run state', '1 for the state the run is in.'),
  entry(
    'binnacle_pipeline_run_duration_seconds',
    'gauge',
    'seconds',
    'pipeline run_id run',
    'From start to end, or to now while it runs.',
  ),
  entry(
    'binnacle_pipeline_task_duration_seconds',
    'gauge',
    'seconds',
    'pipeline run_id task state',
    'From start to end of the task, or to now while it runs.',
  ),
  // training, from the demo's or the job's own step log
  entry('binnacle_training_step_seconds', 'gauge', 'seconds', 'job rank', 'Duration of the newest step.'),
  entry(
    'binnacle_training_tokens_per_second',
    'gauge',
    'tokens per second',
    'job',
    'Tokens a second over the whole job.',
  ),
  entry('binnacle_training_mfu_ratio', 'gauge', 'ratio', 'job', 'Model FLOPs utilization.'),
];
