'use client';

import type { FreshnessAnswer } from '@binnacle/shared/api/freshness.ts';
import { DataTable } from '#charts/data-table.tsx';
import { StatusBadge } from '#components/ui/status.tsx';
import { clusterLabel } from '#data/cluster.ts';
import type { QueryState } from '#data/query-state.ts';
import { age, format } from '#format/units.ts';
import { Panel } from '#panel/panel.tsx';
import { freshnessGuide } from '../guide.ts';
import type { SourceRow } from '../prepare.ts';
import { reasonText } from '../reasons.ts';

const ranks = { bad: 0, attention: 1, unknown: 2, ok: 3 } as const;

/** Every source and every sender at a door: state, ages, rates, clock. A name opens what is known of it. */
export function SourceTable({
  query,
  rows,
  selected,
  onSelect,
}: {
  query: QueryState<FreshnessAnswer>;
  rows: readonly SourceRow[];
  selected: string | null;
  onSelect: (key: string) => void;
}) {
  const leftOut = query.data?.leftOut ?? 0;
  return (
    <Panel
      title="Freshness by source"
      note={
        leftOut > 0
          ? `What is wrong first; all clusters. ${format(leftOut, 'count')} that sent most recently are left out.`
          : 'Every source and every sender at a door, what is wrong first; all clusters'
      }
      queries={[query]}
      empty={rows.length === 0}
      emptyText="No source is configured, and nothing has been sent."
      metrics={[]}
      guide={freshnessGuide}
      csv={() => ({
        header: [
          'state',
          'receiver',
          'source',
          'sender',
          'cluster',
          'last_sample',
          'last_arrival',
          'accepted_per_second',
          'refused_per_second',
          'newest_refusal',
          'lag_seconds',
          'active_series',
        ],
        rows: rows.map((r) => [
          r.word,
          r.receiver,
          r.source,
          r.sender,
          r.cluster,
          iso(r.lastSampleAt),
          iso(r.lastArrivalAt),
          r.acceptedPerSecond,
          r.refusedPerSecond,
          r.topReason,
          r.lagMs === null ? null : r.lagMs / 1000,
          r.activeSeries,
        ]),
      })}
    >
      <DataTable<SourceRow>
        label="Freshness by source"
        rows={rows}
        rowKey={(row) => row.key}
        filterFrom={2}
        initialSort={{ key: 'state', descending: false }}
        selected={selected ?? undefined}
        onRow={(row) => onSelect(row.key)}
        maxHeight={560}
        columns={[
          {
            key: 'state',
            title: 'State',
            value: (r) => `${ranks[r.status]} ${r.word}`,
            cell: (r) => <StatusBadge status={r.status}>{r.word}</StatusBadge>,
          },
          {
            key: 'source',
            title: 'Source',
            value: (r) => `${r.receiver} ${r.name} ${r.source} ${clusterLabel(r.cluster)} ${r.address ?? ''}`,
            cell: (r) => <SourceCell row={r} onSelect={onSelect} />,
            wrap: true,
          },
          {
            key: 'age',
            title: 'Newest sample',
            hint: 'Age of the newest sample taken in, by its own clock',
            align: 'right',
            value: (r) => r.sampleAgeMs,
            cell: (r) =>
              r.sampleAgeMs === null
                ? 'none'
                : r.sampleAgeMs < -1000
                  ? `in ${age(-r.sampleAgeMs)}`
                  : `${age(r.sampleAgeMs)} ago`,
          },
          {
            key: 'rate',
            title: 'Accepted',
            hint: 'Samples per second over the last minute',
            align: 'right',
            value: (r) => r.acceptedPerSecond,
            cell: (r) => format(r.acceptedPerSecond, 'perSecond'),
          },
          {
            key: 'refused',
            title: 'Refused',
            hint: 'Samples per second over the last minute, with the newest reason',
            align: 'right',
            value: (r) => (r.topReason === null ? 0 : (r.refusedPerSecond ?? 0)),
            cell: (r) => <RefusedCell row={r} />,
          },
          {
            key: 'clock',
            title: 'Clock',
            hint: 'Arrival less newest sample time: ahead is a wrong clock, late is a wrong clock or a delay',
            align: 'right',
            wide: true,
            value: (r) => r.clock.offSeconds,
            cell: (r) => (
              <span
                title={r.clock.sentence}
                className={
                  r.clock.status === 'attention'
                    ? 'text-attention'
                    : r.clock.status === 'unknown'
                      ? 'text-ink-faint'
                      : ''
                }
              >
                {r.clock.word}
              </span>
            ),
          },
          {
            key: 'series',
            title: 'Series',
            hint: 'Series written within the last hour or two; those of senders count at their door',
            align: 'right',
            wide: true,
            value: (r) => r.activeSeries,
            cell: (r) => (r.activeSeries === null ? '–' : format(r.activeSeries, 'count')),
          },
        ]}
      />
    </Panel>
  );
}

const iso = (ms: number | null) => (ms === null ? null : new Date(ms).toISOString());

function SourceCell({ row, onSelect }: { row: SourceRow; onSelect: (key: string) => void }) {
  const detail =
    row.kind === 'sender'
      ? `sender at the door of ${row.receiver}`
      : row.kind === 'door'
        ? `door of ${row.receiver}, all senders${row.address === null ? '' : `: ${row.address}`}`
        : row.kind === 'self'
          ? 'the gateway’s own metrics'
          : `${row.receiver}${row.cluster === '' ? '' : `, cluster ${row.cluster}`}`;
  return (
    <span className="block min-w-36 max-w-[34rem]">
      <button
        type="button"
        aria-haspopup="dialog"
        className="rounded text-left font-medium [overflow-wrap:anywhere] hover:underline"
        onClick={(event) => {
          event.stopPropagation();
          onSelect(row.key);
        }}
      >
        {row.name}
      </button>
      <span className="block text-2xs text-ink-faint [overflow-wrap:anywhere]">{detail}</span>
      {row.status !== 'ok' && row.word !== 'waiting' && (
        <span
          className={`block text-xs [overflow-wrap:anywhere] ${row.status === 'bad' ? 'text-bad' : 'text-ink-soft'}`}
        >
          {row.sentence}
        </span>
      )}
    </span>
  );
}

function RefusedCell({ row }: { row: SourceRow }) {
  if (row.topReason === null) return <span className="text-ink-faint">none</span>;
  const now = (row.refusedPerSecond ?? 0) > 0;
  return (
    <span className={now ? 'text-attention' : 'text-ink-soft'}>
      {now ? format(row.refusedPerSecond, 'perSecond') : 'not now'}
      <span className="block max-w-40 whitespace-normal text-2xs" title={reasonText(row.topReason).title}>
        {row.topReason.replaceAll('_', ' ')}
      </span>
    </span>
  );
}
