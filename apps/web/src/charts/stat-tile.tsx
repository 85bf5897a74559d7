import Link from 'next/link';
import type { ReactNode } from 'react';
import { type Status, StatusBadge } from '#components/ui/status.tsx';
import { quantity, type Unit } from '#format/units.ts';
import { Sparkline } from './sparkline.tsx';

export interface StatTileProps {
  /** The quantity: "GPU utilization". */
  readonly title: string;
  readonly value: number | null;
  readonly unit: Unit;
  readonly status: Status;
  /** Word beside the icon where "OK" and "Bad" are too bare. */
  readonly word?: string;
  /** What is normal, in words: "normally 85 to 100 %". */
  readonly normal: string;
  /** Why, or how it was got: one line. */
  readonly note?: ReactNode;
  readonly trend?: readonly (number | null)[];
  readonly href?: string;
}

/** One number that matters, with its state, normal range and trend. Unknown is a dash, never zero. */
export function StatTile({ title, value, unit, status, word, normal, note, trend, href }: StatTileProps) {
  const { value: text, unit: unitText } = quantity(value, unit);
  return (
    <article
      data-tile={title}
      data-status={status}
      className="relative flex min-w-0 flex-col rounded-lg border border-line bg-surface p-3.5 shadow-panel has-[a:hover]:border-line-strong"
    >
      <div className="flex items-start justify-between gap-2">
        <h2 className="text-[13px] font-medium text-ink-soft">
          {href === undefined ? (
            title
          ) : (
            <Link href={href} className="after:absolute after:inset-0 after:rounded-lg">
              {title}
            </Link>
          )}
        </h2>
        <StatusBadge status={status}>{word}</StatusBadge>
      </div>
      <div className="mt-1.5 flex items-end justify-between gap-3">
        <p className="whitespace-nowrap tabular">
          <span className="text-[26px] font-semibold leading-8 tracking-tight">{text}</span>
          {unitText !== '' && <span className="ml-1 text-ink-soft">{unitText}</span>}
        </p>
        {trend !== undefined && (
          <Sparkline values={trend} label={`Trend of ${title}`} className="mb-1 min-w-0 max-w-40 flex-1" />
        )}
      </div>
      <p className="mt-1.5 text-xs text-ink-faint">{normal}</p>
      {note !== undefined && <div className="mt-0.5 text-xs text-ink-soft">{note}</div>}
    </article>
  );
}
