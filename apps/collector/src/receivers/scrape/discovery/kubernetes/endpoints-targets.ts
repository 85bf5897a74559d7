import type { TargetGroup } from '../provider.ts';
import type { EndpointAddress, Endpoints, Service } from './api-objects.ts';
import { attachNamespace, attachNode } from './attached.ts';
import { BackingPods } from './backing-pods.ts';
import {
  addObjectLabels,
  hostAndPort,
  type MetaLabels,
  namespaceLabel,
  prefix,
  type Surroundings,
} from './meta-labels.ts';
import { objectKey } from './resources.ts';
import { serviceLabels } from './service-targets.ts';

/** Role endpoints: a target for each address and port, and for ports of the pods behind that no endpoint names. */
export function endpointsTargets({ metadata, subsets }: Endpoints, around: Surroundings): TargetGroup {
  const service = around.lookup<Service>('service', objectKey(metadata));
  const labels: MetaLabels = {
    [namespaceLabel]: metadata.namespace ?? '',
    [`${prefix}endpoints_name`]: metadata.name,
  };
  addObjectLabels(labels, 'endpoints', metadata);
  if (service !== undefined) Object.assign(labels, serviceLabels(service));
  attachNamespace(labels, metadata.namespace, around);
  const pods = new BackingPods(around);
  const targets: MetaLabels[] = [];
  for (const { addresses, notReadyAddresses, ports } of subsets ?? []) {
    for (const port of ports ?? []) {
      const add = (address: EndpointAddress, ready: boolean) => {
        const target: MetaLabels = {
          __address__: hostAndPort(address.ip, port.port),
          [`${prefix}endpoint_port_name`]: port.name ?? '',
          [`${prefix}endpoint_port_protocol`]: port.protocol ?? '',
          [`${prefix}endpoint_ready`]: String(ready),
          [`${prefix}endpoint_address_target_kind`]: address.targetRef?.kind ?? '',
          [`${prefix}endpoint_address_target_name`]: address.targetRef?.name ?? '',
          [`${prefix}endpoint_node_name`]: address.nodeName ?? '',
          [`${prefix}endpoint_hostname`]: address.hostname ?? '',
        };
        attachNode(target, address.nodeName, around);
        pods.describe(target, address.targetRef, port.port);
        targets.push(target);
      };
      for (const address of addresses ?? []) add(address, true);
      for (const address of notReadyAddresses ?? []) add(address, false);
    }
  }
  return { labels, targets: [...targets, ...pods.rest()] };
}
