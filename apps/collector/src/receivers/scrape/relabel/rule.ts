import { z } from 'zod';
import { AnchoredRegex } from './anchored-regex.ts';

export const relabelActions = [
  'replace',
  'keep',
  'drop',
  'keepequal',
  'dropequal',
  'hashmod',
  'labelmap',
  'labeldrop',
  'labelkeep',
  'lowercase',
  'uppercase',
] as const;

export type RelabelAction = (typeof relabelActions)[number];

const labelName = /^[a-zA-Z_][a-zA-Z0-9_]*$/;
/** A label name that groups of the match may be part of. */
const labelTemplate = /^(?:[a-zA-Z_]|\$(?:\{\w+\}|\w+))(?:\w|\$(?:\{\w+\}|\w+))*$/;

const needTarget: ReadonlySet<string> = new Set([
  'replace',
  'hashmod',
  'lowercase',
  'uppercase',
  'keepequal',
  'dropequal',
]);
const defaultRegex = '(.*)';

/**
 * One entry of `relabel_configs` or `metric_relabel_configs`, with Prometheus' names, defaults and checks
 * (prometheus.io/docs/prometheus/latest/configuration/configuration/#relabel_config).
 */
export const relabelRule = z
  .strictObject({
    source_labels: z
      .array(z.string().min(1))
      .max(256)
      .default([])
      .describe('Labels whose values are joined with the separator and matched.'),
    separator: z.string().default(';').describe('Stands between the joined values; default `;`.'),
    target_label: z
      .string()
      .default('')
      .describe('Label that is written, or compared with; `$1` in it is a group of the match.'),
    regex: z
      .union([z.string(), z.number(), z.boolean()])
      .transform(String)
      .default(defaultRegex)
      .describe('RE2 expression, matched in full; default `(.*)`.'),
    modulus: z.int().min(1).optional().describe('For hashmod: the hash is taken modulo this.'),
    replacement: z
      .union([z.string(), z.number(), z.boolean()])
      .transform(String)
      .default('$1')
      .describe('What is written; `$1` and `$name` are groups of the match; default `$1`.'),
    action: z
      .string()
      .transform((text) => text.toLowerCase())
      .pipe(z.enum(relabelActions))
      .default('replace')
      .describe(`${relabelActions.join(', ')}; default replace.`),
  })
  .superRefine((rule, issues) => {
    const complain = (path: string, message: string) => issues.addIssue({ code: 'custom', path: [path], message });
    const { action, target_label: target } = rule;
    try {
      new AnchoredRegex(rule.regex);
    } catch (error) {
      complain('regex', `not a regular expression of RE2: ${(error as Error).message.split('\n', 1)[0]}`);
    }
    if (needTarget.has(action) && target === '') complain('target_label', `${action} needs a target_label`);
    else if (action === 'replace' && target !== '' && !labelTemplate.test(target))
      complain('target_label', `"${target}" is not a label name`);
    else if (target !== '' && action !== 'replace' && !labelName.test(target))
      complain('target_label', `"${target}" is not a label name`);
    if (action === 'hashmod' && rule.modulus === undefined) complain('modulus', 'hashmod needs a modulus');
    if (action === 'labelmap' && !labelTemplate.test(rule.replacement))
      complain('replacement', `"${rule.replacement}" is not a label name`);
    if (action === 'labeldrop' || action === 'labelkeep') {
      const more =
        rule.source_labels.length > 0 ||
        target !== '' ||
        rule.modulus !== undefined ||
        rule.separator !== ';' ||
        rule.replacement !== '$1';
      if (more) complain('action', `${action} takes only regex`);
    }
    if (action === 'keepequal' || action === 'dropequal') {
      const more =
        rule.regex !== defaultRegex ||
        rule.modulus !== undefined ||
        rule.separator !== ';' ||
        rule.replacement !== '$1';
      if (more) complain('action', `${action} takes only source_labels and target_label`);
    }
  });

export type RelabelRule = z.infer<typeof relabelRule>;
