'use client';

import type { FreshnessAnswer } from '@binnacle/shared/api/freshness.ts';
import { DataTable } from '#charts/data-table.tsx';
import { StatusBadge } from '#components/ui/status.tsx';
import { useClock } from '#data/clock.tsx';
import { useInstant } from '#data/hooks.ts';
import type { QueryState } from '#data/query-state.ts';
import { age, format } from '#format/units.ts';
import { Panel } from '#panel/panel.tsx';
import { agentGuide, freshnessGuide } from '../guide.ts';
import { type AgentRow, agentRows, type DoorRefusal, doorRefusals } from '../prepare.ts';
import * as ask from '../queries.ts';
import { reasonText } from '../reasons.ts';

const free = { free: true } as const;

/** Requests turned away before anything of them was looked at: they belong to no source. */
export function DoorRefusals({ freshness }: { freshness: QueryState<FreshnessAnswer> }) {
  const instance = freshness.data?.instance;
  const query = useInstant(ask.doorRefusals(instance), { free: true, enabled: instance !== undefined });
  const rows = doorRefusals(query.data?.samples ?? []);
  return (
    <Panel
      title="Requests refused at the doors"
      note="In this time range, by door and error code; whose they were is not known"
      queries={[freshness, query]}
      empty={rows.length === 0}
      emptyText="The doors turned nothing away in this time range."
      metrics={[]}
      guide={freshnessGuide}
      minHeight={120}
      csv={() => ({ header: ['door', 'code', 'requests'], rows: rows.map((r) => [r.door, r.code, r.count]) })}
    >
      <DataTable<DoorRefusal>
        label="Requests refused at the doors"
        rows={rows}
        rowKey={(row) => row.key}
        initialSort={{ key: 'count', descending: true }}
        maxHeight={320}
        columns={[
          { key: 'door', title: 'Door', value: (r) => r.door, wrap: true },
          {
            key: 'code',
            title: 'Why',
            value: (r) => r.code,
            wrap: true,
            cell: (r) => (
              <span className="block max-w-96">
                {reasonText(r.code).title}
                <span className="block text-xs text-ink-soft">{reasonText(r.code).mend}</span>
              </span>
            ),
          },
          {
            key: 'count',
            title: 'Requests',
            align: 'right',
            value: (r) => r.count,
            cell: (r) => format(r.count, 'count'),
          },
        ]}
      />
    </Panel>
  );
}

/** What agents hold back, as they told of themselves. */
export function Agents() {
  const { nowMs } = useClock();
  const queries = {
    seen: useInstant(ask.agents.seen, free),
    started: useInstant(ask.agents.started, free),
    buffer: useInstant(ask.agents.buffer, free),
    oldest: useInstant(ask.agents.oldest, free),
    onDisk: useInstant(ask.agents.onDisk, free),
    forwarded: useInstant(ask.agents.forwarded, free),
    refused: useInstant(ask.agents.refused, free),
    lost: useInstant(ask.agents.lost, free),
  };
  const rows = agentRows(
    Object.fromEntries(
      Object.entries(queries).map(([name, query]) => [name, query.data?.samples ?? []]),
    ) as unknown as Parameters<typeof agentRows>[0],
    nowMs,
  );
  return (
    <Panel
      title="Agents"
      note="What they have read and not yet handed over, as they told of themselves in the last five minutes"
      queries={Object.values(queries)}
      empty={rows.length === 0}
      emptyText="No agent has told of itself in the last five minutes."
      metrics={[]}
      guide={agentGuide}
      minHeight={120}
      csv={() => ({
        header: ['agent', 'state', 'last_word_seconds', 'buffer_bytes', 'oldest_seconds', 'forwarded_per_second'],
        rows: rows.map((r) => [
          r.key,
          r.word,
          r.seenAgeMs / 1000,
          r.bufferBytes,
          r.oldestSeconds,
          r.forwardedPerSecond,
        ]),
      })}
    >
      <DataTable<AgentRow>
        label="Agents"
        rows={rows}
        rowKey={(row) => row.key}
        maxHeight={320}
        columns={[
          {
            key: 'state',
            title: 'State',
            value: (r) => r.word,
            cell: (r) => <StatusBadge status={r.status}>{r.word}</StatusBadge>,
          },
          {
            key: 'agent',
            title: 'Agent',
            wrap: true,
            value: (r) => r.key,
            cell: (r) => (
              <span className="block min-w-28">
                <span className="font-medium [overflow-wrap:anywhere]">{r.key}</span>
                <span className="block text-2xs text-ink-faint">
                  {r.onDisk === null
                    ? 'where its buffer lies is not known'
                    : r.onDisk
                      ? 'buffer on disk'
                      : 'buffer in memory: a restart loses it'}
                </span>
              </span>
            ),
          },
          {
            key: 'buffer',
            title: 'Waiting',
            align: 'right',
            value: (r) => r.bufferBytes,
            cell: (r) => format(r.bufferBytes, 'bytes'),
          },
          {
            key: 'oldest',
            title: 'Oldest',
            align: 'right',
            value: (r) => r.oldestSeconds,
            cell: (r) =>
              r.oldestSeconds === null ? (r.bufferBytes === 0 ? 'none' : '–') : format(r.oldestSeconds, 'seconds'),
          },
          {
            key: 'forwarded',
            title: 'Forwarded',
            align: 'right',
            wide: true,
            value: (r) => r.forwardedPerSecond,
            cell: (r) => format(r.forwardedPerSecond, 'perSecond'),
          },
          {
            key: 'lost',
            title: 'Not taken',
            hint: 'Refused by its full buffer, and refused by the gateway for good, in this time range',
            align: 'right',
            wide: true,
            value: (r) => r.lost + r.refused,
            cell: (r) => (r.lost + r.refused === 0 ? 'none' : format(r.lost + r.refused, 'count')),
          },
          {
            key: 'seen',
            title: 'Last word',
            align: 'right',
            wide: true,
            value: (r) => r.seenAgeMs,
            cell: (r) => `${age(r.seenAgeMs)} ago`,
          },
        ]}
      />
    </Panel>
  );
}
