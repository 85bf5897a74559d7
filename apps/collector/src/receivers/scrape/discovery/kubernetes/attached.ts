import type { Namespace, Node } from './api-objects.ts';
import { addObjectLabels, type MetaLabels, prefix, type Surroundings, sanitized } from './meta-labels.ts';

/** Name and labels of the node, with `attach_metadata: {node: true}`. */
export function attachNode(into: MetaLabels, name: string | null | undefined, around: Surroundings): void {
  if (!around.attachNode || name === undefined || name === null) return;
  const node = around.lookup<Node>('node', name);
  if (node === undefined) return;
  into[`${prefix}node_name`] = name;
  for (const [label, value] of Object.entries(node.metadata.labels ?? {})) {
    into[`${prefix}node_label_${sanitized(label)}`] = value;
    into[`${prefix}node_labelpresent_${sanitized(label)}`] = 'true';
  }
}

/** Labels and annotations of the namespace, with `attach_metadata: {namespace: true}`. */
export function attachNamespace(into: MetaLabels, name: string | null | undefined, around: Surroundings): void {
  if (!around.attachNamespace || name === undefined || name === null) return;
  const namespace = around.lookup<Namespace>('namespace', name);
  if (namespace !== undefined) addObjectLabels(into, 'namespace', namespace.metadata);
}
