import type { TargetGroup } from '../provider.ts';
import type { Ingress } from './api-objects.ts';
import { attachNamespace } from './attached.ts';
import { addObjectLabels, type MetaLabels, namespaceLabel, prefix, type Surroundings } from './meta-labels.ts';

/** Role ingress: a target for each path of each rule, at the rule's host. */
export function ingressTargets({ metadata, spec }: Ingress, around: Surroundings): TargetGroup {
  const labels: MetaLabels = {
    [namespaceLabel]: metadata.namespace ?? '',
    [`${prefix}ingress_name`]: metadata.name,
    [`${prefix}ingress_class_name`]: spec.ingressClassName ?? '',
  };
  addObjectLabels(labels, 'ingress', metadata);
  attachNamespace(labels, metadata.namespace, around);
  const encrypted = (spec.tls ?? []).flatMap(({ hosts }) => hosts ?? []);
  const targets = (spec.rules ?? []).flatMap((rule) => {
    const host = rule.host ?? '';
    const scheme = encrypted.some((pattern) => covers(pattern, host)) ? 'https' : 'http';
    const paths = rule.http?.paths?.map(({ path }) => path || '/') ?? ['/'];
    return paths.map((path) => ({
      __address__: host,
      [`${prefix}ingress_scheme`]: scheme,
      [`${prefix}ingress_host`]: host,
      [`${prefix}ingress_path`]: path,
    }));
  });
  return { labels, targets };
}

/** Whether a host of the TLS part is this one; `*` stands for the first label of the name. */
function covers(pattern: string, host: string): boolean {
  if (pattern === host) return true;
  if (!pattern.startsWith('*.')) return false;
  const dot = host.indexOf('.');
  return dot > 0 && host.slice(dot + 1) === pattern.slice(2);
}
