import type { Guide } from '#panel/guide.ts';

export const servingGuide: Guide = {
  see: 'model servers',
  receivers: ['scrape', 'remote-write', 'otlp'],
  steps: 'let Binnacle scrape /metrics of each vLLM server, on the port of its API. Save these lines as binnacle.yaml:',
  yaml: `receivers:
  scrape:
    jobs:
      - preset: vllm
        labels: { cluster: my-cluster }
        targets: [model-server-01:8000, model-server-02:8000]`,
  command: 'npm start -- --config binnacle.yaml',
};
