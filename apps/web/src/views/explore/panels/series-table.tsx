'use client';

import { useMemo } from 'react';
import { type Column, DataTable } from '#charts/data-table.tsx';
import { cn } from '#components/ui/class-names.ts';
import { format, type Unit } from '#format/units.ts';
import type { ExploreSeries } from '../prepare.ts';
import { queryColor } from '../series-look.ts';

/** Every series of a chart with its figures. A click hides or shows one, with ctrl it alone. */
export function SeriesTable({
  label,
  series,
  unitOf,
  drawn,
  letters,
  onToggle,
  onIsolate,
}: {
  label: string;
  series: readonly ExploreSeries[];
  unitOf: (letter: string) => Unit;
  drawn: (key: string) => boolean;
  /** Whether several queries share the table. */
  letters: boolean;
  onToggle: (key: string) => void;
  onIsolate: (key: string) => void;
}) {
  const wraps = series.length <= 100;
  const columns = useMemo((): Column<ExploreSeries>[] => {
    const figure = (key: 'last' | 'min' | 'max' | 'mean', hint: string): Column<ExploreSeries> => ({
      key,
      title: key,
      align: 'right',
      hint,
      value: (one) => one[key],
      cell: (one) => format(one[key], unitOf(one.letter)),
    });
    return [
      {
        key: 'series',
        title: 'series',
        value: (one) => `${one.letter} ${one.name}`,
        cell: (one) => {
          const shown = drawn(one.key);
          return (
            <button
              type="button"
              aria-pressed={shown}
              aria-label={`${letters ? `${one.letter} ` : ''}${one.name}`}
              title={`${one.name}\nClick hides or shows it; with ctrl it stands alone.`}
              onClick={(event) => (event.ctrlKey || event.metaKey ? onIsolate : onToggle)(one.key)}
              className="flex w-full min-w-0 items-center gap-2 rounded text-left"
            >
              <svg aria-hidden width="14" height="6" className="shrink-0" opacity={shown ? 1 : 0.25}>
                <line
                  x1="0"
                  x2="14"
                  y1="3"
                  y2="3"
                  stroke={one.color}
                  strokeWidth="3"
                  {...(one.dashed ? { strokeDasharray: '4 2' } : {})}
                />
              </svg>
              {letters && (
                <span
                  aria-hidden
                  className="shrink-0 rounded border px-1 text-2xs font-semibold text-ink-soft"
                  style={{ borderColor: queryColor(one.letter.charCodeAt(0) - 65) }}
                >
                  {one.letter}
                </span>
              )}
              <span
                className={cn(
                  'max-w-[52rem] truncate font-mono text-xs max-sm:max-w-[36vw]',
                  // Rows of a short table may be higher; those of a long one are drawn by arithmetic.
                  wraps && 'max-sm:whitespace-normal max-sm:break-all',
                  !shown && 'text-ink-faint line-through',
                )}
              >
                {one.name}
              </span>
            </button>
          );
        },
      },
      figure('last', 'The newest sample in the range'),
      figure('min', 'The smallest value in the range'),
      figure('max', 'The largest value in the range'),
      figure('mean', 'The mean of the points drawn'),
    ];
  }, [unitOf, drawn, letters, wraps, onToggle, onIsolate]);
  return (
    <DataTable
      label={label}
      rows={series}
      columns={columns}
      rowKey={(one) => one.key}
      filterFrom={12}
      maxHeight={264}
    />
  );
}
