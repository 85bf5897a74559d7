import type { Guide } from '#panel/guide.ts';

export const gpuGuide: Guide = {
  see: 'GPUs',
  receivers: ['scrape', 'remote-write', 'otlp'],
  steps:
    'run dcgm-exporter on each GPU node (port 9400) and let Binnacle scrape it. Save these lines as binnacle.yaml:',
  yaml: `receivers:
  scrape:
    jobs:
      - preset: dcgm-exporter
        labels: { cluster: my-cluster }
        targets: [gpu-node-01:9400, gpu-node-02:9400]`,
  command: 'npm start -- --config binnacle.yaml',
};
