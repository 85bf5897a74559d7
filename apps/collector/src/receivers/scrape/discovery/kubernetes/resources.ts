import type { ZodType } from 'zod';
import {
  endpointSliceObject,
  endpointsObject,
  ingressObject,
  namespaceObject,
  nodeObject,
  type ObjectMetadata,
  podObject,
  serviceObject,
} from './api-objects.ts';
import type { KubernetesRole } from './roles.ts';

/** A kind of object as it is listed and watched. */
export interface Resource {
  /** `/api/v1` or the path of an API group. */
  readonly base: string;
  readonly plural: string;
  readonly namespaced: boolean;
  readonly schema: ZodType<{ readonly metadata: ObjectMetadata }>;
}

export type ResourceKind = KubernetesRole | 'namespace';

export const resources: Readonly<Record<ResourceKind, Resource>> = {
  pod: { base: '/api/v1', plural: 'pods', namespaced: true, schema: podObject },
  service: { base: '/api/v1', plural: 'services', namespaced: true, schema: serviceObject },
  endpoints: { base: '/api/v1', plural: 'endpoints', namespaced: true, schema: endpointsObject },
  node: { base: '/api/v1', plural: 'nodes', namespaced: false, schema: nodeObject },
  namespace: { base: '/api/v1', plural: 'namespaces', namespaced: false, schema: namespaceObject },
  endpointslice: {
    base: '/apis/discovery.k8s.io/v1',
    plural: 'endpointslices',
    namespaced: true,
    schema: endpointSliceObject,
  },
  ingress: { base: '/apis/networking.k8s.io/v1', plural: 'ingresses', namespaced: true, schema: ingressObject },
};

/** `namespace/name`, or the name alone where there is no namespace. */
export function objectKey({ namespace, name }: { namespace?: string | null | undefined; name: string }): string {
  return namespace === undefined || namespace === null || namespace === '' ? name : `${namespace}/${name}`;
}
