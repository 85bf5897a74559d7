import type { AlertRuleInput } from '@binnacle/shared/alerts/rule.ts';

/** A rule that ships with Binnacle. `key` names it for ever, whatever its name becomes. */
export interface DefaultRule extends AlertRuleInput {
  readonly key: string;
}

type Draft = Pick<DefaultRule, 'key' | 'name' | 'layer' | 'severity' | 'expr' | 'forSeconds'> & {
  readonly summary: string;
  readonly description: string;
  /** Path of the page that shows it; label values are filled in. */
  readonly page: string;
  /** What to do about it. */
  readonly runbook: string;
  readonly intervalSeconds?: number;
};

const rule = ({ summary, description, page, runbook, intervalSeconds = 15, ...rest }: Draft): DefaultRule => ({
  ...rest,
  intervalSeconds,
  labels: {},
  annotations: { summary, description, page, runbook },
  enabled: true,
});

const gpu = '{{ $labels.hostname }}{{ $labels.Hostname }} GPU {{ $labels.gpu }}';
const port = '{{ $labels.instance }} {{ $labels.device }} port {{ $labels.port }}';
const collective = 'cluster, job, comm, collective, message_bytes, n_ranks, n_nodes';
/** A megabyte and more: below that the latency of a step decides, not the bandwidth. */
const largeMessages = '{message_bytes=~"[0-9]{7,}"}';

export const defaultRules: readonly DefaultRule[] = [
  rule({
    key: 'gpu-xid',
    name: 'GPU XID error',
    layer: 'gpu',
    severity: 'critical',
    // 13, 31, 43 and 45 are what a failing program leaves behind. The gauge keeps the last code until the driver is reset.
    expr: 'DCGM_FI_DEV_XID_ERRORS > 0 != 13 != 31 != 43 != 45',
    forSeconds: 0,
    summary: `XID {{ $value }} on ${gpu}`,
    description:
      'The driver reported an error of the GPU itself. 48, 63, 64, 94 and 95 are memory, 74 is NVLink, 79 is a GPU that fell off the bus.',
    page: '/gpus',
    runbook:
      "Drain the node, read the code in NVIDIA's XID catalogue, reset the GPU; after 79 or a second time, power-cycle and open a case.",
  }),
  rule({
    key: 'gpu-hot',
    name: 'GPU hot',
    layer: 'gpu',
    severity: 'warning',
    expr: 'DCGM_FI_DEV_GPU_TEMP > 84',
    forSeconds: 60,
    summary: `${gpu} is at {{ $value | printf "%.0f" }} °C`,
    description: 'Near its limit a GPU lowers its clock, and every rank of the job waits for it.',
    page: '/gpus',
    runbook:
      'Look at the neighbours: one GPU alone is a heat sink or paste, a whole node is a fan or an inlet, a row is the room.',
  }),
  rule({
    key: 'gpu-throttled',
    name: 'GPU throttled by heat',
    layer: 'gpu',
    severity: 'warning',
    expr: 'DCGM_EXP_CLOCK_EVENTS_COUNT{clock_event=~"hw_thermal|sw_thermal|hw_slowdown"} > 0 or rate(DCGM_FI_DEV_THERMAL_VIOLATION[5m]) > 0',
    forSeconds: 60,
    summary: `${gpu} lowers its clock because of heat`,
    description: 'The GPU runs slower than its neighbours until it cools down.',
    page: '/gpus',
    runbook:
      'As for a hot GPU: find out whether it is the card, the node or the room, and move the job off it meanwhile.',
  }),
  rule({
    key: 'gpu-telemetry-broken',
    name: 'GPU telemetry broken',
    layer: 'gpu',
    severity: 'warning',
    expr: 'DCGM_FI_DEV_GPU_UTIL > 90 and DCGM_FI_PROF_GR_ENGINE_ACTIVE == 0',
    forSeconds: 300,
    summary: `${gpu} says that it is busy and that its engines are idle`,
    description: 'The profiling counters stand still at zero although the GPU works: they are wrong, not low.',
    page: '/gpus',
    runbook:
      'Restart nv-hostengine or dcgm-exporter on the node; an exclusive profiler (Nsight, CUPTI) on the GPU has the same effect.',
  }),
  rule({
    key: 'link-down',
    name: 'InfiniBand link down',
    layer: 'fabric',
    severity: 'critical',
    expr: 'node_infiniband_state_id != 4 and max_over_time(node_infiniband_state_id[1h]) == 4',
    forSeconds: 120,
    summary: `${port} is down`,
    description: 'The port was active within the last hour and is not any more.',
    page: '/fabric',
    runbook: 'See whether the other end is down too (iblinkinfo); reseat, then swap the cable, then the transceiver.',
  }),
  rule({
    key: 'link-flap',
    name: 'InfiniBand link flaps',
    layer: 'fabric',
    severity: 'warning',
    expr: 'changes(node_infiniband_state_id[10m]) > 2 or increase(node_infiniband_link_downed_total[10m]) > 1.5',
    forSeconds: 0,
    summary: `${port} goes up and down`,
    description:
      'The state of the port changed {{ $value | printf "%.0f" }} times in ten minutes. Each time, collectives across it stall or time out.',
    page: '/fabric',
    runbook: 'Take the port out of service before it takes the job with it; then cable and transceiver, both ends.',
  }),
  rule({
    key: 'link-slow',
    name: 'InfiniBand link below its rate',
    layer: 'fabric',
    severity: 'warning',
    expr: 'node_infiniband_rate_bytes_per_second / max_over_time(node_infiniband_rate_bytes_per_second[1h]) < 0.99 and node_infiniband_state_id == 4',
    forSeconds: 60,
    summary: `${port} runs at {{ $value | humanizePercentage }} of its rate`,
    description: 'The link came up again with fewer lanes or a lower speed than it had within the last hour.',
    page: '/fabric',
    runbook: 'Bounce the port once; if it stays low, reseat or swap the cable.',
  }),
  rule({
    key: 'bus-bandwidth-low',
    name: 'Bus bandwidth under half of expected',
    layer: 'fabric',
    severity: 'warning',
    // the worst size of each collective: one alert, not one a size
    expr: `min by (cluster, job, comm, collective) (avg by (${collective}) (binnacle_collective_bus_bandwidth_bytes_per_second${largeMessages}) / max by (${collective}) (binnacle_collective_expected_bus_bandwidth_bytes_per_second${largeMessages})) < 0.5`,
    forSeconds: 60,
    summary:
      '{{ $labels.collective }} of {{ $labels.job }} reaches {{ $value | humanizePercentage }} of the expected bandwidth',
    description: 'At its worst message size over a megabyte, averaged over the ranks, against the alpha-beta model.',
    page: '/fabric',
    runbook:
      'Look for a slow link or a straggler rank first; then for a wrong algorithm or protocol, PCIe ACS, or GPUDirect that is off.',
  }),
  rule({
    key: 'straggler',
    name: 'Straggler rank',
    layer: 'fabric',
    severity: 'warning',
    expr: 'binnacle_collective_straggler_rank >= 0',
    forSeconds: 60,
    summary: 'Rank {{ $value }} of {{ $labels.job }} arrives last',
    description: 'In most of the recent collectives every other rank waited for this one.',
    page: '/fabric',
    runbook:
      'Look at its GPU for heat, clocks and errors, and at its data loader; move the rank to another GPU and see whether it follows.',
  }),
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
    key: 'ttft-high',
    name: 'Time to first token high',
    layer: 'serving',
    severity: 'warning',
    expr: 'histogram_quantile(0.99, sum by (cluster, model_name, le) (rate(vllm:time_to_first_token_seconds_bucket[5m]))) > 2',
    forSeconds: 300,
    summary:
      'One request in a hundred of {{ $labels.model_name }} waits {{ $value | humanizeDuration }} for its first token',
    description: 'The 99th percentile over five minutes is above two seconds.',
    page: '/serving',
    runbook:
      'See whether requests queue (KV cache full), prompts grew, or the cache of prefixes stopped to hit; then add replicas.',
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
    key: 'drift-disagreement',
    name: 'Answers differ at temperature zero',
    layer: 'drift',
    severity: 'warning',
    expr: 'binnacle_drift_agreement_ratio < 1',
    forSeconds: 0,
    summary:
      'Probe {{ $labels.probe }} of {{ $labels.model }}: {{ $value | humanizePercentage }} of the answers agree ({{ $labels.mode }})',
    description: 'The same prompt at temperature zero gave different answers within one round.',
    page: '/drift',
    runbook:
      'Differences only under concurrency point to kernels that depend on the batch; differences in serial too point to several versions behind one address.',
  }),
  rule({
    key: 'drift-reference',
    name: 'Answers left the reference',
    layer: 'drift',
    severity: 'warning',
    expr: 'binnacle_drift_reference_agreement_ratio{mode="serial"} < 0.5',
    forSeconds: 0,
    summary:
      'Probe {{ $labels.probe }} of {{ $labels.model }}: {{ $value | humanizePercentage }} of the answers equal the reference',
    description:
      'One request at a time, most answers are no longer what they were: model, quantization, template or engine changed.',
    page: '/drift',
    runbook:
      'Compare the version and fingerprint marks on the page with the time of the change; accept a new reference when it was meant.',
  }),
  rule({
    key: 'mcp-tool-changed',
    name: 'MCP tool definition changed',
    layer: 'mcp',
    severity: 'critical',
    expr: 'binnacle_mcp_tool_pinned == 0',
    forSeconds: 0,
    summary: 'Tool {{ $labels.tool }} of {{ $labels.server }} is not what was approved',
    description:
      'Its definition changed after it was first seen. A description is an instruction to the model: read the difference before an agent does.',
    page: '/mcp',
    runbook: 'Read the difference. Approve it when it is harmless; else disconnect the server and tell its owner.',
  }),
  rule({
    key: 'mcp-context-budget',
    name: 'MCP definitions over budget',
    layer: 'mcp',
    severity: 'warning',
    expr: 'sum by (cluster) (binnacle_mcp_server_tokens) > 20000',
    forSeconds: 300,
    intervalSeconds: 60,
    summary: 'Tool definitions take {{ $value | humanize }} tokens of every context',
    description: 'That is over a tenth of a window of 200,000 tokens before the first word is said.',
    page: '/mcp',
    runbook: 'Switch off servers and tools that nobody calls; the page ranks them by tokens.',
  }),
  rule({
    key: 'pipeline-failed',
    name: 'Pipeline run failed',
    layer: 'pipelines',
    severity: 'warning',
    // Servers list failed runs for ever: only those that were seen running within the last hour are news.
    expr: 'binnacle_pipeline_run_state{state="failed"} == 1 and on (cluster, run_id) max_over_time(binnacle_pipeline_run_state{state="running"}[1h]) == 1',
    forSeconds: 0,
    summary: 'Run {{ $labels.run }} of {{ $labels.pipeline }} failed',
    description: 'It was running within the last hour.',
    page: '/pipelines',
    runbook: 'Open the run: the first failed step carries the error, the ones after it were not run.',
  }),
  rule({
    key: 'source-down',
    name: 'Source down',
    layer: 'collector',
    severity: 'warning',
    expr: 'up == 0',
    forSeconds: 60,
    summary: '{{ $labels.job }} {{ $labels.instance }} cannot be read',
    description: 'Reading it fails: what its pages show is old.',
    page: '/sources',
    runbook: 'The Sources page has the reason. While a source is down, its alerts say nothing.',
  }),
  rule({
    key: 'source-silent',
    name: 'Source silent',
    layer: 'collector',
    severity: 'warning',
    // Whoever pushes once in a while is not silent between: a pushing source counts when it pushed again and again before.
    expr: 'time() - binnacle_source_last_arrival_timestamp_seconds > 300 unless (binnacle_source_last_arrival_timestamp_seconds{receiver=~"remote-write|otlp"} and changes(binnacle_source_last_arrival_timestamp_seconds[1h]) < 10)',
    forSeconds: 60,
    intervalSeconds: 30,
    summary: '{{ $labels.receiver }} {{ $labels.source }} has sent nothing for {{ $value | humanizeDuration }}',
    description: 'Nothing came in, and nothing said why.',
    page: '/sources',
    runbook:
      'See whether the sender runs and reaches the gateway; a source that ended for good can be removed from the configuration.',
  }),
  rule({
    key: 'clock-ahead',
    name: 'Clock ahead',
    layer: 'collector',
    severity: 'warning',
    // A delay only ever makes a sample older on arrival. One that is late may be delayed, so lateness is no proof.
    expr: 'binnacle_sender_arrival_lag_seconds < -60 or binnacle_source_arrival_lag_seconds{receiver!~"remote-write|otlp"} < -60',
    forSeconds: 120,
    intervalSeconds: 30,
    summary:
      'Samples of {{ $labels.receiver }} {{ $labels.source }}{{ $labels.sender }} are ahead of the clock ({{ $value | humanizeDuration }})',
    description:
      "They arrive before the time that they bear: the sender's clock is ahead, or the gateway's behind. Beyond limits.futureSeconds they are refused.",
    page: '/freshness',
    runbook: 'See that both keep time (chronyc tracking, timedatectl). The Freshness page says who and by how much.',
  }),
];
