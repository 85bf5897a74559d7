import { quote } from '#data/cluster.ts';
import type { Expression } from '#data/hooks.ts';

export const measuredMetric = 'binnacle_collective_bus_bandwidth_bytes_per_second';
export const expectedMetric = 'binnacle_collective_expected_bus_bandwidth_bytes_per_second';
export const testMetric = 'binnacle_nccl_test_bus_bandwidth_bytes_per_second';
export const testExpectedMetric = 'binnacle_nccl_test_expected_bus_bandwidth_bytes_per_second';
export const stragglerMetric = 'binnacle_collective_straggler_rank';
export const skewMetric = 'binnacle_collective_skew_seconds';
export const stateMetric = 'node_infiniband_state_id';
export const transmitted = 'node_infiniband_port_data_transmitted_bytes_total';
export const received = 'node_infiniband_port_data_received_bytes_total';

const allReduce = (cluster: string) => `{${cluster},collective=~"AllReduce|all_reduce"}`;

/** Mean over the ranks of a job at each message size. */
export const measured: Expression = ({ cluster }) =>
  `avg by (job, message_bytes) (${measuredMetric}${allReduce(cluster)})`;
export const expected: Expression = ({ cluster }) =>
  `avg by (job, message_bytes) (${expectedMetric}${allReduce(cluster)})`;

/** nccl-tests runs now and then: the newest point of each size within the range. */
export const tested: Expression = ({ cluster, range }) => `last_over_time(${testMetric}{${cluster}}[${range}])`;
export const testExpected: Expression = ({ cluster, range }) =>
  `last_over_time(${testExpectedMetric}{${cluster}}[${range}])`;

export const straggler: Expression = ({ cluster }) => `${stragglerMetric}{${cluster}}`;
export const skew: Expression = ({ cluster }) => `max by (job, collective) (${skewMetric}{${cluster}})`;
/** Which host each rank runs on. */
export const ranks: Expression = ({ cluster }) => `max by (job, rank, instance) (${measuredMetric}{${cluster}})`;

const newest =
  (metric: string): Expression =>
  ({ cluster }) =>
    `max by (instance, device, port) (${metric}{${cluster}})`;
const perSecond =
  (metric: string): Expression =>
  ({ cluster, window }) =>
    `sum by (instance, device, port) (rate(${metric}{${cluster}}[${window}]))`;
const overRange =
  (metric: string): Expression =>
  ({ cluster, range }) =>
    `sum by (instance, device, port) (increase(${metric}{${cluster}}[${range}]))`;

/** What the table of ports knows of each port. */
export const ports = {
  state: newest(stateMetric),
  rate: newest('node_infiniband_rate_bytes_per_second'),
  transmit: perSecond(transmitted),
  receive: perSecond(received),
  downed: overRange('node_infiniband_link_downed_total'),
  recovered: overRange('node_infiniband_link_error_recovery_total'),
  symbols: overRange('node_infiniband_symbol_error_total'),
  errors: overRange('node_infiniband_port_errors_received_total'),
  wait: perSecond('node_infiniband_port_transmit_wait_total'),
} as const satisfies Record<string, Expression>;

const within = (cluster: string, port: { instance: string; device: string } | null) =>
  port === null ? cluster : `${cluster},instance=${quote(port.instance)},device=${quote(port.device)}`;

/** Both directions: a line per node, or the two directions of one port. */
export const throughput =
  (metric: string, port: { instance: string; device: string } | null): Expression =>
  ({ cluster, window }) =>
    `sum by (instance) (rate(${metric}{${within(cluster, port)}}[${window}]))`;

/** Errors per second of the kinds that say a link is bad, of the ports that counted any within the range. */
export const errorRate =
  (port: { instance: string; device: string } | null): Expression =>
  ({ cluster, window, range }) => {
    const kinds = ['node_infiniband_symbol_error_total', 'node_infiniband_port_errors_received_total'];
    const sum = (inner: (metric: string) => string) =>
      kinds.map((kind) => `sum by (instance, device) (${inner(kind)})`).join(' + ');
    const at = `{${within(cluster, port)}}`;
    const rate = sum((metric) => `rate(${metric}${at}[${window}])`);
    const any = sum((metric) => `increase(${metric}${at}[${range}] @ end())`);
    return `(${rate}) and on (instance, device) ((${any}) > 0)`;
  };
