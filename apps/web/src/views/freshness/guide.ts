import type { Guide } from '#panel/guide.ts';

export const freshnessGuide: Guide = {
  see: 'how fresh the data are',
  receivers: [],
  steps: 'send something to a door of the gateway, or name a source. Save these lines as binnacle.yaml:',
  yaml: `receivers:
  scrape:
    jobs:
      - preset: node-exporter
        labels: { cluster: my-cluster }
        targets: [node-01:9100]`,
  command: 'npm start -- --config binnacle.yaml',
};

/** How to start an agent, said where none reports. */
export const agentGuide: Guide = {
  see: 'what agents hold back',
  receivers: ['self'],
  steps: 'run an agent beside a workload and tell it where the gateway is. Save these lines as binnacle.yaml there:',
  yaml: `agent:
  gateway: http://gateway:4318
receivers:
  infiniband: {}`,
  command: 'npx binnacle agent --config binnacle.yaml',
};
