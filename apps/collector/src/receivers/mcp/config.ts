import { z } from 'zod';
import { httpUrl, intervalOption, labelsOption, refuseDuplicates, timeoutOption } from '../polling/options.ts';

const server = z
  .strictObject({
    name: z.string().min(1).max(128).describe('Name of the server, the label `server`.'),
    url: httpUrl.optional().describe('Address of a server that speaks Streamable HTTP.'),
    tokenFile: z.string().min(1).optional().describe('File with a bearer token for `url`; read anew at every request.'),
    caFile: z.string().min(1).optional().describe('File with the certificate authority of `url`, in PEM.'),
    command: z
      .string()
      .min(1)
      .optional()
      .describe('Program of a server that speaks over stdin and stdout; started only with `consent: true`.'),
    args: z.array(z.string().max(4096)).max(100).default([]).describe('Arguments of `command`.'),
    env: z
      .record(z.string().min(1), z.string())
      .default({})
      .describe('Environment of `command`, beside the few variables that every program gets.'),
    cwd: z.string().min(1).optional().describe('Folder in which `command` is started.'),
    consent: z
      .boolean()
      .default(false)
      .describe('Whether `command` may be started: listing the tools of such a server runs its program.'),
    pins: z
      .record(z.string().min(1), z.string().regex(/^[0-9a-f]{64}$/, 'a sha-256 digest in hex'))
      .default({})
      .describe('Approved digests by tool, as the records show them; without one the definition first seen counts.'),
    timeoutSeconds: timeoutOption(30),
    labels: labelsOption,
    intervalSeconds: intervalOption(300),
  })
  .refine((value) => (value.url === undefined) !== (value.command === undefined), 'needs url or command, and not both')
  .refine(
    (value) => value.url !== undefined || (value.tokenFile === undefined && value.caFile === undefined),
    'tokenFile and caFile belong to url',
  );

export const mcpConfig = z.strictObject({
  servers: z
    .array(server)
    .min(1)
    .max(200)
    .superRefine(refuseDuplicates((item: { name: string }) => item.name))
    .describe('MCP servers whose tools are listed.'),
});

export type McpConfig = z.infer<typeof mcpConfig>;
export type McpServer = McpConfig['servers'][number];
