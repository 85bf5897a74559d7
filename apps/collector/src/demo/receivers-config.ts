import { basename } from 'node:path';
import { probePrompts } from './completions.ts';
import { demoCluster, deployments, driftProbes, mcpServers, nodes } from './scenario.ts';

const labels = { cluster: demoCluster };

export interface DemoPlaces {
  /** `http://127.0.0.1:4320` */
  readonly url: string;
  /** Root of the sysfs tree of a node. */
  readonly sysfsRootOf: (node: string) => string;
  readonly inspectorFolder: string;
  readonly ncclTestFile: string;
}

/** The `receivers:` object of a config file that reads the demo cluster. Every source has the label `cluster="demo"`. */
export function demoReceivers(places: DemoPlaces): Record<string, unknown> {
  const { url } = places;
  const { host } = new URL(url);
  return {
    scrape: {
      jobs: [
        {
          job: 'dcgm-exporter',
          preset: 'dcgm-exporter',
          intervalSeconds: 15,
          targets: nodes.map((node) => ({
            url: `${url}/nodes/${node}/dcgm/metrics`,
            labels: { ...labels, instance: `${node}:9400` },
          })),
        },
        {
          job: 'kai-scheduler',
          preset: 'kai-scheduler',
          intervalSeconds: 15,
          targets: [
            { url: `${url}/kai/scheduler/metrics`, labels: { ...labels, instance: 'kai-scheduler:8080' } },
            { url: `${url}/kai/queue-controller/metrics`, labels: { ...labels, instance: 'queue-controller:8080' } },
          ],
        },
        {
          job: 'vllm',
          preset: 'vllm',
          intervalSeconds: 15,
          targets: deployments.map((deployment) => ({
            url: `${url}/serving/${deployment}/metrics`,
            labels: { ...labels, instance: `${deployment}:8000` },
          })),
        },
      ],
    },
    infiniband: {
      roots: nodes.map((node) => ({ root: places.sysfsRootOf(node), hostname: node, labels, intervalSeconds: 15 })),
    },
    kai: { clusters: [{ url: `${url}/kubernetes`, labels, intervalSeconds: 15 }] },
    kubeflow: { servers: [{ url: `${url}/kubeflow`, maxRuns: 40, labels, intervalSeconds: 30 }] },
    nccl: {
      inspector: [{ name: 'demo', folder: places.inspectorFolder, labels, intervalSeconds: 15 }],
      tests: [{ name: basename(places.ncclTestFile, '.txt'), file: places.ncclTestFile, labels }],
    },
    drift: {
      endpoints: [
        {
          name: host,
          probes: driftProbes.map((probe) => ({ name: probe, prompt: probePrompts[probe] })),
          models: deployments,
          labels,
        },
      ],
    },
    mcp: {
      servers: mcpServers.map((server) => ({ name: server, url: `${url}/mcp/${server}`, labels, intervalSeconds: 60 })),
    },
  };
}
