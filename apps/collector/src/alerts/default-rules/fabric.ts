import { type DefaultRule, rule } from './default-rule.ts';

const port = '{{ $labels.instance }} {{ $labels.device }} port {{ $labels.port }}';
const collective = 'cluster, job, comm, collective, message_bytes, n_ranks, n_nodes';
/** A megabyte and more: below that the latency of a step decides, not the bandwidth. */
const largeMessages = '{message_bytes=~"[0-9]{7,}"}';
const nccl = 'cluster, test, collective, n_ranks';
/** 128 MiB and more. */
const largeTests = '{size_bytes=~"1[3-9][0-9]{7}|[2-9][0-9]{8}|[0-9]{10,}"}';

/**
 * Symbol errors that a link may have: NVIDIA's published policy for isolating ports, the PDR plugin of UFM
 * (ufm_sdk_3.0, plugins/pdr_deterministic_plugin/README.md): bit rate · seconds · bit error rate.
 */
const symbolErrors = (window: string, seconds: number, errorRate: string) =>
  `increase(node_infiniband_symbol_error_total[${window}]) > node_infiniband_rate_bytes_per_second * 8 * ${seconds} * ${errorRate}`;
const fastSymbolErrors = symbolErrors('12m', 720, '1e-14');

export const fabricRules: readonly DefaultRule[] = [
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
    key: 'link-not-active',
    name: 'InfiniBand link waits for the subnet manager',
    layer: 'fabric',
    severity: 'warning',
    // Physical state 5 is LinkUp; states 2 and 3 (Init, Armed) are left when a subnet manager configures the port.
    expr: '(node_infiniband_state_id == 2 or node_infiniband_state_id == 3) and node_infiniband_physical_state_id == 5 unless max_over_time(node_infiniband_state_id[1h]) == 4',
    forSeconds: 300,
    summary: `${port} has a signal and was never made active (state {{ $value }} instead of 4)`,
    description: 'The cable is good, and no subnet manager has configured the port.',
    page: '/fabric',
    runbook: 'Look at sminfo from the node; start the subnet manager, or see why it leaves the port out.',
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
    key: 'link-symbol-errors',
    name: 'InfiniBand symbol errors',
    layer: 'fabric',
    severity: 'warning',
    expr: fastSymbolErrors,
    forSeconds: 0,
    intervalSeconds: 30,
    summary: `${port} counted {{ $value | printf "%.0f" }} symbol errors in 12 minutes; under 3 is normal at 400 Gb/s`,
    description: 'The link makes more than one error in 10^14 bits.',
    page: '/fabric',
    runbook: 'Take the port out of service at the end of the job; clean and reseat, then swap cable or transceiver.',
  }),
  rule({
    key: 'link-error-rate',
    name: 'InfiniBand bit error rate high',
    layer: 'fabric',
    severity: 'warning',
    expr: `${symbolErrors('125m', 7500, '1e-15')} unless ${fastSymbolErrors}`,
    forSeconds: 0,
    intervalSeconds: 60,
    summary: `${port} counted {{ $value | printf "%.0f" }} symbol errors in 125 minutes; up to 3 is normal at 400 Gb/s`,
    description: 'The link makes more than one error in 10^15 bits: too few for a quick look, too many for a long job.',
    page: '/fabric',
    runbook: 'Plan cleaning or a swap. By the policy the port may serve again after 125 minutes without an error.',
  }),
  rule({
    key: 'link-receive-errors',
    name: 'InfiniBand receive errors',
    layer: 'fabric',
    severity: 'warning',
    // The same policy asks for under one error in 10^12 packets; infiniband-diags' error_thresholds for at least 10.
    expr: 'increase(node_infiniband_port_errors_received_total[1h]) > 10 and increase(node_infiniband_port_errors_received_total[1h]) / increase(node_infiniband_port_packets_received_total[1h]) > 1e-12',
    forSeconds: 0,
    intervalSeconds: 60,
    summary: `${port} received {{ $value | printf "%.0f" }} broken packets within an hour; up to 10 is normal`,
    description: 'The fault is on this link: the cable, this port, or the transmitter at the other end.',
    page: '/fabric',
    runbook: 'Compare both ends with perfquery -E; clean, reseat, swap the cable.',
  }),
  rule({
    key: 'link-remote-errors',
    name: 'InfiniBand errors from elsewhere',
    layer: 'fabric',
    severity: 'info',
    // 100 in infiniband-diags' error_thresholds.
    expr: 'increase(node_infiniband_port_receive_remote_physical_errors_total[1h]) > 100',
    forSeconds: 0,
    intervalSeconds: 60,
    summary: `${port} received {{ $value | printf "%.0f" }} packets within an hour that were broken further up`,
    description: 'They were already marked bad: this link is good, one on the way to it is not.',
    page: '/fabric',
    runbook: 'Do not swap this cable. Walk upstream to the port that counts receive or symbol errors.',
  }),
  rule({
    key: 'link-recoveries',
    name: 'InfiniBand link recovers',
    layer: 'fabric',
    severity: 'warning',
    // 10 in infiniband-diags' error_thresholds, for each of the two.
    expr: 'increase(node_infiniband_link_error_recovery_total[1h]) > 10 or increase(node_infiniband_local_link_integrity_errors_total[1h]) > 10',
    forSeconds: 0,
    intervalSeconds: 60,
    summary: `${port} had to recover {{ $value | printf "%.0f" }} times within an hour; up to 10 is normal`,
    description: 'The link trains itself again without going down: traffic on it stops each time.',
    page: '/fabric',
    runbook: 'Treat it as a link that is about to flap: clean, reseat, swap.',
  }),
  rule({
    key: 'link-discards',
    name: 'InfiniBand packets discarded',
    layer: 'fabric',
    severity: 'warning',
    // 100 in infiniband-diags' error_thresholds.
    expr: 'increase(node_infiniband_port_discards_transmitted_total[1h]) > 100',
    forSeconds: 0,
    intervalSeconds: 60,
    summary: `${port} discarded {{ $value | printf "%.0f" }} packets within an hour; up to 100 is normal`,
    description:
      'Packets waited for the other side longer than they live: congestion, or a port that went down under load.',
    page: '/fabric',
    runbook: 'Look for a slow receiver (PCIe, memory) behind the other end, then for adaptive routing that is off.',
  }),
  rule({
    key: 'rdma-timeouts',
    name: 'RDMA retransmissions',
    layer: 'fabric',
    severity: 'warning',
    expr: 'increase(node_infiniband_local_ack_timeout_errors_total[10m]) > 10',
    forSeconds: 0,
    intervalSeconds: 30,
    summary: `${port} waited {{ $value | printf "%.0f" }} times in ten minutes for an answer that did not come`,
    description:
      'Requests were sent again after a timeout; after seven of them in a row NCCL gives up (NCCL_IB_RETRY_CNT).',
    page: '/fabric',
    runbook:
      'Look for a link that flaps between the two ends; on RoCE also for lost packets where PFC or ECN is not set.',
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
    key: 'nccl-test-low',
    name: 'NCCL test below expected',
    layer: 'fabric',
    severity: 'warning',
    // nccl-tests itself calls a run failed below 0.9 of the bandwidth that was asked for (NCCL_TESTS_MIN_BW).
    expr: `max by (${nccl}) (binnacle_nccl_test_bus_bandwidth_bytes_per_second${largeTests} / on (cluster, test, collective, size_bytes, n_ranks) group_left () binnacle_nccl_test_expected_bus_bandwidth_bytes_per_second${largeTests}) < 0.8`,
    forSeconds: 0,
    intervalSeconds: 60,
    summary:
      '{{ $labels.collective }} in test {{ $labels.test }} reaches {{ $value | humanizePercentage }} of the expected bandwidth',
    description: 'At its best size over 128 MiB, out of place or in place.',
    page: '/fabric',
    runbook: 'Repeat on halves of the nodes until the slow one is found; never judge a fabric on two nodes.',
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
    key: 'training-mfu-low',
    name: 'Training below its usual MFU',
    layer: 'fabric',
    severity: 'warning',
    expr: 'avg_over_time(binnacle_training_mfu_ratio[5m]) / quantile_over_time(0.9, binnacle_training_mfu_ratio[6h]) < 0.75',
    forSeconds: 600,
    intervalSeconds: 60,
    summary: '{{ $labels.job }} trains at {{ $value | humanizePercentage }} of its usual model FLOPs utilization',
    description: 'Against the best tenth of the last six hours: the same model on the same GPUs does less useful work.',
    page: '/fabric',
    runbook:
      'Look at what else fires: a straggler, a slow link, heat. Without one, look at the data loader and at checkpoints.',
  }),
  rule({
    key: 'training-stopped',
    name: 'Training stopped reporting',
    layer: 'fabric',
    severity: 'info',
    expr: 'last_over_time(binnacle_training_tokens_per_second[1h]) unless last_over_time(binnacle_training_tokens_per_second[10m])',
    forSeconds: 0,
    intervalSeconds: 60,
    summary:
      '{{ $labels.job }} has reported no step for ten minutes; the last was at {{ $value | humanize }} tokens a second',
    description: 'It ended, or it hangs: from outside the two look alike.',
    page: '/fabric',
    runbook:
      'Ended on purpose: nothing to do, it clears within the hour. Else look for GPUs that are busy without computing.',
  }),
];
