import { z } from 'zod';
import { intervalOption, labelsOption, refuseDuplicates } from '../polling/options.ts';
import { type ExpectedLine, hardware, hardwareNames } from './hardware.ts';

/** What to expect: a preset, or a line of one's own. Without either nothing is expected. */
const expectation = {
  hardware: z
    .enum(hardwareNames)
    .optional()
    .describe(`Expected line of a known system: ${hardwareNames.join(', ')}.`),
  alphaSeconds: z
    .number()
    .min(0)
    .max(1)
    .optional()
    .describe('Time of an empty collective, from a reference run of your own; with betaBytesPerSecond.'),
  betaBytesPerSecond: z
    .number()
    .positive()
    .optional()
    .describe('Bus bandwidth of an endless collective, from a reference run of your own.'),
};

interface Expectation {
  readonly hardware?: (typeof hardwareNames)[number] | undefined;
  readonly alphaSeconds?: number | undefined;
  readonly betaBytesPerSecond?: number | undefined;
}

function oneLine(value: Expectation, issues: z.RefinementCtx): void {
  if ((value.alphaSeconds === undefined) !== (value.betaBytesPerSecond === undefined))
    issues.addIssue({ code: 'custom', message: 'alphaSeconds and betaBytesPerSecond go together' });
  if (value.hardware !== undefined && value.betaBytesPerSecond !== undefined)
    issues.addIssue({ code: 'custom', message: 'either hardware or alphaSeconds and betaBytesPerSecond, not both' });
}

const inspector = z
  .strictObject({
    path: z.string().min(1).describe('Folder of NCCL Inspector (NCCL_INSPECTOR_DUMP_DIR), a file, or a glob.'),
    job: z.string().min(1).max(253).describe('Name of the training job, the label `job`.'),
    ...expectation,
    staleAfterSeconds: z
      .number()
      .positive()
      .max(86_400)
      .default(600)
      .describe('Collectives older than this are no longer shown; default 600.'),
    labels: labelsOption,
    intervalSeconds: intervalOption(10),
  })
  .superRefine(oneLine);

const test = z
  .strictObject({
    path: z.string().min(1).describe('Output of nccl-tests: a file, a folder or a glob; text, or JSON of `-J`.'),
    name: z.string().min(1).max(253).describe('Name of the test, the label `test`.'),
    collective: z
      .enum(['all_reduce', 'all_gather', 'reduce_scatter', 'alltoall', 'broadcast', 'reduce', 'sendrecv'])
      .optional()
      .describe('Which collective it was, where the output lost the line that says so.'),
    ranks: z
      .number()
      .int()
      .min(1)
      .max(1_000_000)
      .optional()
      .describe('How many ranks took part, where the output lost the list of devices.'),
    ...expectation,
    labels: labelsOption,
    intervalSeconds: intervalOption(60),
  })
  .superRefine(oneLine);

export const ncclConfig = z
  .strictObject({
    inspector: z
      .array(inspector)
      .max(100)
      .superRefine(refuseDuplicates((item: { path: string }) => item.path))
      .default([])
      .describe('Logs of NCCL Inspector, one entry for each training job.'),
    tests: z
      .array(test)
      .max(100)
      .superRefine(refuseDuplicates((item: { name: string }) => item.name))
      .default([])
      .describe('Results of nccl-tests.'),
  })
  .refine((value) => value.inspector.length + value.tests.length > 0, 'needs an entry under inspector or tests');

export type NcclConfig = z.infer<typeof ncclConfig>;
export type InspectorSource = NcclConfig['inspector'][number];
export type TestSource = NcclConfig['tests'][number];

/** The line that a source expects; undefined where it says nothing. */
export function expectedLine(source: Expectation): ExpectedLine | undefined {
  if (source.hardware !== undefined) return hardware[source.hardware];
  const { alphaSeconds, betaBytesPerSecond } = source;
  return alphaSeconds === undefined || betaBytesPerSecond === undefined
    ? undefined
    : { alphaSeconds, betaBytesPerSecond, fitFromBytes: 0 };
}
