import type { TargetGroup } from '../provider.ts';
import type { EndpointSlice, Service, SliceEndpoint, SlicePort } from './api-objects.ts';
import { attachNamespace, attachNode } from './attached.ts';
import { BackingPods } from './backing-pods.ts';
import {
  addObjectLabels,
  hostAndPort,
  type MetaLabels,
  namespaceLabel,
  prefix,
  type Surroundings,
  sanitized,
} from './meta-labels.ts';
import { objectKey } from './resources.ts';
import { serviceLabels } from './service-targets.ts';

const slice = `${prefix}endpointslice_`;
/** Names the service that a slice belongs to. */
const serviceNameLabel = 'kubernetes.io/service-name';

/** Role endpointslice: a target for each address and port, and for ports of the pods behind that no endpoint names. */
export function endpointSliceTargets(object: EndpointSlice, around: Surroundings): TargetGroup {
  const { metadata, addressType, endpoints, ports } = object;
  const labels: MetaLabels = {
    [namespaceLabel]: metadata.namespace ?? '',
    [`${slice}name`]: metadata.name,
    [`${slice}address_type`]: addressType ?? '',
  };
  addObjectLabels(labels, 'endpointslice', metadata);
  const serviceName = metadata.labels?.[serviceNameLabel];
  if (serviceName !== undefined) {
    const key = objectKey({ namespace: metadata.namespace, name: serviceName });
    const service = around.lookup<Service>('service', key);
    if (service !== undefined) Object.assign(labels, serviceLabels(service));
  }
  attachNamespace(labels, metadata.namespace, around);
  const pods = new BackingPods(around);
  const targets: MetaLabels[] = [];
  for (const endpoint of endpoints ?? []) {
    for (const port of ports ?? []) {
      for (const address of endpoint.addresses ?? []) {
        const target = endpointLabels(address, endpoint, port);
        attachNode(target, endpoint.targetRef?.kind === 'Node' ? endpoint.targetRef.name : endpoint.nodeName, around);
        pods.describe(target, endpoint.targetRef, port.port ?? undefined);
        targets.push(target);
      }
    }
  }
  return { labels, targets: [...targets, ...pods.rest()] };
}

function endpointLabels(address: string, endpoint: SliceEndpoint, port: SlicePort): MetaLabels {
  const { conditions, targetRef } = endpoint;
  const flag = (value: boolean | null | undefined) => (typeof value === 'boolean' ? String(value) : '');
  const number = port.port ?? undefined;
  const labels: MetaLabels = {
    __address__: number === undefined ? address : hostAndPort(address, number),
    [`${slice}port_name`]: port.name ?? '',
    [`${slice}port_protocol`]: port.protocol ?? '',
    [`${slice}port`]: number === undefined ? '' : String(number),
    [`${slice}port_app_protocol`]: port.appProtocol ?? '',
    [`${slice}endpoint_conditions_ready`]: flag(conditions?.ready),
    [`${slice}endpoint_conditions_serving`]: flag(conditions?.serving),
    [`${slice}endpoint_conditions_terminating`]: flag(conditions?.terminating),
    [`${slice}endpoint_hostname`]: endpoint.hostname ?? '',
    [`${slice}endpoint_node_name`]: endpoint.nodeName ?? '',
    [`${slice}endpoint_zone`]: endpoint.zone ?? '',
    [`${slice}address_target_kind`]: targetRef?.kind ?? '',
    [`${slice}address_target_name`]: targetRef?.name ?? '',
  };
  for (const [name, value] of Object.entries(endpoint.deprecatedTopology ?? {})) {
    labels[`${slice}endpoint_topology_${sanitized(name)}`] = value;
    labels[`${slice}endpoint_topology_present_${sanitized(name)}`] = 'true';
  }
  return labels;
}
