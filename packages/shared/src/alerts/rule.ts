import { z } from 'zod';
import { parseTemplate } from './template.ts';

/** Severities, the least first. */
export const severities = ['info', 'warning', 'critical'] as const;
export type Severity = (typeof severities)[number];

/** Layers of the house that a rule can belong to; also the groups of `/api/v1/rules`. */
export const layers = ['gpu', 'fabric', 'scheduler', 'serving', 'drift', 'mcp', 'pipelines', 'collector'] as const;
export type Layer = (typeof layers)[number];

const template = z
  .string()
  .max(4000)
  .superRefine((text, context) => {
    try {
      parseTemplate(text);
    } catch (error) {
      context.addIssue({ code: 'custom', message: error instanceof Error ? error.message : 'The template is wrong.' });
    }
  });
const labelName = z
  .string()
  .regex(/^[a-zA-Z_][a-zA-Z0-9_]*$/, 'A label name has letters, digits and _, and no digit first.');
const reserved = new Set(['alertname', '__name__', 'severity']);

/** A rule as a person saves it. That `expr` is PromQL is for the gateway to say. */
export const alertRuleInput = z.strictObject({
  name: z.string().trim().min(1).max(120),
  layer: z.enum(layers),
  expr: z.string().trim().min(1).max(8000),
  forSeconds: z
    .int()
    .min(0)
    .max(86_400 * 7),
  intervalSeconds: z.int().min(5).max(3600),
  severity: z.enum(severities),
  labels: z
    .record(labelName, template)
    .refine(
      (labels) => !Object.keys(labels).some((name) => reserved.has(name)),
      'alertname, severity and __name__ are set by the rule itself.',
    ),
  /** Known names: summary, description, page (path of a page), runbook. */
  annotations: z.record(labelName, template),
  enabled: z.boolean(),
});
export type AlertRuleInput = z.infer<typeof alertRuleInput>;
