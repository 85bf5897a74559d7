import { z } from 'zod';
import { httpUrl, intervalOption, labelsOption, refuseDuplicates, timeoutOption } from '../polling/options.ts';

const cluster = z.strictObject({
  url: httpUrl.describe('Base URL of the Kubernetes API server, such as https://kubernetes.default.svc.'),
  tokenFile: z
    .string()
    .min(1)
    .optional()
    .describe('File with a bearer token that may list queues, podgroups and nodes; read anew at every reading.'),
  caFile: z.string().min(1).optional().describe('File with the certificate authority of the API server, in PEM.'),
  labels: labelsOption,
  intervalSeconds: intervalOption(15),
  timeoutSeconds: timeoutOption(30),
});

export const kaiConfig = z.strictObject({
  clusters: z
    .array(cluster)
    .min(1)
    .max(100)
    .superRefine(refuseDuplicates((item: { url: string }) => item.url))
    .describe('Kubernetes clusters with KAI-Scheduler.'),
});

export type KaiConfig = z.infer<typeof kaiConfig>;
export type KaiCluster = KaiConfig['clusters'][number];
