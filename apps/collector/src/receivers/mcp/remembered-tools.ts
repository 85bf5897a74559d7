import { mcpTool } from '@binnacle/shared/api/domain.ts';
import type { TelemetryRecord } from '@binnacle/shared/telemetry/records.ts';
import { digestOf } from './definition.ts';
import type { RememberedTool } from './inventory.ts';

/** Key of a tool's record. */
export function toolKey(server: string, tool: string): string {
  return `${server}/${tool}`;
}

/**
 * Tools of one server out of its records (newest first), the oldest first. Records with a broken body are left out: such
 * a tool is new again. So are those of another server whose name only begins alike ("a" and "a/b").
 */
export function rememberedTools(
  server: string,
  records: readonly TelemetryRecord[],
): { readonly tools: RememberedTool[]; readonly broken: number } {
  const tools: RememberedTool[] = [];
  let broken = 0;
  for (const { key, body } of records.toReversed()) {
    const parsed = mcpTool.safeParse(body);
    if (!parsed.success) {
      broken++;
      continue;
    }
    const { data } = parsed;
    if (data.server !== server || key !== toolKey(server, data.tool)) continue;
    try {
      // Digests anew: a digest that does not belong to the definition would look like a change without changed fields.
      const digest = digestOf(data.definition);
      const { firstDigest = firstOf(data.previous) ?? digest, changes = {} } = data;
      tools.push({ ...data, digest, firstDigest, changes });
    } catch {
      broken++;
    }
  }
  return { tools, broken };
}

/** Records of a version that kept no first digest: the definition before the last change is the oldest one known. */
function firstOf(previous: unknown): string | undefined {
  const parsed = mcpTool.shape.definition.safeParse(previous);
  return parsed.success ? digestOf(parsed.data) : undefined;
}
