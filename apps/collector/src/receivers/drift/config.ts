import { z } from 'zod';
import { httpUrl, intervalOption, labelsOption, timeoutOption } from '../polling/options.ts';

const probe = z
  .strictObject({
    name: z.string().min(1).max(128).describe('Name of the probe, the label `probe`.'),
    endpoint: httpUrl.describe(
      'Base URL of an OpenAI-compatible server; `/v1/chat/completions` is added unless the URL ends in /v1.',
    ),
    model: z.string().min(1).max(256).describe('Model to ask for.'),
    prompt: z.string().min(1).max(100_000).optional().describe('What is asked, the same bytes in every run.'),
    promptFile: z
      .string()
      .min(1)
      .optional()
      .describe('File with the prompt, instead of `prompt`; read once, at the start.'),
    runs: z.number().int().min(2).max(1000).default(8).describe('Runs in each round; default 8.'),
    concurrency: z
      .number()
      .int()
      .min(2)
      .max(256)
      .default(8)
      .describe('Runs at once in the concurrent round; default 8.'),
    maxTokens: z.number().int().min(1).max(32_768).default(256).describe('Longest answer, in tokens; default 256.'),
    seed: z.number().int().optional().describe('Sent along when set; not every server knows it.'),
    reference: z
      .string()
      .max(200_000)
      .optional()
      .describe(
        'Text that counts as the right answer; default: the most common output of the first complete round, remembered until prompt, model, endpoint or settings change.',
      ),
    apiKeyEnv: z
      .string()
      .regex(/^[A-Za-z_][A-Za-z0-9_]*$/)
      .optional()
      .describe('Environment variable with the API key.'),
    caFile: z.string().min(1).optional().describe('File with the certificate authority of the server, in PEM.'),
    requestTimeoutSeconds: timeoutOption(60),
    labels: labelsOption,
    intervalSeconds: intervalOption(300),
  })
  .refine(
    (value) => (value.prompt === undefined) !== (value.promptFile === undefined),
    'needs prompt or promptFile, and not both',
  );

export const driftConfig = z.strictObject({
  probes: z
    .array(probe)
    .min(1)
    .max(500)
    .superRefine((probes, issues) => {
      const seen = new Set<string>();
      for (const [index, { name, endpoint, model }] of probes.entries()) {
        const key = JSON.stringify([name, endpoint, model]);
        if (seen.has(key))
          issues.addIssue({
            code: 'custom',
            path: [index],
            message: `the probe "${name}" of this endpoint and model is listed twice`,
          });
        seen.add(key);
      }
    })
    .describe('Prompts that are asked again and again at temperature 0.'),
});

export type DriftConfig = z.infer<typeof driftConfig>;
export type DriftProbe = DriftConfig['probes'][number];

/** Names of the probes as sources: the name, and where it is not unique the model and endpoint as well. */
export function sourceNames(probes: readonly DriftProbe[]): string[] {
  const count = (key: (probe: DriftProbe) => string, value: string) =>
    probes.filter((probe) => key(probe) === value).length;
  const short = (probe: DriftProbe) => probe.name;
  const long = (probe: DriftProbe) => `${probe.name}/${probe.model}`;
  return probes.map((probe) => {
    if (count(short, short(probe)) === 1) return short(probe);
    return count(long, long(probe)) === 1 ? long(probe) : `${long(probe)}/${new URL(probe.endpoint).host}`;
  });
}
