'use client';

import { parseAsString, useQueryState } from 'nuqs';
import { DataTable } from '#charts/data-table.tsx';
import { StatusBadge } from '#components/ui/status.tsx';
import { useClock } from '#data/clock.tsx';
import { clusterLabel } from '#data/cluster.ts';
import { useSources } from '#data/hooks.ts';
import { age, format } from '#format/units.ts';
import { ViewHeader } from '#frame/view-header.tsx';
import { GuideText } from '#panel/empty-state.tsx';
import { Panel } from '#panel/panel.tsx';
import { sourceGuide } from './guide.ts';
import { Doors } from './panels/doors.tsx';
import { Found } from './panels/found.tsx';
import { countSources, type SourceRow, sourceRows } from './prepare.ts';

const ranks = { bad: 0, attention: 1, unknown: 2, ok: 3 } as const;

/** Do I get the data I think I get? Of every cluster: a source that sends nothing has no cluster to be chosen by. */
export function SourcesView() {
  const { nowMs } = useClock();
  const [selected, select] = useQueryState('source', parseAsString);
  const query = useSources();
  const rows = sourceRows(query.data, nowMs);
  return (
    <>
      <ViewHeader
        title="Sources"
        question="Do I get the data I think I get?"
        answer={query.data === undefined ? undefined : <Answer rows={rows} refused={refusedOf(query.data.doors)} />}
      />
      <div className="grid gap-3">
        <Panel
          title="Sources"
          note="Everything that the gateway reads or waits for, what is wrong first; all clusters"
          queries={[query]}
          empty={rows.length === 0}
          emptyText="No source is configured."
          metrics={[]}
          guide={sourceGuide}
          csv={() => ({
            header: ['state', 'receiver', 'source', 'cluster', 'address', 'last_sample', 'interval_seconds', 'error'],
            rows: rows.map((r) => [
              r.word,
              r.receiver,
              r.source,
              r.cluster,
              r.address,
              r.lastSampleAt === null ? null : new Date(r.lastSampleAt).toISOString(),
              r.intervalSeconds,
              r.lastError,
            ]),
          })}
        >
          <DataTable<SourceRow>
            label="Sources"
            rows={rows}
            rowKey={(row) => row.key}
            initialSort={{ key: 'state', descending: false }}
            selected={selected ?? undefined}
            onRow={(row) => void select(row.key === selected ? null : row.key)}
            maxHeight={520}
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
                value: (r) => `${r.source} ${r.receiver} ${r.address} ${r.lastError ?? ''}`,
                cell: (r) => <SourceCell row={r} />,
                wrap: true,
              },
              { key: 'receiver', title: 'Receiver', wide: true, value: (r) => r.receiver },
              { key: 'cluster', title: 'Cluster', wide: true, value: (r) => clusterLabel(r.cluster) },
              {
                key: 'age',
                title: 'Newest sample',
                align: 'right',
                value: (r) => r.ageMs,
                cell: (r) => (r.ageMs === null ? 'none' : `${age(r.ageMs)} ago`),
              },
              {
                key: 'interval',
                title: 'Interval',
                align: 'right',
                wide: true,
                value: (r) => r.intervalSeconds,
                cell: (r) => (r.intervalSeconds === null ? 'as sent' : format(r.intervalSeconds, 'seconds')),
              },
              {
                key: 'mend',
                title: 'How to mend it',
                wide: true,
                wrap: true,
                value: (r) => r.mend,
                cell: (r) => <span className="block max-w-96 text-xs text-ink-soft">{r.mend ?? ''}</span>,
              },
            ]}
          />
        </Panel>
        <div className="grid items-start gap-3 xl:grid-cols-2">
          <Doors query={query} />
          <Found />
        </div>
        <details className="rounded-lg border border-line bg-surface px-3.5 py-2.5 shadow-panel">
          <summary className="text-[13px] font-semibold">Connect another source</summary>
          <GuideText guide={sourceGuide} />
        </details>
      </div>
    </>
  );
}

function SourceCell({ row }: { row: SourceRow }) {
  return (
    <span className="block min-w-44 max-w-[34rem]">
      <span className="font-medium [overflow-wrap:anywhere]">{row.source}</span>
      <span className="block font-mono text-2xs text-ink-faint [overflow-wrap:anywhere]">{row.address}</span>
      {row.lastError !== null && (
        <span
          className={`block text-xs [overflow-wrap:anywhere] ${row.status === 'bad' ? 'text-bad' : 'text-ink-soft'}`}
        >
          {row.lastError}
        </span>
      )}
      {row.mend !== null && row.status !== 'ok' && (
        <span className="block text-xs text-ink-soft md:hidden">{row.mend}</span>
      )}
    </span>
  );
}

const refusedOf = (doors: readonly { refused: Readonly<Record<string, number>> }[]) =>
  doors.reduce((sum, { refused }) => sum + Object.values(refused).reduce((a, b) => a + b, 0), 0);

function Answer({ rows, refused }: { rows: readonly SourceRow[]; refused: number }) {
  const counts = countSources(rows);
  const wrong = rows.filter(({ status }) => status === 'bad' || status === 'attention');
  const oldest = rows
    .filter(({ status }) => status === 'ok')
    .reduce((most, { ageMs }) => Math.max(most, ageMs ?? 0), 0);
  return (
    <>
      <strong className="tabular">
        {counts.ok} of {rows.length}
      </strong>{' '}
      sources send{counts.ok > 0 && <>, the newest sample of each at most {age(oldest)} old</>}
      {counts.bad > 0 && `, ${counts.bad} ${counts.bad === 1 ? 'is' : 'are'} down`}
      {counts.attention > 0 && `, ${counts.attention} ${counts.attention === 1 ? 'needs' : 'need'} attention`}
      {counts.unknown > 0 && `, ${counts.unknown} ${counts.unknown === 1 ? 'waits' : 'wait'} for samples`}.{' '}
      {refused === 0 ? 'The doors refused nothing.' : `The doors refused ${format(refused, 'count')} samples.`}
      {wrong.length > 0 && (
        <span className="block text-[13px] text-ink-soft">
          {wrong
            .slice(0, 3)
            .map((row) => `${row.receiver}/${row.source}: ${row.lastError ?? row.word}`)
            .join(' · ')}
          {wrong.length > 3 && ` · and ${wrong.length - 3} more`}
        </span>
      )}
    </>
  );
}
