import type { RuleCases } from './rule-case.ts';

export const fabricCases: RuleCases = {
  'link-down': {
    fires: ['node_infiniband_state_id{instance="n3",device="mlx5_4",port="1"} 4x20 1x20'],
    says: 'n3 mlx5_4 port 1 is down',
    // a port that was never up has no cable in it
    quiet: ['node_infiniband_state_id{device="mlx5_0"} 4x40', 'node_infiniband_state_id{device="mlx5_9"} 1x40'],
    at: 435,
  },
  'link-flap': {
    fires: ['node_infiniband_state_id{instance="n3",device="mlx5_4",port="1"} 4x10 1x10 4x10 1x10'],
    says: 'n3 mlx5_4 port 1 goes up and down',
    quiet: [
      'node_infiniband_state_id{device="mlx5_0"} 4x40',
      'node_infiniband_link_downed_total{device="mlx5_0"} 7x40',
    ],
    at: 495,
  },
  'link-slow': {
    fires: [
      'node_infiniband_rate_bytes_per_second{instance="n3",device="mlx5_4",port="1"} 5e10x20 2.5e10x20',
      'node_infiniband_state_id{instance="n3",device="mlx5_4",port="1"} 4x40',
    ],
    says: 'n3 mlx5_4 port 1 runs at 50% of its rate',
    quiet: [
      'node_infiniband_rate_bytes_per_second{device="mlx5_0"} 2.5e10x40',
      'node_infiniband_state_id{device="mlx5_0"} 4x40',
    ],
    at: 375,
  },
  'bus-bandwidth-low': {
    fires: [0, 1].flatMap((rank) => [
      `binnacle_collective_bus_bandwidth_bytes_per_second{job="llama",comm="c",collective="AllReduce",rank="${rank}",instance="n${rank}",message_bytes="134217728",n_ranks="64",n_nodes="8"} ${rank + 1}e11x40`,
      'binnacle_collective_expected_bus_bandwidth_bytes_per_second{job="llama",comm="c",collective="AllReduce",message_bytes="134217728",n_ranks="64",n_nodes="8"} 4e11x40',
    ]),
    says: 'AllReduce of llama reaches 37.5% of the expected bandwidth',
    quiet: [
      'binnacle_collective_bus_bandwidth_bytes_per_second{job="llama",comm="c",collective="AllReduce",rank="0",message_bytes="1024",n_ranks="64",n_nodes="8"} 1e6x40',
      'binnacle_collective_expected_bus_bandwidth_bytes_per_second{job="llama",comm="c",collective="AllReduce",message_bytes="1024",n_ranks="64",n_nodes="8"} 4e11x40',
    ],
    at: 60,
  },
  straggler: {
    fires: ['binnacle_collective_straggler_rank{job="llama",comm="c"} 27x40'],
    says: 'Rank 27 of llama arrives last',
    quiet: ['binnacle_collective_skew_seconds{job="llama",comm="c"} 1x40'],
    at: 60,
  },
  'link-not-active': {
    fires: [
      'node_infiniband_state_id{instance="n3",device="mlx5_4",port="1"} 2x60',
      'node_infiniband_physical_state_id{instance="n3",device="mlx5_4",port="1"} 5x60',
    ],
    at: 300,
    says: `n3 mlx5_4 port 1 has a signal and was never made active (state 2 instead of 4)`,
    quiet: [
      'node_infiniband_state_id{instance="n3",device="mlx5_4",port="1"} 4x20 2x60',
      'node_infiniband_physical_state_id{instance="n3",device="mlx5_4",port="1"} 5x80',
      'node_infiniband_state_id{device="mlx5_9"} 1x80',
      'node_infiniband_physical_state_id{device="mlx5_9"} 2x80',
    ],
  },
  'link-symbol-errors': {
    fires: [
      'node_infiniband_symbol_error_total{instance="n3",device="mlx5_4",port="1"} 0x40 8x40',
      'node_infiniband_rate_bytes_per_second{instance="n3",device="mlx5_4",port="1"} 5e10x80',
    ],
    at: 630,
    says: `n3 mlx5_4 port 1 counted 8 symbol errors in 12 minutes; under 3 is normal at 400 Gb/s`,
    quiet: [
      'node_infiniband_symbol_error_total{instance="n3",device="mlx5_4",port="1"} 7x40 8x40',
      'node_infiniband_rate_bytes_per_second{instance="n3",device="mlx5_4",port="1"} 5e10x80',
    ],
  },
  'link-error-rate': {
    fires: [
      'node_infiniband_symbol_error_total{instance="n3",device="mlx5_4",port="1"} 0x100 2x100 4x100',
      'node_infiniband_rate_bytes_per_second{instance="n3",device="mlx5_4",port="1"} 5e10x300',
    ],
    at: 3060,
    says: `n3 mlx5_4 port 1 counted 4 symbol errors in 125 minutes; up to 3 is normal at 400 Gb/s`,
    quiet: [
      'node_infiniband_symbol_error_total{instance="n3",device="mlx5_4",port="1"} 0x100 2x200',
      'node_infiniband_rate_bytes_per_second{instance="n3",device="mlx5_4",port="1"} 5e10x300',
    ],
  },
  'link-receive-errors': {
    fires: [
      'node_infiniband_port_errors_received_total{instance="n3",device="mlx5_4",port="1"} 0x40 20x40',
      'node_infiniband_port_packets_received_total{instance="n3",device="mlx5_4",port="1"} 0+1e8x80',
    ],
    at: 660,
    says: `n3 mlx5_4 port 1 received 20 broken packets within an hour; up to 10 is normal`,
    quiet: [
      'node_infiniband_port_errors_received_total{instance="n3",device="mlx5_4",port="1"} 5x40 9x40',
      'node_infiniband_port_packets_received_total{instance="n3",device="mlx5_4",port="1"} 0+1e8x80',
    ],
  },
  'link-remote-errors': {
    fires: [
      'node_infiniband_port_receive_remote_physical_errors_total{instance="n3",device="mlx5_4",port="1"} 0x40 200x40',
    ],
    at: 660,
    says: `n3 mlx5_4 port 1 received 200 packets within an hour that were broken further up`,
    quiet: [
      'node_infiniband_port_receive_remote_physical_errors_total{instance="n3",device="mlx5_4",port="1"} 0x40 50x40',
    ],
  },
  'link-recoveries': {
    fires: ['node_infiniband_link_error_recovery_total{instance="n3",device="mlx5_4",port="1"} 0x40 20x40'],
    at: 660,
    says: `n3 mlx5_4 port 1 had to recover 20 times within an hour; up to 10 is normal`,
    quiet: [
      'node_infiniband_link_error_recovery_total{instance="n3",device="mlx5_4",port="1"} 20x40 22x40',
      'node_infiniband_local_link_integrity_errors_total{instance="n3",device="mlx5_4",port="1"} 3x80',
    ],
  },
  'link-discards': {
    fires: ['node_infiniband_port_discards_transmitted_total{instance="n3",device="mlx5_4",port="1"} 0x40 300x40'],
    at: 660,
    says: `n3 mlx5_4 port 1 discarded 300 packets within an hour; up to 100 is normal`,
    quiet: ['node_infiniband_port_discards_transmitted_total{instance="n3",device="mlx5_4",port="1"} 900x40 920x40'],
  },
  'rdma-timeouts': {
    fires: ['node_infiniband_local_ack_timeout_errors_total{instance="n3",device="mlx5_4",port="1"} 0x40 50x40'],
    at: 630,
    says: `n3 mlx5_4 port 1 waited 50 times in ten minutes for an answer that did not come`,
    quiet: ['node_infiniband_local_ack_timeout_errors_total{instance="n3",device="mlx5_4",port="1"} 50x40 52x40'],
  },
  'nccl-test-low': {
    fires: [
      'binnacle_nccl_test_bus_bandwidth_bytes_per_second{test="t1",collective="AllReduce",size_bytes="1073741824",n_ranks="64",dtype="float",placement="out"} 2e11x20',
      'binnacle_nccl_test_expected_bus_bandwidth_bytes_per_second{test="t1",collective="AllReduce",size_bytes="1073741824",n_ranks="64"} 4e11x20',
    ],
    at: 0,
    says: `AllReduce in test t1 reaches 50% of the expected bandwidth`,
    quiet: [
      'binnacle_nccl_test_bus_bandwidth_bytes_per_second{test="t1",collective="AllReduce",size_bytes="1073741824",n_ranks="64",dtype="float",placement="out"} 3.8e11x20',
      'binnacle_nccl_test_expected_bus_bandwidth_bytes_per_second{test="t1",collective="AllReduce",size_bytes="1073741824",n_ranks="64"} 4e11x20',
      'binnacle_nccl_test_bus_bandwidth_bytes_per_second{test="t1",collective="AllReduce",size_bytes="1024",n_ranks="64",dtype="float",placement="out"} 1e6x20',
      'binnacle_nccl_test_expected_bus_bandwidth_bytes_per_second{test="t1",collective="AllReduce",size_bytes="1024",n_ranks="64"} 4e6x20',
    ],
  },
  'training-mfu-low': {
    fires: ['binnacle_training_mfu_ratio{job="llama"} 0.4x200 0.2x100'],
    at: 3780,
    says: `llama trains at 50% of its usual model FLOPs utilization`,
    quiet: ['binnacle_training_mfu_ratio{job="llama"} 0.4x200 0.35x100'],
  },
  'training-stopped': {
    fires: ['binnacle_training_tokens_per_second{job="llama"} 50000x20 _x80'],
    at: 900,
    says: `llama has reported no step for ten minutes; the last was at 50k tokens a second`,
    quiet: ['binnacle_training_tokens_per_second{job="llama"} 50000x100'],
  },
};
