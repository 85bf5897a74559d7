import type { TargetGroup } from '../provider.ts';
import type { Service } from './api-objects.ts';
import { attachNamespace } from './attached.ts';
import {
  addObjectLabels,
  hostAndPort,
  type MetaLabels,
  namespaceLabel,
  prefix,
  type Surroundings,
} from './meta-labels.ts';

/** Labels that every target of a service has; also of its endpoints. */
export function serviceLabels({ metadata }: Service): MetaLabels {
  const labels: MetaLabels = {
    [namespaceLabel]: metadata.namespace ?? '',
    [`${prefix}service_name`]: metadata.name,
  };
  addObjectLabels(labels, 'service', metadata);
  return labels;
}

/** Role service: a target for each port, at the service's name in the cluster's DNS. */
export function serviceTargets(service: Service, around: Surroundings): TargetGroup {
  const { metadata, spec } = service;
  const labels = serviceLabels(service);
  attachNamespace(labels, metadata.namespace, around);
  const type = spec.type ?? '';
  const place: MetaLabels =
    type === 'ExternalName'
      ? { [`${prefix}service_external_name`]: spec.externalName ?? '' }
      : { [`${prefix}service_cluster_ip`]: spec.clusterIP ?? '' };
  if (type === 'LoadBalancer') place[`${prefix}service_loadbalancer_ip`] = spec.loadBalancerIP ?? '';
  const targets = (spec.ports ?? []).map((port) => ({
    __address__: hostAndPort(`${metadata.name}.${metadata.namespace}.svc`, port.port),
    [`${prefix}service_port_name`]: port.name ?? '',
    [`${prefix}service_port_number`]: String(port.port),
    [`${prefix}service_port_protocol`]: port.protocol ?? '',
    [`${prefix}service_type`]: type,
    ...place,
  }));
  return { labels, targets };
}
