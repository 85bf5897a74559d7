'use client';

import { ArrowDown, ArrowUp, Search } from 'lucide-react';
import { type ReactNode, useMemo, useState } from 'react';
import { cn } from '#components/ui/class-names.ts';
import { Input } from '#components/ui/input.tsx';
import { filterRows, type SortState, type SortValue, sortRows } from './table-model.ts';

export interface Column<Row> {
  readonly key: string;
  readonly title: string;
  /** What it sorts and filters by; null is unknown and always last. */
  readonly value: (row: Row) => SortValue;
  /** How it looks; else the value as text. */
  readonly cell?: (row: Row) => ReactNode;
  /** Numbers stand right. */
  readonly align?: 'left' | 'right';
  /** Explains the column on hover. */
  readonly hint?: string;
  /** Long text that may break over lines. */
  readonly wrap?: boolean;
  /** Hidden where the screen is narrow. */
  readonly wide?: boolean;
}

export interface DataTableProps<Row> {
  /** Names the table for screen readers. */
  readonly label: string;
  readonly rows: readonly Row[];
  readonly columns: readonly Column<Row>[];
  readonly rowKey: (row: Row) => string;
  readonly initialSort?: SortState;
  /** A filter box from this many rows on; default 8. */
  readonly filterFrom?: number;
  readonly onRow?: (row: Row) => void;
  readonly selected?: string | undefined;
  readonly maxHeight?: number;
}

const rowHeight = 33;

/** Sorts by a click on the head, filters by words, draws only the rows in sight. Cells may hold bars, sparklines and links. */
export function DataTable<Row>(props: DataTableProps<Row>) {
  const { label, rows, columns, rowKey, initialSort, filterFrom = 8, onRow, selected, maxHeight = 420 } = props;
  const [sort, setSort] = useState<SortState | undefined>(initialSort);
  const [text, setText] = useState('');
  const [scroll, setScroll] = useState(0);

  const shown = useMemo(() => {
    const filtered = filterRows(rows, columns, text);
    const column = columns.find((c) => c.key === sort?.key);
    return column === undefined || sort === undefined ? filtered : sortRows(filtered, column.value, sort.descending);
  }, [rows, columns, text, sort]);

  // Below this many rows the browser is quicker than arithmetic.
  const windowed = shown.length > 120;
  const first = windowed ? Math.max(0, Math.floor(scroll / rowHeight) - 10) : 0;
  const last = windowed ? Math.min(shown.length, first + Math.ceil(maxHeight / rowHeight) + 20) : shown.length;
  const cellClass = (column: Column<Row>) =>
    cn(
      'px-2 py-1.5',
      column.wrap ? 'min-w-40' : 'whitespace-nowrap',
      column.align === 'right' && 'text-right tabular',
      column.wide && 'max-md:hidden',
    );

  return (
    <div className="flex min-w-0 flex-1 flex-col gap-2">
      {rows.length >= filterFrom && (
        <div className="flex items-center gap-2">
          <div className="relative w-56 max-w-full">
            <Search aria-hidden className="pointer-events-none absolute left-2 top-2 size-4 text-ink-faint" />
            <Input
              aria-label={`Filter ${label}`}
              placeholder="Filter"
              value={text}
              onChange={(event) => setText(event.target.value)}
              className="pl-8"
            />
          </div>
          <span className="text-xs tabular text-ink-faint">
            {shown.length === rows.length ? `${rows.length}` : `${shown.length} of ${rows.length}`}
          </span>
        </div>
      )}
      <section
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard
        tabIndex={0}
        aria-label={`Table: ${label}`}
        className="overflow-auto rounded-md"
        style={{ maxHeight }}
        onScroll={(event) => windowed && setScroll(event.currentTarget.scrollTop)}
      >
        <table className="w-full border-separate border-spacing-0 text-[13px]" aria-rowcount={shown.length}>
          <thead>
            <tr>
              {columns.map((column) => {
                const active = sort?.key === column.key;
                return (
                  <th
                    key={column.key}
                    scope="col"
                    title={column.hint}
                    aria-sort={active ? (sort.descending ? 'descending' : 'ascending') : 'none'}
                    className={cn(
                      'sticky top-0 z-10 border-b border-line bg-surface px-0 text-left font-medium',
                      column.wide && 'max-md:hidden',
                    )}
                  >
                    <button
                      type="button"
                      onClick={() =>
                        setSort({ key: column.key, descending: active ? !sort.descending : column.align === 'right' })
                      }
                      className={cn(
                        'flex w-full items-center gap-1 whitespace-nowrap px-2 py-1.5 text-xs text-ink-faint hover:text-ink',
                        column.align === 'right' && 'justify-end',
                        active && 'text-ink',
                      )}
                    >
                      {column.title}
                      {active &&
                        (sort.descending ? (
                          <ArrowDown aria-hidden className="size-3" />
                        ) : (
                          <ArrowUp aria-hidden className="size-3" />
                        ))}
                    </button>
                  </th>
                );
              })}
            </tr>
          </thead>
          <tbody>
            {first > 0 && <tr aria-hidden style={{ height: first * rowHeight }} />}
            {shown.slice(first, last).map((row) => {
              const key = rowKey(row);
              return (
                <tr
                  key={key}
                  data-row={key}
                  aria-selected={selected === undefined ? undefined : selected === key}
                  onClick={onRow === undefined ? undefined : () => onRow(row)}
                  className={cn(
                    'hover:bg-sunken',
                    onRow !== undefined && 'cursor-pointer',
                    selected === key && 'bg-accent-soft',
                  )}
                >
                  {columns.map((column) => (
                    <td key={column.key} className={cn('border-b border-line', cellClass(column))}>
                      {column.cell === undefined ? (column.value(row) ?? '–') : column.cell(row)}
                    </td>
                  ))}
                </tr>
              );
            })}
            {last < shown.length && <tr aria-hidden style={{ height: (shown.length - last) * rowHeight }} />}
          </tbody>
        </table>
        {shown.length === 0 && (
          <p className="px-2 py-6 text-center text-[13px] text-ink-faint">Nothing matches “{text}”.</p>
        )}
      </section>
    </div>
  );
}
