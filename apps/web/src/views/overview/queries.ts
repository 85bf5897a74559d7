import type { Expression } from '#data/hooks.ts';

export const utilization: Expression = ({ cluster }) => `avg(DCGM_FI_DEV_GPU_UTIL{${cluster}})`;

export const allocated: Expression = ({ cluster }) => `max by (queue) (binnacle_queue_allocated_gpus{${cluster}})`;
export const requested: Expression = ({ cluster }) => `max by (queue) (binnacle_queue_requested_gpus{${cluster}})`;
export const fairShare: Expression = ({ cluster }) =>
  `max by (queue) (binnacle_queue_fair_share_model_gpus{${cluster}})`;
export const queueTree: Expression = ({ cluster }) => `max by (queue, parent) (binnacle_queue_info{${cluster}})`;

/** Measured over expected bus bandwidth of each job's all-reduce, at equal size. */
export const allReduceRatio: Expression = ({ cluster }) => {
  const at = `{${cluster},collective=~"AllReduce|all_reduce"}`;
  const by = 'avg by (job, message_bytes)';
  return (
    `${by} (binnacle_collective_bus_bandwidth_bytes_per_second${at}) / ` +
    `${by} (binnacle_collective_expected_bus_bandwidth_bytes_per_second${at})`
  );
};

export const driftAgreement: Expression = ({ cluster }) =>
  `min by (probe, mode) (binnacle_drift_agreement_ratio{${cluster}})`;

export const contextTokens: Expression = ({ cluster }) => `max by (server) (binnacle_mcp_server_tokens{${cluster}})`;
export const changedTools: Expression = ({ cluster }) => `binnacle_mcp_tool_pinned{${cluster}} == 0`;

// What changed.
export const xid: Expression = ({ cluster }) => `DCGM_FI_DEV_XID_ERRORS{${cluster}} > 0`;
export const linkDowned: Expression = ({ cluster }) =>
  `sum by (instance, device) (node_infiniband_link_downed_total{${cluster}})`;
export const toolChanges: Expression = ({ cluster }) =>
  `sum by (server, tool, change) (binnacle_mcp_tool_changes_total{${cluster}})`;
