import { hostname } from 'node:os';
import { z } from 'zod';
import { intervalOption, labelsOption, refuseDuplicates } from '../polling/options.ts';

const root = z
  .strictObject({
    root: z
      .string()
      .min(1)
      .default('/sys')
      .describe('Where sysfs is mounted; `class/infiniband` is looked for below it.'),
    hostname: z
      .string()
      .min(1)
      .max(253)
      .optional()
      .describe('Name of the host, the label `instance`; default: the name of this machine.'),
    labels: labelsOption,
    intervalSeconds: intervalOption(15),
  })
  .transform((value) => ({ ...value, hostname: value.hostname ?? hostname() }));

export const infinibandConfig = z.strictObject({
  roots: z
    .array(root)
    .min(1)
    .max(1024)
    .superRefine(refuseDuplicates((item: { hostname: string }) => item.hostname))
    .describe('One sysfs tree for each host; more than one where trees of other hosts are mounted here.'),
});

export type InfinibandConfig = z.infer<typeof infinibandConfig>;
export type InfinibandRoot = InfinibandConfig['roots'][number];
