import { z } from 'zod';

const labelName = /^[a-zA-Z_][a-zA-Z0-9_]*$/;

/** Labels that every series of a source carries; its own labels win where both name one. */
export const labelsOption = z
  .record(
    z
      .string()
      .regex(labelName, 'a label name has letters, digits and _')
      .refine((name) => !name.startsWith('__'), 'names that begin with __ are reserved'),
    z.string().min(1).max(512),
  )
  .default({})
  .describe('Labels put on every series of this source, such as `cluster`.');

/** Seconds between two readings, with the default of the receiver. */
export function intervalOption(defaultSeconds: number) {
  return z
    .number()
    .min(0.05)
    .max(86_400)
    .default(defaultSeconds)
    .describe(`Seconds between two readings; default ${defaultSeconds}.`);
}

/** Seconds after which a reading is given up. */
export function timeoutOption(defaultSeconds: number) {
  return z
    .number()
    .min(0.05)
    .max(3600)
    .default(defaultSeconds)
    .describe(`Seconds after which a reading is given up; default ${defaultSeconds}.`);
}

/** An http(s) URL without credentials in it: they would end up in logs and on the Sources page. */
export const httpUrl = z
  .url({ protocol: /^https?$/, error: 'an http:// or https:// URL' })
  .refine(
    (text) => !URL.canParse(text) || (new URL(text).username === '' && new URL(text).password === ''),
    'no user name or password in the URL; use tokenFile',
  );

/** Names of sources must differ within a receiver: they are keys of state, records and status. */
export function refuseDuplicates<T>(nameOf: (item: T) => string) {
  return (items: readonly T[], issues: z.RefinementCtx): void => {
    const seen = new Set<string>();
    items.forEach((item, index) => {
      const name = nameOf(item);
      if (seen.has(name)) issues.addIssue({ code: 'custom', path: [index], message: `"${name}" is listed twice` });
      seen.add(name);
    });
  };
}
