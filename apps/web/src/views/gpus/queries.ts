import { quote } from '#data/cluster.ts';
import type { Expression } from '#data/hooks.ts';
import type { Unit } from '#format/units.ts';

/** What the heat map and the charts can show of a GPU, by the key in the URL. Names are dcgm-exporter's. */
export const gpuMetrics = {
  utilization: { metric: 'DCGM_FI_DEV_GPU_UTIL', title: 'Utilization', unit: 'percent', low: 0, high: 100 },
  tensor: { metric: 'DCGM_FI_PROF_PIPE_TENSOR_ACTIVE', title: 'Tensor activity', unit: 'ratio', low: 0, high: 1 },
  memory: { metric: 'DCGM_FI_DEV_FB_USED', title: 'Memory used', unit: 'mebibytes', low: 0, high: null },
  power: { metric: 'DCGM_FI_DEV_POWER_USAGE', title: 'Power', unit: 'watts', low: 0, high: null },
  temperature: { metric: 'DCGM_FI_DEV_GPU_TEMP', title: 'Temperature', unit: 'celsius', low: 20, high: 95 },
} as const satisfies Record<string, { metric: string; title: string; unit: Unit; low: number; high: number | null }>;

export type GpuMetric = keyof typeof gpuMetrics;

export const clockMetric = 'DCGM_FI_DEV_SM_CLOCK';
export const xidMetric = 'DCGM_FI_DEV_XID_ERRORS';

const within = (cluster: string, node: string | undefined) =>
  node === undefined ? cluster : `${cluster},hostname=${quote(node)}`;

/**
 * One value per GPU: the newest, or the mean over the range. A GPU has two series for a while when a label changes (its
 * pod, the text of an XID): the higher one counts.
 */
export const perGpu =
  (metric: string, over: 'now' | 'range'): Expression =>
  ({ cluster, range }) =>
    `max by (hostname, gpu, GPU_I_ID) (${over === 'now' ? `${metric}{${cluster}}` : `avg_over_time(${metric}{${cluster}}[${range}])`})`;

/** One line per node, or per GPU of one node. */
export const overTime =
  (metric: string, aggregate: 'avg' | 'max' | 'min' | 'sum', node: string | undefined): Expression =>
  ({ cluster }) =>
    node === undefined
      ? `${aggregate} by (hostname) (${metric}{${cluster}})`
      : `${aggregate} by (gpu) (${metric}{${within(cluster, node)}})`;

/** Codes that are set; the label err_msg says it in words where the exporter knows. */
export const xidCodes: Expression = ({ cluster }) => `${xidMetric}{${cluster}} > 0`;

/** Every gauge of one GPU, for its card. */
export const oneGpu =
  (node: string, gpu: string): Expression =>
  ({ cluster }) =>
    `{__name__=~"DCGM_FI_(DEV|PROF)_.*",${within(cluster, node)},gpu=${quote(gpu)}}`;

export const oneGpuOverTime =
  (metric: string, node: string, gpu: string): Expression =>
  ({ cluster }) =>
    `${metric}{${within(cluster, node)},gpu=${quote(gpu)}}`;
