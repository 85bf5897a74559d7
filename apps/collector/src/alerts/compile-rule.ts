import type { AlertRule } from '@binnacle/db/generated/prisma/client.ts';
import { parseTemplate, type Template } from '@binnacle/shared/alerts/template.ts';

/** A rule ready to be evaluated. */
export interface CompiledRule {
  readonly id: string;
  readonly name: string;
  readonly layer: string;
  readonly severity: string;
  readonly expr: string;
  readonly forMs: number;
  readonly intervalMs: number;
  readonly enabled: boolean;
  readonly labels: ReadonlyArray<readonly [string, Template]>;
  readonly annotations: ReadonlyArray<readonly [string, Template]>;
  /** As written, for the rules answer. */
  readonly labelTexts: Readonly<Record<string, string>>;
  readonly annotationTexts: Readonly<Record<string, string>>;
  readonly lastEvaluatedAtMs: number | null;
}

/** Parses the templates of a rule; throws `bad_request` when one is wrong, which saving a rule should have refused. */
export function compileRule(row: AlertRule): CompiledRule {
  const labelTexts = row.labels as Record<string, string>;
  const annotationTexts = row.annotations as Record<string, string>;
  const compile = (texts: Record<string, string>) =>
    Object.entries(texts).map(([name, text]) => [name, parseTemplate(text)] as const);
  return {
    id: row.id,
    name: row.name,
    layer: row.layer,
    severity: row.severity,
    expr: row.expr,
    forMs: row.forSeconds * 1000,
    intervalMs: row.intervalSeconds * 1000,
    enabled: row.enabled,
    labels: compile(labelTexts),
    annotations: compile(annotationTexts),
    labelTexts,
    annotationTexts,
    lastEvaluatedAtMs: row.lastEvaluatedAt?.getTime() ?? null,
  };
}
