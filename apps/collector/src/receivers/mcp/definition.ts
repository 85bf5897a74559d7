import { createHash } from 'node:crypto';
import type { McpTool } from '@binnacle/shared/api/domain.ts';
import { z } from 'zod';
import { canonicalJson } from './canonical-json.ts';

export type Definition = McpTool['definition'];

/** What a page of `tools/list` must have; fields that are not of the definition are dropped. */
export const toolsPage = z.object({
  tools: z.array(
    z.object({
      name: z.string().min(1).max(512),
      title: z.string().optional(),
      description: z.string().optional(),
      inputSchema: z.unknown(),
      outputSchema: z.unknown().optional(),
      annotations: z.unknown().optional(),
    }),
  ),
  nextCursor: z.string().nullish(),
});

/** The fields that a digest covers: everything a model is told of a tool. */
export const definitionFields = ['name', 'title', 'description', 'inputSchema', 'outputSchema', 'annotations'] as const;
export type DefinitionField = (typeof definitionFields)[number];

/** SHA-256, in hex, over the canonical JSON of the definition's fields. */
export function digestOf(definition: Definition): string {
  const covered = Object.fromEntries(definitionFields.map((field) => [field, definition[field]]));
  return createHash('sha256').update(canonicalJson(covered)).digest('hex');
}

/** Fields in which two definitions differ. */
export function changedFields(before: Definition, after: Definition): DefinitionField[] {
  return definitionFields.filter((field) => canonicalJson(before[field]) !== canonicalJson(after[field]));
}
