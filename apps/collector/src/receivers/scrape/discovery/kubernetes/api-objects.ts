import { z } from 'zod';

/**
 * The parts of Kubernetes objects that targets are made of (kubernetes.io/docs/reference/kubernetes-api). Everything else,
 * managed fields above all, is left out of memory.
 */
const texts = z.record(z.string(), z.string()).nullish();
const text = z.string().nullish();

const metadata = z.object({
  name: z.string(),
  namespace: text,
  uid: text,
  labels: texts,
  annotations: texts,
  ownerReferences: z.array(z.object({ kind: text, name: text, controller: z.boolean().nullish() })).nullish(),
});
export type ObjectMetadata = z.infer<typeof metadata>;

const container = z.object({
  name: z.string(),
  image: text,
  ports: z.array(z.object({ name: text, containerPort: z.number(), protocol: text })).nullish(),
});
export type Container = z.infer<typeof container>;

const containerStatuses = z.array(z.object({ name: z.string(), containerID: text })).nullish();

export const podObject = z.object({
  metadata,
  spec: z.object({
    nodeName: text,
    containers: z.array(container).nullish(),
    initContainers: z.array(container).nullish(),
  }),
  status: z
    .object({
      podIP: text,
      hostIP: text,
      phase: text,
      conditions: z.array(z.object({ type: z.string(), status: z.string() })).nullish(),
      containerStatuses,
      initContainerStatuses: containerStatuses,
    })
    .nullish(),
});
export type Pod = z.infer<typeof podObject>;

export const serviceObject = z.object({
  metadata,
  spec: z.object({
    type: text,
    clusterIP: text,
    externalName: text,
    loadBalancerIP: text,
    ports: z.array(z.object({ name: text, port: z.number(), protocol: text })).nullish(),
  }),
});
export type Service = z.infer<typeof serviceObject>;

export const nodeObject = z.object({
  metadata,
  spec: z.object({ providerID: text }).nullish(),
  status: z.object({
    addresses: z.array(z.object({ type: z.string(), address: z.string() })).nullish(),
    daemonEndpoints: z.object({ kubeletEndpoint: z.object({ Port: z.number().nullish() }).nullish() }).nullish(),
  }),
});
export type Node = z.infer<typeof nodeObject>;

const reference = z.object({ kind: text, name: text, namespace: text }).nullish();
export type ObjectReference = z.infer<typeof reference>;

const endpointAddress = z.object({ ip: z.string(), hostname: text, nodeName: text, targetRef: reference });
export type EndpointAddress = z.infer<typeof endpointAddress>;

export const endpointsObject = z.object({
  metadata,
  subsets: z
    .array(
      z.object({
        addresses: z.array(endpointAddress).nullish(),
        notReadyAddresses: z.array(endpointAddress).nullish(),
        ports: z.array(z.object({ name: text, port: z.number(), protocol: text })).nullish(),
      }),
    )
    .nullish(),
});
export type Endpoints = z.infer<typeof endpointsObject>;

const flag = z.boolean().nullish();
const slicePort = z.object({ name: text, port: z.number().nullish(), protocol: text, appProtocol: text });
export type SlicePort = z.infer<typeof slicePort>;
const sliceEndpoint = z.object({
  addresses: z.array(z.string()).nullish(),
  conditions: z.object({ ready: flag, serving: flag, terminating: flag }).nullish(),
  hostname: text,
  nodeName: text,
  zone: text,
  targetRef: reference,
  deprecatedTopology: texts,
});
export type SliceEndpoint = z.infer<typeof sliceEndpoint>;

export const endpointSliceObject = z.object({
  metadata,
  addressType: text,
  endpoints: z.array(sliceEndpoint).nullish(),
  ports: z.array(slicePort).nullish(),
});
export type EndpointSlice = z.infer<typeof endpointSliceObject>;

export const ingressObject = z.object({
  metadata,
  spec: z.object({
    ingressClassName: text,
    tls: z.array(z.object({ hosts: z.array(z.string()).nullish() })).nullish(),
    rules: z
      .array(
        z.object({
          host: text,
          http: z.object({ paths: z.array(z.object({ path: text })).nullish() }).nullish(),
        }),
      )
      .nullish(),
  }),
});
export type Ingress = z.infer<typeof ingressObject>;

export const namespaceObject = z.object({ metadata });
export type Namespace = z.infer<typeof namespaceObject>;
