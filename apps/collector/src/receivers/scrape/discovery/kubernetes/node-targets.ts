import type { TargetGroup } from '../provider.ts';
import type { Node } from './api-objects.ts';
import { addObjectLabels, hostAndPort, type MetaLabels, prefix, sanitized } from './meta-labels.ts';

/** Which address of a node is taken, the first one that it has. */
const addressTypes = ['InternalIP', 'InternalDNS', 'ExternalIP', 'ExternalDNS', 'LegacyHostIP', 'Hostname'];

/** Role node: one target, the node's kubelet. */
export function nodeTargets({ metadata, spec, status }: Node): TargetGroup {
  const labels: MetaLabels = {
    [`${prefix}node_name`]: metadata.name,
    [`${prefix}node_provider_id`]: spec?.providerID ?? '',
  };
  addObjectLabels(labels, 'node', metadata);
  const addresses = new Map<string, string>();
  for (const { type, address } of status.addresses ?? []) if (!addresses.has(type)) addresses.set(type, address);
  const type = addressTypes.find((one) => addresses.has(one));
  if (type === undefined) return { labels, targets: [] };
  const port = status.daemonEndpoints?.kubeletEndpoint?.Port ?? 0;
  const target: MetaLabels = {
    __address__: hostAndPort(addresses.get(type) as string, port),
    instance: metadata.name,
  };
  for (const [name, address] of addresses) target[`${prefix}node_address_${sanitized(name)}`] = address;
  return { labels, targets: [target] };
}
