import type { Guide } from '#panel/guide.ts';

export const exploreGuide: Guide = {
  see: 'any metric',
  receivers: ['scrape', 'remote-write', 'otlp'],
  steps:
    'send Prometheus remote write to /api/v1/write or OTLP to /v1/metrics of the gateway, or let Binnacle scrape. Save these lines as binnacle.yaml:',
  yaml: `receivers:
  scrape:
    jobs:
      - job: node
        labels: { cluster: my-cluster }
        targets: [127.0.0.1:9100]`,
  command: 'npm start -- --config binnacle.yaml',
};
