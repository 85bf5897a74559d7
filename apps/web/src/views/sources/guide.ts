import type { Guide } from '#panel/guide.ts';

export const sourceGuide: Guide = {
  see: 'sources',
  receivers: [],
  steps: 'name what Binnacle shall read. Save these lines as binnacle.yaml:',
  yaml: `receivers:
  scrape:
    jobs:
      - preset: vllm
        labels: { cluster: my-cluster }
        targets: [model-server-01:8000]`,
  command: 'npm start -- --config binnacle.yaml',
};

/** What to send to a door, by its receiver. */
export const doorHints: Readonly<Record<string, string>> = {
  'remote-write': 'Prometheus: remote_write: [{ url: "<gateway>/api/v1/write" }]',
  otlp: 'OpenTelemetry: OTEL_EXPORTER_OTLP_METRICS_ENDPOINT=<gateway>/v1/metrics, http/protobuf',
};
