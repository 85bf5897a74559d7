/** What the search palette finds besides pages, from label values and alerts. */
export interface SearchItem {
  readonly group: 'Nodes' | 'GPUs' | 'Queues' | 'Deployments' | 'Tools' | 'Metrics';
  readonly title: string;
  readonly path: string;
  readonly parameters: Readonly<Record<string, string>>;
}

const text = (...parts: (string | undefined)[]) => parts.filter((part) => part !== undefined && part !== '').join(' ');

/** Things named by the labels of a few telling series: one per node, GPU, queue, deployment and tool. */
export function searchItems(series: readonly Readonly<Record<string, string>>[]): SearchItem[] {
  const found = new Map<string, SearchItem>();
  const add = (item: SearchItem) => found.set(`${item.group} ${item.title}`, item);
  for (const labels of series) {
    const node = labels.hostname ?? labels.Hostname;
    switch (labels.__name__) {
      case 'DCGM_FI_DEV_GPU_UTIL':
        if (node !== undefined) add({ group: 'Nodes', title: node, path: '/gpus', parameters: { node } });
        if (node !== undefined && labels.gpu !== undefined) {
          add({
            group: 'GPUs',
            title: text(node, `GPU ${labels.gpu}`),
            path: '/gpus',
            parameters: { gpu: `${node}/${labels.gpu}` },
          });
        }
        break;
      case 'binnacle_queue_info':
        if (labels.queue !== undefined)
          add({ group: 'Queues', title: labels.queue, path: '/scheduler', parameters: { queue: labels.queue } });
        break;
      case 'vllm:num_requests_running':
        if (labels.model_name !== undefined) {
          add({
            group: 'Deployments',
            title: labels.model_name,
            path: '/serving',
            parameters: { deployment: labels.model_name },
          });
        }
        break;
      case 'binnacle_mcp_tool_tokens':
        if (labels.tool !== undefined) {
          add({
            group: 'Tools',
            title: text(labels.server, '/', labels.tool),
            path: '/mcp',
            parameters: { tool: `${labels.server}/${labels.tool}` },
          });
        }
        break;
    }
  }
  return [...found.values()];
}
