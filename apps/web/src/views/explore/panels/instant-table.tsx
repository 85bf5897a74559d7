'use client';

import { useMemo } from 'react';
import { type Column, DataTable } from '#charts/data-table.tsx';
import { cn } from '#components/ui/class-names.ts';
import type { InstantAnswer } from '#data/prometheus.ts';
import { Panel } from '#panel/panel.tsx';
import { exploreGuide } from '../guide.ts';
import { type Answered, labelColumns, type TableRow, tableRows } from '../prepare.ts';
import type { Asked } from '../use-answers.ts';

/** The samples of all queries at the end of the range. */
export function InstantTable({
  asked,
  answered,
  waiting,
}: {
  asked: readonly Asked<InstantAnswer>[];
  answered: readonly Answered<InstantAnswer>[];
  /** Whether some of it is the answer before, since the new one is on its way. */
  waiting: boolean;
}) {
  const rows = tableRows(answered);
  const letters = answered.length > 1;
  const names = labelColumns(rows);
  const key = names.join('\n');
  // biome-ignore lint/correctness/useExhaustiveDependencies: the names are what the columns are made of
  const columns = useMemo((): Column<TableRow>[] => {
    return [
      ...(letters ? [{ key: '', title: 'query', value: (row: TableRow) => row.letter }] : []),
      ...names.map((name) => ({
        key: `label ${name}`,
        title: name === '__name__' ? 'metric' : name,
        value: (row: TableRow) => row.labels[name] ?? null,
      })),
      {
        key: 'value',
        title: 'value',
        align: 'right',
        value: (row) => row.value ?? row.text,
        cell: (row) => row.text,
      },
    ];
  }, [key, letters]);
  const ranges = answered.filter(({ answer }) => answer.kind === 'matrix').map(({ letter }) => letter);
  const known = asked.filter((one) => one.data !== undefined || (one.error === undefined && answered.length === 0));
  return (
    <Panel
      title="Table"
      note={
        answered.length === 0 ? undefined : (
          <span className="tabular">
            {rows.length} series at {timeText(answered[0]?.answer.timeMs)}
            {ranges.length > 0 && `; ${ranges.join(', ')} gives ranges: their newest samples`}
          </span>
        )
      }
      queries={known}
      empty={answered.length > 0 && rows.length === 0}
      metrics={[]}
      guide={exploreGuide}
      emptyText="The expression gives no sample at this time."
      csv={() => ({
        header: [...(letters ? ['query'] : []), ...names, 'value'],
        rows: rows.map((row) => [
          ...(letters ? [row.letter] : []),
          ...names.map((name) => row.labels[name] ?? null),
          row.value ?? row.text,
        ]),
      })}
      minHeight={200}
    >
      {answered.length > 0 && (
        <div data-waiting={waiting || undefined} aria-busy={waiting} className={cn(waiting && 'opacity-50')}>
          <DataTable<TableRow>
            label="Samples"
            rows={rows}
            rowKey={(row) => row.key}
            maxHeight={560}
            columns={columns}
          />
        </div>
      )}
    </Panel>
  );
}

const timeText = (ms: number | undefined) =>
  ms === undefined ? '' : new Date(ms).toLocaleString('en-GB', { dateStyle: 'medium', timeStyle: 'medium' });
