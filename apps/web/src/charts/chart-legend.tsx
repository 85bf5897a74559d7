'use client';

import { cn } from '#components/ui/class-names.ts';
import { format, type Unit } from '#format/units.ts';

/** Names of the lines; a click shows one alone, another click all again. */
export function ChartLegend({
  lines,
  bandName,
  threshold,
  unit,
  only,
  onOnly,
}: {
  lines: readonly {
    readonly name: string;
    readonly color: string;
    readonly dashed: boolean;
    readonly shown: boolean;
  }[];
  bandName: string | undefined;
  threshold: { readonly value: number; readonly label: string } | undefined;
  unit: Unit;
  only: string | null;
  onOnly: (name: string | null) => void;
}) {
  return (
    <ul
      className="mt-1 flex max-h-19 flex-wrap gap-x-1 overflow-y-auto pl-14 text-xs text-ink-soft"
      aria-label="Legend"
    >
      {lines.map((line) => (
        <li key={line.name} className="max-w-full">
          <button
            type="button"
            aria-pressed={only === line.name}
            onClick={() => onOnly(only === line.name ? null : line.name)}
            className={cn(
              'flex min-h-6 max-w-full items-center gap-1.5 rounded px-1 hover:bg-sunken',
              !line.shown && 'text-ink-faint line-through',
            )}
          >
            <svg aria-hidden width="14" height="4" className="shrink-0">
              <line
                x1="0"
                x2="14"
                y1="2"
                y2="2"
                stroke={line.color}
                strokeWidth="2.5"
                {...(line.dashed ? { strokeDasharray: '4 2' } : {})}
              />
            </svg>
            <span className="truncate">{line.name}</span>
          </button>
        </li>
      ))}
      {bandName !== undefined && (
        <li className="flex items-center gap-1.5 px-1 py-0.5">
          <span
            aria-hidden
            className="h-2.5 w-3.5 rounded-sm"
            style={{ background: 'var(--band)', outline: '1px solid var(--line-strong)' }}
          />
          {bandName}
        </li>
      )}
      {threshold !== undefined && (
        <li className="flex items-center gap-1.5 px-1 py-0.5">
          <span aria-hidden className="w-3.5 border-t-2 border-dashed border-ink-faint" />
          {threshold.label} {format(threshold.value, unit)}
        </li>
      )}
    </ul>
  );
}
