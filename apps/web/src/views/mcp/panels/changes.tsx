'use client';

import { DataTable } from '#charts/data-table.tsx';
import { StatusBadge } from '#components/ui/status.tsx';
import { useClock } from '#data/clock.tsx';
import type { QueryState } from '#data/query-state.ts';
import { age } from '#format/units.ts';
import { Panel } from '#panel/panel.tsx';
import { mcpGuide } from '../guide.ts';
import { changeWords, type ToolChange } from '../prepare.ts';

/** Definitions that changed, went or came back since the collector first saw them. */
export function Changes({
  changes,
  pins,
  query,
  selected,
  onSelect,
}: {
  changes: readonly ToolChange[];
  pins: ReadonlyMap<string, boolean | null>;
  query: QueryState<unknown>;
  selected: string | null;
  onSelect: (id: string) => void;
}) {
  const { nowMs } = useClock();
  return (
    <Panel
      title="Changed definitions"
      note="The last change of each tool, newest first; pins in the configuration say which definition is approved"
      queries={[query]}
      empty={changes.length === 0}
      {...(pins.size > 0 ? { emptyIsGood: 'No definition changed since the collector first saw it.' } : {})}
      metrics={['binnacle_mcp_tool_pinned']}
      guide={mcpGuide}
      minHeight={120}
      csv={() => ({
        header: ['server', 'tool', 'changed', 'what'],
        rows: changes.map((c) => [c.server, c.tool, new Date(c.changedAt).toISOString(), changeWords(c)]),
      })}
    >
      <DataTable<ToolChange>
        label="Changed definitions"
        rows={changes}
        rowKey={(change) => change.id}
        selected={selected ?? undefined}
        onRow={(change) => onSelect(change.id)}
        columns={[
          {
            key: 'tool',
            title: 'Tool',
            value: (c) => `${c.id} ${changeWords(c)}`,
            cell: (c) => (
              <button
                type="button"
                className="rounded text-left text-accent hover:underline"
                onClick={() => onSelect(c.id)}
              >
                {c.tool}
                <span className="block text-xs text-ink-faint">
                  {c.server}: {changeWords(c)}
                </span>
              </button>
            ),
          },
          {
            key: 'state',
            title: 'Now',
            value: (c) => (c.removed ? 'gone' : String(pins.get(c.id) ?? null)),
            cell: (c) => {
              const pinned = pins.get(c.id) ?? null;
              if (c.removed) return <StatusBadge status="attention">gone</StatusBadge>;
              if (pinned === null) return <StatusBadge status="unknown">unknown</StatusBadge>;
              return pinned ? (
                <StatusBadge status="ok">as first seen</StatusBadge>
              ) : (
                <StatusBadge status="bad">not approved</StatusBadge>
              );
            },
          },
          {
            key: 'at',
            title: 'When',
            align: 'right',
            value: (c) => c.changedAt,
            cell: (c) => (
              <span title={new Date(c.changedAt).toLocaleString('en-GB')}>{age(nowMs - c.changedAt)} ago</span>
            ),
          },
        ]}
      />
    </Panel>
  );
}
