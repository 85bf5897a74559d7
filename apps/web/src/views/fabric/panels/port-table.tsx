'use client';

import { Bar } from '#charts/bar.tsx';
import { DataTable } from '#charts/data-table.tsx';
import { StatusBadge } from '#components/ui/status.tsx';
import type { QueryState } from '#data/query-state.ts';
import { format } from '#format/units.ts';
import { Panel } from '#panel/panel.tsx';
import { portGuide } from '../guide.ts';
import { type PortRow, stateName } from '../prepare.ts';
import { stateMetric } from '../queries.ts';

function Throughput({ value, rate }: { value: number | null; rate: number | null }) {
  return (
    <span className="inline-flex items-center justify-end gap-2 whitespace-nowrap">
      <Bar share={value === null || rate === null || rate === 0 ? null : value / rate} className="w-14 max-md:hidden" />
      <span className="min-w-16">{format(value, 'bytesPerSecond')}</span>
    </span>
  );
}

/** Every port, worst first, with the reason. */
export function PortTable({
  rows,
  queries,
  selected,
  onSelect,
}: {
  rows: readonly PortRow[];
  queries: readonly QueryState<unknown>[];
  selected: string | null;
  onSelect: (row: PortRow) => void;
}) {
  return (
    <Panel
      title="Ports"
      note="Worst first; events are counted over the time range"
      queries={queries}
      empty={rows.length === 0}
      metrics={[stateMetric]}
      guide={portGuide}
      csv={() => ({
        header: [
          'node',
          'device',
          'port',
          'status',
          'reason',
          'state',
          'rate_bytes_per_second',
          'transmit',
          'receive',
          'downed',
          'errors',
          'wait_ticks_per_second',
        ],
        rows: rows.map((r) => [
          r.instance,
          r.device,
          r.port,
          r.status,
          r.reason,
          stateName(r.stateId),
          r.rate,
          r.transmit,
          r.receive,
          r.downed,
          r.errors,
          r.wait,
        ]),
      })}
    >
      <DataTable<PortRow>
        label="Ports"
        rows={rows}
        rowKey={(row) => row.key}
        {...(selected === null ? {} : { selected })}
        onRow={onSelect}
        columns={[
          { key: 'node', title: 'Node', value: (r) => r.instance },
          {
            key: 'device',
            title: 'Port',
            value: (r) => `${r.device}/${r.port}`,
            cell: (r) => (
              <button
                type="button"
                className="whitespace-nowrap rounded text-accent hover:underline"
                onClick={() => onSelect(r)}
              >
                {r.device}
                {r.port !== '1' && `/${r.port}`}
              </button>
            ),
          },
          {
            key: 'status',
            title: 'Status',
            value: (r) => ({ bad: 0, attention: 1, unknown: 2, ok: 3 })[r.status],
            cell: (r) => <StatusBadge status={r.status} />,
          },
          {
            key: 'reason',
            title: 'Reason',
            wrap: true,
            value: (r) => r.reason || null,
            cell: (r) => <span className="text-ink-soft">{r.reason}</span>,
          },
          { key: 'state', title: 'State', wide: true, value: (r) => stateName(r.stateId) },
          {
            key: 'rate',
            title: 'Rate',
            align: 'right',
            value: (r) => r.rate,
            cell: (r) => (
              <span className="whitespace-nowrap">{format(r.rate === null ? null : r.rate * 8, 'bitsPerSecond')}</span>
            ),
          },
          {
            key: 'transmit',
            title: 'Transmits',
            align: 'right',
            value: (r) => r.transmit,
            cell: (r) => <Throughput value={r.transmit} rate={r.rate} />,
          },
          {
            key: 'receive',
            title: 'Receives',
            align: 'right',
            wide: true,
            value: (r) => r.receive,
            cell: (r) => <Throughput value={r.receive} rate={r.rate} />,
          },
          {
            key: 'downed',
            title: 'Went down',
            align: 'right',
            value: (r) => r.downed,
            cell: (r) => format(r.downed, 'count'),
          },
          {
            key: 'errors',
            title: 'Errors',
            align: 'right',
            hint: 'Symbol errors and packets received with errors',
            value: (r) => r.errors,
            cell: (r) => format(r.errors, 'count'),
          },
          {
            key: 'wait',
            title: 'Waits, ticks/s',
            align: 'right',
            wide: true,
            hint: 'Ticks a second in which data waited for credits: congestion',
            value: (r) => r.wait,
            cell: (r) => format(r.wait, 'count'),
          },
        ]}
      />
    </Panel>
  );
}
