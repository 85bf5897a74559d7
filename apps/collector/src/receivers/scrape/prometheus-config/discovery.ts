import { z } from 'zod';
import { kubernetesRoles } from '../discovery/kubernetes/roles.ts';
import { checkHttpClient, httpClientShape, unsupportedClientKeys } from './http-client.ts';
import { durationOption } from './quantities.ts';
import { strictWith } from './strict.ts';

const labelName = /^[a-zA-Z_][a-zA-Z0-9_]*$/;

export const staticConfig = z.strictObject({
  targets: z.array(z.string().min(1)).max(100_000).default([]).describe('Addresses, `host:port`.'),
  labels: z
    .record(
      z.string().regex(labelName, 'a label name has letters, digits and _'),
      z.union([z.string(), z.number(), z.boolean()]).transform(String),
    )
    .default({})
    .describe('Labels of these targets.'),
});

/** A path of file_sd: `*`, `?` and `[…]` in the file name only, as Prometheus has it. */
export const filePath = z
  .string()
  .regex(/^(?:.*\/)?[^/]*\.(?:json|ya?ml)$/, 'a path to a .json, .yml or .yaml file')
  .refine((text) => !text.slice(0, text.lastIndexOf('/') + 1).includes('*'), '`*` is allowed in the file name only');

export const fileSdConfig = z.strictObject({
  files: z.array(filePath).min(1).max(64).describe('Files, `*` is allowed in the file name; watched.'),
  refresh_interval: durationOption.default(300).describe('Time between two readings besides the watching; default 5m.'),
});

export const httpSdConfig = strictWith(
  {
    ...httpClientShape,
    url: z
      .url({ protocol: /^https?$/ })
      .refine(
        (text) => !URL.canParse(text) || (new URL(text).username === '' && new URL(text).password === ''),
        'no user name or password in the URL; use basic_auth',
      )
      .describe('Where the list of targets is.'),
    refresh_interval: durationOption.default(60).describe('Time between two readings; default 1m.'),
  },
  unsupportedClientKeys,
).superRefine(checkHttpClient);

const selector = z.strictObject({
  role: z.enum(kubernetesRoles).describe('Kind of object that the selector is for.'),
  label: z.string().optional().describe('Label selector, such as `app=vllm`.'),
  field: z.string().optional().describe('Field selector, such as `spec.nodeName=gpu-node-01`.'),
});

export const kubernetesSdConfig = strictWith(
  {
    ...httpClientShape,
    role: z.enum(kubernetesRoles).describe(`One of ${kubernetesRoles.join(', ')}.`),
    api_server: z
      .url({ protocol: /^https?$/ })
      .optional()
      .describe('URL of the API server; default: that of the cluster this runs in, with its service account.'),
    namespaces: z
      .strictObject({
        own_namespace: z.boolean().default(false).describe('Also the namespace that this runs in.'),
        names: z.array(z.string().min(1)).default([]).describe('Namespaces; none means all.'),
      })
      .default({ own_namespace: false, names: [] })
      .describe('Where to look.'),
    selectors: z.array(selector).max(8).default([]).describe('Which objects to look at, for each kind once.'),
    attach_metadata: z
      .strictObject({
        node: z.boolean().default(false).describe('Labels of the node on pods and endpoints; default false.'),
        namespace: z.boolean().default(false).describe('Labels and annotations of the namespace; default false.'),
      })
      .default({ node: false, namespace: false })
      .describe('What else is put on targets.'),
  },
  {
    ...unsupportedClientKeys,
    kubeconfig_file: 'write api_server, tls_config and authorization',
  },
).superRefine((config, issues) => {
  checkHttpClient(config, issues);
  const complain = (path: string, message: string) => issues.addIssue({ code: 'custom', path: [path], message });
  const roles = config.selectors.map(({ role }) => role);
  if (new Set(roles).size < roles.length) complain('selectors', 'each role may have one selector');
  const allowed = selectorRoles[config.role];
  for (const role of roles) {
    if (!allowed.includes(role))
      complain('selectors', `role ${config.role} takes selectors for ${allowed.join(', ')}, not for ${role}`);
  }
});

const selectorRoles: Readonly<Record<(typeof kubernetesRoles)[number], readonly string[]>> = {
  node: ['node'],
  service: ['service'],
  pod: ['pod', 'node'],
  endpoints: ['endpoints', 'service', 'pod', 'node'],
  endpointslice: ['endpointslice', 'service', 'pod', 'node'],
  ingress: ['ingress'],
};

export type HttpSdConfig = z.infer<typeof httpSdConfig>;
export type KubernetesSdConfig = z.infer<typeof kubernetesSdConfig>;
