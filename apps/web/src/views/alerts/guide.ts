import type { Guide } from '#panel/guide.ts';

/** Rules come with Binnacle; what they look at must be connected. */
export const alertGuide: Guide = {
  see: 'alerts',
  receivers: ['scrape', 'remote-write', 'otlp'],
  steps: 'connect a source whose samples the rules look at, for one dcgm-exporter. Save these lines as binnacle.yaml:',
  yaml: `receivers:
  scrape:
    jobs:
      - preset: dcgm-exporter
        labels: { cluster: my-cluster }
        targets: [gpu-node-01:9400, gpu-node-02:9400]`,
  command: 'npm start -- --config binnacle.yaml',
};
