/** What kubernetes_sd makes targets of. */
export const kubernetesRoles = ['node', 'service', 'pod', 'endpoints', 'endpointslice', 'ingress'] as const;
export type KubernetesRole = (typeof kubernetesRoles)[number];
