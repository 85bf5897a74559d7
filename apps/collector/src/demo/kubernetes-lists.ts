import type { DemoClock } from './clock.ts';
import { draw, seedOf } from './noise.ts';
import { gpuModel, gpusPerNode, nodes, queues } from './scenario.ts';
import { queueStates, type Workload, workloads } from './scheduling-state.ts';

const gpuResource = 'nvidia.com/gpu';
const rfc3339 = (ms: number): string => new Date(Math.floor(ms / 1000) * 1000).toISOString().replace('.000Z', 'Z');

/** `metadata` of a Kubernetes object; the UID belongs to its name. */
function metadata(
  name: string,
  createdAtMs: number,
  namespace?: string,
  labels: Record<string, string> = {},
): Record<string, unknown> {
  const word = (n: number) =>
    draw(seedOf(`uid ${namespace ?? ''}/${name}`), n)
      .toString(16)
      .padStart(8, '0');
  const uid = `${word(0)}-${word(1).slice(0, 4)}-4${word(1).slice(5)}-8${word(2).slice(1, 4)}-${word(2).slice(4)}${word(3)}`;
  return {
    name,
    ...(namespace === undefined ? {} : { namespace }),
    uid,
    resourceVersion: '1',
    creationTimestamp: rfc3339(createdAtMs),
    labels,
  };
}

const list = (apiVersion: string, kind: string, atMs: number, items: readonly unknown[]): unknown => ({
  apiVersion,
  kind,
  metadata: { resourceVersion: String(Math.floor(atMs / 1000)) },
  items,
});

/** `GET /apis/scheduling.run.ai/v2/queues` */
export function queueList(clock: DemoClock, atMs: number): unknown {
  const installedAtMs = clock.startedAtMs - 90 * 86_400_000;
  const quantities = (gpus: number) => ({
    cpu: String(gpus * 12),
    memory: `${gpus * 120}G`,
    [gpuResource]: String(gpus),
  });
  const items = queueStates(clock, atMs).map((queue) => {
    const children = queues.filter((candidate) => candidate.parent === queue.name).map((child) => child.name);
    const resource = (factor: number) => ({
      quota: queue.quota === -1 ? -1 : queue.quota * factor,
      limit: queue.limit === -1 ? -1 : queue.limit * factor,
      overQuotaWeight: queue.weight,
    });
    return {
      apiVersion: 'scheduling.run.ai/v2',
      kind: 'Queue',
      metadata: metadata(queue.name, installedAtMs),
      spec: {
        ...(queue.parent === null ? {} : { parentQueue: queue.parent }),
        priority: queue.priority,
        ...(queue.name === 'pretraining' ? { reclaimMinRuntime: '72h0m0s' } : {}),
        resources: { gpu: resource(1), cpu: resource(12_000), memory: resource(120_000) },
      },
      status: {
        ...(children.length > 0 ? { childQueues: children } : {}),
        allocated: quantities(queue.allocated),
        allocatedNonPreemptible: quantities(0),
        requested: quantities(queue.requested),
      },
    };
  });
  return list('scheduling.run.ai/v2', 'QueueList', atMs, items);
}

/** `GET /apis/scheduling.run.ai/v2alpha2/podgroups` */
export function podGroupList(clock: DemoClock, atMs: number): unknown {
  return list('scheduling.run.ai/v2alpha2', 'PodGroupList', atMs, workloads(clock, atMs).map(podGroup));
}

function podGroup({ name, namespace, queue, gpus, running, createdAtMs, waits }: Workload): unknown {
  const labels = { 'kai.scheduler/queue': queue };
  const meta = metadata(`pg-${name}`, createdAtMs, namespace, labels);
  const annotations = running ? { 'kai.scheduler/last-start-timestamp': rfc3339(createdAtMs + 9000) } : {};
  return {
    apiVersion: 'scheduling.run.ai/v2alpha2',
    kind: 'PodGroup',
    metadata: { ...meta, annotations },
    spec: {
      minMember: Math.max(1, gpus / gpusPerNode),
      queue,
      priorityClassName: name.startsWith('notebook') ? 'build-preemptible' : 'train',
      preemptibility: 'preemptible',
    },
    status: {
      resourcesStatus: {
        ...(running ? { allocated: { [gpuResource]: String(gpus) } } : {}),
        requested: { [gpuResource]: String(gpus) },
      },
      ...(waits === undefined
        ? {}
        : {
            schedulingConditions: [
              {
                type: 'UnschedulableOnNodePool',
                nodePool: 'default',
                status: 'True',
                reason: 'Unschedulable',
                message: waits.message,
                lastTransitionTime: rfc3339(waits.sinceMs),
                transitionID: '0',
                reasons: [{ reason: waits.reason, message: waits.message }],
              },
            ],
          }),
    },
  };
}

/** `GET /api/v1/nodes` */
export function nodeList(clock: DemoClock, atMs: number): unknown {
  const items = nodes.map((node) => ({
    metadata: metadata(node, clock.startedAtMs - 200 * 86_400_000, undefined, {
      'kubernetes.io/hostname': node,
      'nvidia.com/gpu.product': gpuModel.replaceAll(' ', '-'),
      'nvidia.com/gpu.count': String(gpusPerNode),
    }),
    spec: {},
    status: {
      capacity: { cpu: '192', memory: '2113407800Ki', [gpuResource]: String(gpusPerNode) },
      allocatable: { cpu: '191', memory: '2098407800Ki', [gpuResource]: String(gpusPerNode) },
      conditions: [
        {
          type: 'Ready',
          status: 'True',
          reason: 'KubeletReady',
          message: 'kubelet is posting ready status',
          lastHeartbeatTime: rfc3339(atMs - (atMs % 10_000)),
          lastTransitionTime: rfc3339(clock.startedAtMs - 30 * 86_400_000),
        },
      ],
      nodeInfo: {
        kubeletVersion: 'v1.34.2',
        osImage: 'Ubuntu 24.04.3 LTS',
        kernelVersion: '6.8.0-79-generic',
        containerRuntimeVersion: 'containerd://2.1.4',
      },
    },
  }));
  return list('v1', 'NodeList', atMs, items);
}
