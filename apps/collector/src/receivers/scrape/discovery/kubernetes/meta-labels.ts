import type { ObjectMetadata } from './api-objects.ts';

/** Labels under construction; empty values are left out in the end, as everywhere. */
export type MetaLabels = Record<string, string>;

export const prefix = '__meta_kubernetes_';
export const namespaceLabel = `${prefix}namespace`;

/** As Prometheus makes a label name of any text. */
export const sanitized = (text: string): string => text.replace(/[^a-zA-Z0-9_]/g, '_');

/** `…_label_<name>` and `…_labelpresent_<name>` of each label, and the same of annotations. */
export function addObjectLabels(into: MetaLabels, kind: string, metadata: ObjectMetadata): void {
  for (const [name, value] of Object.entries(metadata.labels ?? {})) {
    into[`${prefix}${kind}_label_${sanitized(name)}`] = value;
    into[`${prefix}${kind}_labelpresent_${sanitized(name)}`] = 'true';
  }
  for (const [name, value] of Object.entries(metadata.annotations ?? {})) {
    into[`${prefix}${kind}_annotation_${sanitized(name)}`] = value;
    into[`${prefix}${kind}_annotationpresent_${sanitized(name)}`] = 'true';
  }
}

/** `host:port`, with brackets around an IPv6 address. */
export function hostAndPort(host: string, port: number): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

/** Looks another object up; what was asked for is noted, so that the asking object is made anew when it changes. */
export type Lookup = <T>(kind: 'pod' | 'service' | 'node' | 'namespace', key: string) => T | undefined;

/** What a role's targets are made with, besides the object. */
export interface Surroundings {
  readonly lookup: Lookup;
  readonly attachNode: boolean;
  readonly attachNamespace: boolean;
}
