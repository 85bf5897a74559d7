import type { Guide } from '#panel/guide.ts';

export const portGuide: Guide = {
  see: 'ports, rates and errors',
  receivers: ['infiniband', 'scrape', 'remote-write', 'otlp'],
  steps:
    'on a machine with adapters Binnacle reads /sys/class/infiniband; on every other node the agent does: npx binnacle agent --config binnacle.yaml --gateway http://this-machine:4318. Or scrape node_exporter. Save these lines as binnacle.yaml:',
  yaml: `receivers:
  infiniband:
    roots:
      - labels: { cluster: my-cluster }`,
  command: 'npm start -- --config binnacle.yaml',
};

export const collectiveGuide: Guide = {
  see: 'collectives and their expected bandwidth',
  receivers: ['nccl', 'remote-write', 'otlp'],
  steps:
    'start jobs with NCCL_PROFILER_PLUGIN=libnccl-profiler-inspector.so, NCCL_INSPECTOR_ENABLE=1 and NCCL_INSPECTOR_DUMP_DIR, or save the output of nccl-tests. Save these lines as binnacle.yaml:',
  yaml: `receivers:
  nccl:
    inspector:
      - path: /var/log/nccl-inspector
        job: my-training-job
        labels: { cluster: my-cluster }`,
  command: 'npm start -- --config binnacle.yaml',
};
