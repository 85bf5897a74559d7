import type { ObjectReference, Pod } from './api-objects.ts';
import { hostAndPort, type MetaLabels, type Surroundings } from './meta-labels.ts';
import { containerLabels, containersOf, podLabels } from './pod-targets.ts';
import { objectKey } from './resources.ts';

/**
 * The pods behind the endpoints of one object: their labels go onto the endpoints' targets, and ports of theirs that no
 * endpoint named become targets too.
 */
export class BackingPods {
  readonly #around: Surroundings;
  readonly #seen = new Map<string, { readonly pod: Pod; readonly ports: Set<number> }>();

  constructor(around: Surroundings) {
    this.#around = around;
  }

  /** Adds the labels of the pod that an endpoint refers to, and of the container behind the port. */
  describe(target: MetaLabels, reference: ObjectReference, port: number | undefined): void {
    if (reference?.kind !== 'Pod' || !reference.name) return;
    const key = objectKey({ namespace: reference.namespace, name: reference.name });
    const pod = this.#around.lookup<Pod>('pod', key);
    if (pod === undefined) return;
    let entry = this.#seen.get(key);
    if (entry === undefined) {
      entry = { pod, ports: new Set() };
      this.#seen.set(key, entry);
    }
    Object.assign(target, podLabels(pod));
    if (port === undefined) return;
    entry.ports.add(port);
    for (const { container, init } of containersOf(pod)) {
      const own = container.ports?.find(({ containerPort }) => containerPort === port);
      if (own !== undefined) Object.assign(target, containerLabels(container, init, own));
    }
  }

  /** Targets for the ports that no endpoint named. */
  rest(): MetaLabels[] {
    return [...this.#seen.values()].flatMap(({ pod, ports }) => {
      const ip = pod.status?.podIP ?? '';
      if (ip === '') return [];
      return containersOf(pod).flatMap(({ container, init }) =>
        (container.ports ?? [])
          .filter(({ containerPort }) => !ports.has(containerPort))
          .map((port) => ({
            __address__: hostAndPort(ip, port.containerPort),
            ...containerLabels(container, init, port),
            ...podLabels(pod),
          })),
      );
    });
  }
}
