'use client';

import { Bar } from '#charts/bar.tsx';
import { DataTable } from '#charts/data-table.tsx';
import { StatusBadge } from '#components/ui/status.tsx';
import type { QueryState } from '#data/query-state.ts';
import { format } from '#format/units.ts';
import { Panel } from '#panel/panel.tsx';
import { mcpGuide } from '../guide.ts';
import { type ToolRow, type WindowKey, windows } from '../prepare.ts';

/** Every tool by what its definition costs. */
export function ToolTable({
  rows,
  window,
  query,
  selected,
  onSelect,
  colorOf,
}: {
  rows: readonly ToolRow[];
  window: WindowKey;
  query: QueryState<unknown>;
  selected: string | null;
  onSelect: (id: string) => void;
  colorOf: (server: string) => string;
}) {
  const dearest = rows[0]?.tokens ?? 1;
  const share = (row: ToolRow) => row.tokens / windows[window];
  return (
    <Panel
      title="Tools by tokens"
      note={`Share of a window of ${windows[window].toLocaleString('en')} tokens`}
      queries={[query]}
      empty={rows.length === 0}
      metrics={['binnacle_mcp_tool_tokens']}
      guide={mcpGuide}
      csv={() => ({
        header: ['server', 'tool', 'tokens', 'share of window', 'as first seen or approved'],
        rows: rows.map((r) => [r.server, r.tool, r.tokens, share(r), r.pinned === null ? null : String(r.pinned)]),
      })}
    >
      <DataTable<ToolRow>
        label="Tools"
        rows={rows}
        rowKey={(row) => row.id}
        selected={selected ?? undefined}
        onRow={(row) => onSelect(row.id)}
        initialSort={{ key: 'tokens', descending: true }}
        maxHeight={470}
        columns={[
          {
            key: 'tool',
            title: 'Tool',
            value: (r) => `${r.server} ${r.tool}`,
            cell: (r) => (
              <span className="flex items-center gap-1.5">
                <span
                  aria-hidden
                  className="size-2.5 shrink-0 rounded-sm"
                  style={{ background: colorOf(r.server) }}
                  title={r.server}
                />
                <button type="button" className="rounded text-accent hover:underline" onClick={() => onSelect(r.id)}>
                  {r.tool}
                </button>
                <span className="text-xs text-ink-faint max-md:hidden">{r.server}</span>
              </span>
            ),
          },
          {
            key: 'tokens',
            title: 'Tokens',
            align: 'right',
            value: (r) => r.tokens,
            cell: (r) => (
              <span className="inline-flex items-center gap-2">
                <Bar share={r.tokens / dearest} color={colorOf(r.server)} className="w-16 max-md:hidden" />
                <span className="w-12">{r.tokens.toLocaleString('en')}</span>
              </span>
            ),
          },
          {
            key: 'share',
            title: 'Of window',
            wide: true,
            align: 'right',
            value: share,
            cell: (r) => format(share(r), 'ratio'),
          },
          {
            key: 'state',
            title: 'Definition',
            hint: 'Whether it equals the one first seen, or the approved one where a pin is configured',
            value: (r) => (r.pinned === null ? null : r.pinned ? 'unchanged' : 'changed'),
            cell: (r) =>
              r.pinned === null ? (
                <StatusBadge status="unknown">unknown</StatusBadge>
              ) : r.pinned ? (
                <StatusBadge status="ok">unchanged</StatusBadge>
              ) : (
                <StatusBadge status="bad">changed</StatusBadge>
              ),
          },
        ]}
      />
    </Panel>
  );
}
