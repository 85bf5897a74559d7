import type { Guide } from '#panel/guide.ts';

export const portGuide: Guide = {
  see: 'ports, rates and errors',
  receivers: ['infiniband', 'scrape', 'remote-write', 'otlp'],
  steps:
    'run the agent on each node (it reads /sys/class/infiniband), or scrape node_exporter. Save these lines as binnacle.yaml:',
  yaml: `receivers:
  infiniband:
    roots:
      - labels: { cluster: my-cluster }`,
  command: 'npx binnacle agent --config binnacle.yaml --gateway http://gateway:4318',
};

export const collectiveGuide: Guide = {
  see: 'collectives and their expected bandwidth',
  receivers: ['nccl', 'remote-write', 'otlp'],
  steps:
    'start jobs with NCCL_PROFILER_PLUGIN=libnccl-profiler-inspector.so, NCCL_INSPECTOR_ENABLE=1 and NCCL_INSPECTOR_DUMP_DIR, or save the output of nccl-tests. Save these lines as binnacle.yaml:',
  yaml: `receivers:
  nccl:
    inspector:
      - path: /var/log/nccl-inspector/*.log
        labels: { cluster: my-cluster }`,
  command: 'npx binnacle agent --config binnacle.yaml --gateway http://gateway:4318',
};
