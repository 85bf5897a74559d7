import { z } from 'zod';
import { httpUrl, intervalOption, labelsOption, refuseDuplicates, timeoutOption } from '../polling/options.ts';

const server = z.strictObject({
  url: httpUrl.describe(
    'Base URL of the Kubeflow Pipelines API, without /apis, such as http://ml-pipeline.kubeflow:8888.',
  ),
  namespace: z.string().min(1).optional().describe('Only runs of this namespace; needed on multi-user installations.'),
  tokenFile: z.string().min(1).optional().describe('File with a bearer token; read anew at every request.'),
  caFile: z.string().min(1).optional().describe('File with the certificate authority of the server, in PEM.'),
  lookbackHours: z
    .number()
    .positive()
    .max(24 * 366)
    .default(168)
    .describe('Runs created earlier are left out; default 168, a week.'),
  maxRuns: z.number().int().min(1).max(1000).default(100).describe('At most so many runs, the newest; default 100.'),
  labels: labelsOption,
  intervalSeconds: intervalOption(30),
  timeoutSeconds: timeoutOption(30),
});

export const kubeflowConfig = z.strictObject({
  servers: z
    .array(server)
    .min(1)
    .max(100)
    .superRefine(
      refuseDuplicates(
        (item: { url: string; namespace?: string | undefined }) => `${item.url} ${item.namespace ?? ''}`,
      ),
    )
    .describe('Servers of Kubeflow Pipelines.'),
});

export type KubeflowConfig = z.infer<typeof kubeflowConfig>;
export type KubeflowServer = KubeflowConfig['servers'][number];
