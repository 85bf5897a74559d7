import { describe, expect, it } from 'vitest';
import { searchItems } from './search-items.ts';

describe('searchItems', () => {
  it('names each thing once, with the page that shows it', () => {
    const items = searchItems([
      { __name__: 'DCGM_FI_DEV_GPU_UTIL', hostname: 'gpu-node-01', gpu: '0' },
      { __name__: 'DCGM_FI_DEV_GPU_UTIL', hostname: 'gpu-node-01', gpu: '1' },
      { __name__: 'binnacle_queue_info', queue: 'vision' },
      { __name__: 'binnacle_mcp_tool_tokens', server: 'tickets', tool: 'create_ticket' },
      { __name__: 'something_else', queue: 'ignored' },
    ]);
    expect(items.map((item) => `${item.group}: ${item.title}`)).toEqual([
      'Nodes: gpu-node-01',
      'GPUs: gpu-node-01 GPU 0',
      'GPUs: gpu-node-01 GPU 1',
      'Queues: vision',
      'Tools: tickets / create_ticket',
    ]);
    expect(items[2]).toMatchObject({ path: '/gpus', parameters: { gpu: 'gpu-node-01/1' } });
  });
});
