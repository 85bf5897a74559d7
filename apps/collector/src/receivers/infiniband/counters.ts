/**
 * Files of a port's sysfs folder and node_exporter's name for each (without `node_infiniband_` and `_total`), so that a
 * page reads both sources alike. Names: node_exporter `collector/infiniband_linux.go`; files: procfs
 * `sysfs/class_infiniband.go` and the kernel's `Documentation/ABI/stable/sysfs-class-infiniband`.
 */
export interface CounterFile {
  readonly name: string;
  /** Counts 32-bit words; bytes are four times as many (perfquery(8): "octets divided by 4"). */
  readonly words?: true;
  /** 32 bits wide in the port management agent: it sticks at its largest value, which then means "unknown". */
  readonly saturates?: true;
  readonly help: string;
}

const counter = (name: string, help: string, more: { words?: true; saturates?: true } = {}): CounterFile => ({
  name,
  help,
  ...more,
});
const words = { words: true } as const;
const saturates = { saturates: true } as const;

/** `ports/<n>/counters/<file>` */
export const portCounters: Readonly<Record<string, CounterFile>> = {
  port_rcv_data: counter('port_data_received_bytes', 'Bytes received on the port.', words),
  port_xmit_data: counter('port_data_transmitted_bytes', 'Bytes sent from the port.', words),
  port_rcv_packets: counter('port_packets_received', 'Packets received, errors included.'),
  port_xmit_packets: counter('port_packets_transmitted', 'Packets sent, errors included.'),
  unicast_rcv_packets: counter('unicast_packets_received', 'Unicast packets received, errors included.'),
  unicast_xmit_packets: counter('unicast_packets_transmitted', 'Unicast packets sent, errors included.'),
  multicast_rcv_packets: counter('multicast_packets_received', 'Multicast packets received, errors included.'),
  multicast_xmit_packets: counter('multicast_packets_transmitted', 'Multicast packets sent, errors included.'),
  port_rcv_errors: counter('port_errors_received', 'Packets with errors received on the port.'),
  port_rcv_discards: counter(
    'port_discards_received',
    'Inbound packets dropped because the port was down or congested.',
  ),
  port_xmit_discards: counter(
    'port_discards_transmitted',
    'Outbound packets dropped because the port was down or congested.',
  ),
  port_rcv_constraint_errors: counter(
    'port_constraint_errors_received',
    'Packets received and dropped by a partition or raw filter.',
  ),
  port_xmit_constraint_errors: counter(
    'port_constraint_errors_transmitted',
    'Packets not sent because of a partition or raw filter.',
  ),
  port_rcv_remote_physical_errors: counter(
    'port_receive_remote_physical_errors',
    'Packets that arrived already marked as bad: the fault is upstream.',
  ),
  port_rcv_switch_relay_errors: counter('port_receive_switch_relay_errors', 'Packets that a switch could not forward.'),
  port_xmit_wait: counter('port_transmit_wait', 'Ticks in which data waited but no credit came.', saturates),
  symbol_error: counter('symbol_error', 'Minor link errors on one or more lanes.'),
  link_error_recovery: counter('link_error_recovery', 'Times the link recovered from an error.'),
  link_downed: counter('link_downed', 'Times the link went down after failing to recover.'),
  local_link_integrity_errors: counter(
    'local_link_integrity_errors',
    'Times the local physical errors passed the threshold.',
  ),
  excessive_buffer_overrun_errors: counter(
    'excessive_buffer_overrun_errors',
    'Times buffer overruns passed the threshold.',
  ),
  VL15_dropped: counter('vl15_dropped', 'Management packets dropped for want of buffers.'),
};

/** `ports/<n>/counters_ext/<file>`: kernels before 4.5. */
export const legacyCounters: Readonly<Record<string, CounterFile>> = {
  port_rcv_data_64: counter('legacy_data_received_bytes', 'Bytes received on the port.', words),
  port_xmit_data_64: counter('legacy_data_transmitted_bytes', 'Bytes sent from the port.', words),
  port_rcv_packets_64: counter('legacy_packets_received', 'Packets received.'),
  port_xmit_packets_64: counter('legacy_packets_transmitted', 'Packets sent.'),
  port_unicast_rcv_packets: counter('legacy_unicast_packets_received', 'Unicast packets received.'),
  port_unicast_xmit_packets: counter('legacy_unicast_packets_transmitted', 'Unicast packets sent.'),
  port_multicast_rcv_packets: counter('legacy_multicast_packets_received', 'Multicast packets received.'),
  port_multicast_xmit_packets: counter('legacy_multicast_packets_transmitted', 'Multicast packets sent.'),
};

/** `ports/<n>/hw_counters/<file>`: what the driver counts itself (mlx5); the signals of congestion on RoCE are here. */
export const hardwareCounters: Readonly<Record<string, CounterFile>> = {
  duplicate_request: counter('duplicate_requests_packets', 'Duplicate request packets received.'),
  implied_nak_seq_err: counter('implied_nak_seq_errors', 'Acknowledgements that implied lost packets.'),
  local_ack_timeout_err: counter('local_ack_timeout_errors', 'Times the acknowledgement timer expired.'),
  np_cnp_sent: counter('np_cnp_packets_sent', 'Congestion notification packets sent.'),
  np_ecn_marked_roce_packets: counter(
    'np_ecn_marked_roce_packets_received',
    'RoCE packets received with the congestion mark.',
  ),
  out_of_buffer: counter('out_of_buffer_drops', 'Packets dropped for want of receive buffers.'),
  out_of_sequence: counter('out_of_sequence_packets_received', 'Packets received out of sequence.'),
  packet_seq_err: counter('packet_sequence_errors', 'Negative acknowledgements received for sequence errors.'),
  req_cqe_error: counter('req_cqes_errors', 'Completions with an error, requester side.'),
  req_cqe_flush_error: counter('req_cqes_flush_errors', 'Completions flushed with an error, requester side.'),
  req_remote_access_errors: counter('req_remote_access_errors', 'Remote access errors, requester side.'),
  req_remote_invalid_request: counter(
    'req_remote_invalid_request_errors',
    'Invalid request errors from the remote side, requester side.',
  ),
  resp_cqe_error: counter('resp_cqes_errors', 'Completions with an error, responder side.'),
  resp_cqe_flush_error: counter('resp_cqes_flush_errors', 'Completions flushed with an error, responder side.'),
  resp_local_length_error: counter('resp_local_length_errors', 'Local length errors, responder side.'),
  resp_remote_access_errors: counter('resp_remote_access_errors', 'Remote access errors, responder side.'),
  rnr_nak_retry_err: counter('rnr_nak_retry_packets_received', 'Receiver-not-ready acknowledgements received.'),
  roce_adp_retrans: counter('roce_adp_retransmits', 'Adaptive retransmissions on RoCE.'),
  roce_adp_retrans_to: counter('roce_adp_retransmits_timeout', 'Adaptive retransmissions on RoCE that timed out.'),
  roce_slow_restart: counter('roce_slow_restart_used', 'Times slow restart was used on RoCE.'),
  roce_slow_restart_cnps: counter('roce_slow_restart_cnps', 'Congestion notifications sent by slow restart.'),
  roce_slow_restart_trans: counter('roce_slow_restart', 'Times RoCE changed to slow restart.'),
  rp_cnp_handled: counter('rp_cnp_packets_handled', 'Congestion notifications that slowed this sender down.'),
  rp_cnp_ignored: counter('rp_cnp_ignored_packets_received', 'Congestion notifications received and ignored.'),
  rx_atomic_requests: counter('rx_atomic_requests', 'Atomic requests received.'),
  rx_dct_connect: counter('rx_dct_connect_requests', 'Dynamically connected transport requests received.'),
  rx_icrc_encapsulated: counter('rx_icrc_encapsulated_errors', 'RoCE packets with a checksum error.'),
  rx_read_requests: counter('rx_read_requests', 'Read requests received.'),
  rx_write_requests: counter('rx_write_requests', 'Write requests received.'),
};

/** Folder below `ports/<n>` and the table of its files. */
export const counterFolders = [
  ['counters', portCounters],
  ['counters_ext', legacyCounters],
  ['hw_counters', hardwareCounters],
] as const;
