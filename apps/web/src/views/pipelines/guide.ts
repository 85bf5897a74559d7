import type { Guide } from '#panel/guide.ts';

export const pipelineGuide: Guide = {
  see: 'pipeline runs',
  receivers: ['kubeflow'],
  steps:
    'name the API server of Kubeflow Pipelines; its runs are read, their parameters are not. Save these lines as binnacle.yaml:',
  yaml: `receivers:
  kubeflow:
    servers:
      - url: http://ml-pipeline.kubeflow:8888
        labels: { cluster: my-cluster }`,
  command: 'npm start -- --config binnacle.yaml',
};
