'use client';

import { DataTable } from '#charts/data-table.tsx';
import { StatusBadge } from '#components/ui/status.tsx';
import type { RangeAnswer } from '#data/prometheus.ts';
import type { QueryState } from '#data/query-state.ts';
import { Panel } from '#panel/panel.tsx';
import { gpuGuide } from '../guide.ts';
import { type XidEvent, xidEvents } from '../prepare.ts';
import { xidMetric } from '../queries.ts';
import { xidCodes } from '../xid-codes.ts';

const moment = (ms: number) => new Date(ms).toLocaleString('en-GB', { dateStyle: 'medium', timeStyle: 'medium' });

/** Health events that the driver reported, each with what it means and what to do. */
export function XidTable({ query, onSelect }: { query: QueryState<RangeAnswer>; onSelect: (gpu: string) => void }) {
  const events = query.data === undefined ? [] : xidEvents(query.data);
  return (
    <Panel
      title="XID events"
      note="Errors that the NVIDIA driver reported, newest first"
      queries={[query]}
      empty={events.length === 0}
      emptyIsGood="No XID in this time range."
      metrics={[xidMetric]}
      guide={gpuGuide}
      minHeight={120}
      csv={() => ({
        header: ['seen', 'node', 'gpu', 'xid', 'message'],
        rows: events.map((e) => [new Date(e.seenAt).toISOString(), e.node, e.gpu, e.code, e.message]),
      })}
    >
      <DataTable<XidEvent>
        label="XID events"
        rows={events}
        rowKey={(event) => `${event.node}/${event.gpu} ${event.code} ${event.seenAt}`}
        initialSort={{ key: 'seen', descending: true }}
        onRow={(event) => onSelect(`${event.node}/${event.gpu}`)}
        columns={[
          {
            key: 'seen',
            title: 'Seen',
            value: (e) => e.seenAt,
            cell: (e) => (
              <span className="whitespace-nowrap tabular">{e.before ? 'before the range' : moment(e.seenAt)}</span>
            ),
          },
          {
            key: 'gpu',
            title: 'GPU',
            value: (e) => `${e.node} GPU ${e.gpu}`,
            cell: (e) => (
              <button
                type="button"
                className="whitespace-nowrap rounded text-accent hover:underline"
                onClick={() => onSelect(`${e.node}/${e.gpu}`)}
              >
                {e.node} GPU {e.gpu}
              </button>
            ),
          },
          { key: 'code', title: 'XID', align: 'right', value: (e) => e.code },
          {
            key: 'meaning',
            title: 'Meaning',
            wrap: true,
            value: (e) => xidCodes[e.code]?.meaning ?? e.message ?? 'not in our table: see NVIDIA’s XID list',
          },
          {
            key: 'state',
            title: 'State',
            value: (e) => (e.clearedAt === null ? 'standing' : 'cleared'),
            cell: (e) =>
              e.clearedAt === null ? (
                <StatusBadge status="bad">standing</StatusBadge>
              ) : (
                <StatusBadge status="ok">cleared</StatusBadge>
              ),
          },
          {
            key: 'action',
            title: 'What to do',
            wide: true,
            wrap: true,
            value: (e) => xidCodes[e.code]?.action ?? null,
          },
        ]}
      />
    </Panel>
  );
}
