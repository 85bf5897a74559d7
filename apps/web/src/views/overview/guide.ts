import type { Guide } from '#panel/guide.ts';

export const overviewGuide: Guide = {
  see: 'the whole cluster',
  receivers: ['scrape', 'infiniband', 'nccl', 'drift', 'mcp', 'remote-write', 'otlp'],
  steps:
    'save what you have of these lines as binnacle.yaml; each page says what it needs. Or look around in the demo first: npm start, without --no-demo.',
  yaml: `receivers:
  scrape:
    jobs:
      - preset: dcgm-exporter
        labels: { cluster: my-cluster }
        targets: [gpu-node-01:9400]
      - preset: kai-scheduler
        labels: { cluster: my-cluster }
        targets: [kai-scheduler:8080]
      - preset: vllm
        labels: { cluster: my-cluster }
        targets: [model-server:8000]
  infiniband:
    roots:
      - labels: { cluster: my-cluster }`,
  command: 'npm start -- --config binnacle.yaml',
};
