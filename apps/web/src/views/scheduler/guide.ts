import type { Guide } from '#panel/guide.ts';

export const queueGuide: Guide = {
  see: 'queues, fair shares and what waits',
  receivers: ['kai', 'remote-write', 'otlp'],
  steps:
    'let Binnacle list Queues, PodGroups and Nodes of KAI-Scheduler, with a token that may list queues.scheduling.run.ai, podgroups.scheduling.run.ai and nodes. The scrape job adds the fair share that the scheduler itself computed. Save these lines as binnacle.yaml:',
  yaml: `receivers:
  kai:
    clusters:
      - url: https://kubernetes.default.svc
        tokenFile: /var/run/secrets/kubernetes.io/serviceaccount/token
        caFile: /var/run/secrets/kubernetes.io/serviceaccount/ca.crt
        labels: { cluster: my-cluster }
  scrape:
    jobs:
      - preset: kai-scheduler
        labels: { cluster: my-cluster }
        targets: [scheduler.kai-scheduler:8080, queue-controller.kai-scheduler:8080]`,
  command: 'npx binnacle agent --config binnacle.yaml --gateway http://gateway:4318',
};
