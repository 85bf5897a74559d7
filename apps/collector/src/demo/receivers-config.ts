import { probePrompts, probeRuns } from './completions.ts';
import { demoCluster, deployments, driftProbes, mcpServers, nodes, trainingJob } from './scenario.ts';
import { reference } from './training-state.ts';

const labels = { cluster: demoCluster };
const line = { alphaSeconds: reference.alphaSeconds, betaBytesPerSecond: reference.betaBytesPerSecond };

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
  return {
    scrape: {
      jobs: [
        {
          job: 'dcgm-exporter',
          preset: 'dcgm-exporter',
          intervalSeconds: 15,
          targets: nodes.map((node) => ({
            address: `${url}/nodes/${node}/dcgm/metrics`,
            instance: `${node}:9400`,
            labels,
          })),
        },
        {
          job: 'kai-scheduler',
          preset: 'kai-scheduler',
          intervalSeconds: 15,
          targets: [
            { address: `${url}/kai/scheduler/metrics`, instance: 'kai-scheduler:8080', labels },
            { address: `${url}/kai/queue-controller/metrics`, instance: 'queue-controller:8080', labels },
          ],
        },
        {
          job: 'vllm',
          preset: 'vllm',
          intervalSeconds: 15,
          targets: deployments.map((deployment) => ({
            address: `${url}/serving/${deployment}/metrics`,
            instance: `${deployment}:8000`,
            labels,
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
      // The line of the demo's own reference run (`ncclTestFile`), at every size.
      inspector: [{ path: places.inspectorFolder, job: trainingJob.name, ...line, labels, intervalSeconds: 15 }],
      tests: [{ path: places.ncclTestFile, name: 'all-reduce-64-gpus', ...line, labels }],
    },
    drift: {
      probes: deployments.flatMap((model) =>
        driftProbes.map((probe) => ({
          name: probe,
          endpoint: `${url}/serving/${model}`,
          model,
          prompt: probePrompts[probe],
          runs: probeRuns,
          concurrency: probeRuns,
          labels,
          intervalSeconds: 60,
        })),
      ),
    },
    mcp: {
      servers: mcpServers.map((server) => ({ name: server, url: `${url}/mcp/${server}`, labels, intervalSeconds: 60 })),
    },
  };
}
