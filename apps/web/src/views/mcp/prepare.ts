import { type McpTool, mcpTool } from '@binnacle/shared/api/domain.ts';
import { commonWindows } from '@binnacle/shared/models/context-budget.ts';
import type { Sample } from '#data/prometheus.ts';
import { type DiffPart, lineDiff, wordDiff } from '#format/word-diff.ts';

/** Context windows to compare with, by the key in the URL. */
export const windows = {
  '32k': commonWindows[0],
  '128k': commonWindows[1],
  '200k': commonWindows[2],
  '1M': commonWindows[3],
};
export type WindowKey = keyof typeof windows;
export const windowKeys = Object.keys(windows) as WindowKey[];

export interface ToolRow {
  /** `server/tool` */
  readonly id: string;
  readonly server: string;
  readonly tool: string;
  readonly tokens: number;
  /** Whether the definition is the one that was first seen or approved; null where that is not known. */
  readonly pinned: boolean | null;
}

/** Tools that the servers list now, the dearest first. */
export function toolRows(samples: readonly Sample[]): ToolRow[] {
  const pins = new Map<string, number>();
  const rows: ToolRow[] = [];
  for (const { labels, value } of samples) {
    const { __name__: metric, server = '', tool } = labels;
    if (tool === undefined || !Number.isFinite(value)) continue;
    const id = `${server}/${tool}`;
    if (metric === 'binnacle_mcp_tool_pinned') pins.set(id, value);
    else if (metric === 'binnacle_mcp_tool_tokens') rows.push({ id, server, tool, tokens: value, pinned: null });
  }
  return rows
    .map((row) => {
      const pin = pins.get(row.id);
      return { ...row, pinned: pin === undefined ? null : pin === 1 };
    })
    .sort((a, b) => b.tokens - a.tokens || (a.id < b.id ? -1 : 1));
}

/** Servers that are configured for the cluster but listed nothing lately: the sum is a lower bound without them. */
export function unlistedServers(
  rows: readonly ToolRow[],
  samples: readonly Sample[],
  sources: readonly { readonly receiver: string; readonly source: string; readonly cluster: string }[],
  cluster: string | undefined,
): string[] {
  const listed = new Set(rows.map((row) => row.server));
  // A server that answered and offers no tools costs nothing, and that is known.
  for (const { labels } of samples)
    if (labels.__name__ === 'binnacle_mcp_server_info' && labels.server !== undefined) listed.add(labels.server);
  const mine = sources.filter((s) => s.receiver === 'mcp' && (cluster === undefined || s.cluster === cluster));
  return [...new Set(mine.map((s) => s.source))].filter((server) => !listed.has(server)).sort();
}

/** A tool whose definition changed, came back or went, from its newest record. */
export interface ToolChange {
  readonly id: string;
  readonly server: string;
  readonly tool: string;
  /** ms since 1970 */
  readonly changedAt: number;
  readonly firstSeenAt: number;
  readonly removed: boolean;
  readonly tokens: number;
  readonly fields: readonly FieldDiff[];
  readonly fieldNames: readonly string[];
}

export interface FieldDiff {
  readonly field: string;
  /** Code is compared line by line, prose word by word. */
  readonly code: boolean;
  readonly parts: readonly DiffPart[];
}

const prose = new Set(['name', 'title', 'description']);

function fieldText(definition: unknown, field: string): string {
  const value =
    typeof definition === 'object' && definition !== null ? (definition as Record<string, unknown>)[field] : undefined;
  if (value === undefined) return '';
  return typeof value === 'string' ? value : JSON.stringify(value, null, 2);
}

/** The fields that changed, each compared with what it was. Nothing where the definition before is not known. */
export function fieldDiffs(record: Pick<McpTool, 'changedFields' | 'previous' | 'definition'>): FieldDiff[] {
  if (record.previous === null) return [];
  return record.changedFields.map((field) => {
    const [before, after] = [fieldText(record.previous, field), fieldText(record.definition, field)];
    const code = !prose.has(field);
    return { field, code, parts: code ? lineDiff(before, after) : wordDiff(before, after) };
  });
}

/** Changes, the newest first; tools that are as they were when first seen are left out. */
export function toolChanges(records: readonly { readonly body: unknown }[]): ToolChange[] {
  return records
    .flatMap(({ body }) => {
      const parsed = mcpTool.safeParse(body);
      if (!parsed.success || parsed.data.changedAt === null) return [];
      const { server, tool, changedAt, firstSeenAt, removed, tokens, changedFields } = parsed.data;
      return [
        {
          id: `${server}/${tool}`,
          server,
          tool,
          changedAt,
          firstSeenAt,
          removed,
          tokens,
          fields: fieldDiffs(parsed.data),
          fieldNames: changedFields,
        },
      ];
    })
    .sort((a, b) => b.changedAt - a.changedAt);
}

/** What happened to a tool, in words. */
export function changeWords({ removed, fieldNames }: Pick<ToolChange, 'removed' | 'fieldNames'>): string {
  if (removed) return 'removed';
  return fieldNames.length === 0 ? 'came back' : `${fieldNames.join(', ')} changed`;
}

/** Phrases that address the model, or hide something from the user: quoted from text that came with a change. */
const suspicious =
  /<\/?important>|do not (?:mention|tell|inform)[^.;<]*|without (?:telling|asking|informing)[^.;<]*|ignore (?:all |any )?previous[^.;<]*|(?:~\/|\/)\.?(?:ssh|aws|env|config)\b[^\s;,)]*/giu;

/** Quotes from what a change added that read like instructions to the model. Empty is no proof of harmlessness. */
export function suspiciousQuotes(fields: readonly FieldDiff[]): string[] {
  const added = fields.flatMap(({ parts }) => parts.filter((part) => part.kind === 'added').map((part) => part.text));
  return [...new Set(added.flatMap((text) => text.match(suspicious) ?? []).map((quote) => quote.trim()))];
}
