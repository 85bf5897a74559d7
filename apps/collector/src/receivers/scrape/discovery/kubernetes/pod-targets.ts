import type { TargetGroup } from '../provider.ts';
import type { Container, Pod } from './api-objects.ts';
import { attachNamespace, attachNode } from './attached.ts';
import {
  addObjectLabels,
  hostAndPort,
  type MetaLabels,
  namespaceLabel,
  prefix,
  type Surroundings,
} from './meta-labels.ts';

/** Labels that every target of a pod has; also of endpoints that it is behind. */
export function podLabels({ metadata, spec, status }: Pod): MetaLabels {
  const ready = status?.conditions?.find(({ type }) => type === 'Ready')?.status ?? 'unknown';
  const labels: MetaLabels = {
    [`${prefix}pod_name`]: metadata.name,
    [`${prefix}pod_ip`]: status?.podIP ?? '',
    [`${prefix}pod_ready`]: ready.toLowerCase(),
    [`${prefix}pod_phase`]: status?.phase ?? '',
    [`${prefix}pod_node_name`]: spec.nodeName ?? '',
    [`${prefix}pod_host_ip`]: status?.hostIP ?? '',
    [`${prefix}pod_uid`]: metadata.uid ?? '',
  };
  addObjectLabels(labels, 'pod', metadata);
  const controller = metadata.ownerReferences?.find((owner) => owner.controller === true);
  labels[`${prefix}pod_controller_kind`] = controller?.kind ?? '';
  labels[`${prefix}pod_controller_name`] = controller?.name ?? '';
  return labels;
}

/** The pod's containers, those that run beside or before the others included. */
export function containersOf({ spec }: Pod): { readonly container: Container; readonly init: boolean }[] {
  return [
    ...(spec.containers ?? []).map((container) => ({ container, init: false })),
    ...(spec.initContainers ?? []).map((container) => ({ container, init: true })),
  ];
}

type ContainerPort = NonNullable<Container['ports']>[number];

export function containerLabels(container: Container, init: boolean, port?: ContainerPort): MetaLabels {
  return {
    [`${prefix}pod_container_name`]: container.name,
    [`${prefix}pod_container_image`]: container.image ?? '',
    [`${prefix}pod_container_init`]: String(init),
    ...(port === undefined
      ? {}
      : {
          [`${prefix}pod_container_port_name`]: port.name ?? '',
          [`${prefix}pod_container_port_number`]: String(port.containerPort),
          [`${prefix}pod_container_port_protocol`]: port.protocol ?? '',
        }),
  };
}

/** Role pod: a target for each port of each container, and one without a port for a container that names none. */
export function podTargets(pod: Pod, around: Surroundings): TargetGroup {
  const ip = pod.status?.podIP ?? '';
  // A pod that starts or was evicted has no address.
  if (ip === '') return { labels: {}, targets: [] };
  const labels: MetaLabels = { ...podLabels(pod), [namespaceLabel]: pod.metadata.namespace ?? '' };
  attachNode(labels, pod.spec.nodeName, around);
  attachNamespace(labels, pod.metadata.namespace, around);
  const targets = containersOf(pod).flatMap(({ container, init }) => {
    const statuses = init ? pod.status?.initContainerStatuses : pod.status?.containerStatuses;
    const id = statuses?.find(({ name }) => name === container.name)?.containerID ?? '';
    const own = { [`${prefix}pod_container_id`]: id };
    const { ports } = container;
    if (ports === undefined || ports === null || ports.length === 0)
      return [{ __address__: ip, ...containerLabels(container, init), ...own }];
    return ports.map((port) => ({
      __address__: hostAndPort(ip, port.containerPort),
      ...containerLabels(container, init, port),
      ...own,
    }));
  });
  return { labels, targets };
}
