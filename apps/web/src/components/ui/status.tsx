import { CircleAlert, CircleCheck, CircleHelp, type LucideIcon, TriangleAlert } from 'lucide-react';
import type { ReactNode } from 'react';
import { cn } from './class-names.ts';

/** State of a thing. `unknown` is its own state: no data is never shown as well. */
export type Status = 'ok' | 'attention' | 'bad' | 'unknown';

const looks = {
  ok: { icon: CircleCheck, word: 'OK', ink: 'text-ok', wash: 'bg-ok-wash' },
  attention: { icon: TriangleAlert, word: 'Attention', ink: 'text-attention', wash: 'bg-attention-wash' },
  bad: { icon: CircleAlert, word: 'Bad', ink: 'text-bad', wash: 'bg-bad-wash' },
  unknown: { icon: CircleHelp, word: 'Unknown', ink: 'text-unknown', wash: 'bg-unknown-wash' },
} as const;

/** Worst first; unknown before ok, since it may hide anything. */
export const statusOrder: Record<Status, number> = { bad: 0, attention: 1, unknown: 2, ok: 3 };

export const worstStatus = (statuses: readonly Status[]): Status =>
  statuses.reduce<Status>(
    (worst, status) => (statusOrder[status] < statusOrder[worst] ? status : worst),
    statuses[0] ?? 'unknown',
  );

/** Colour, icon and word together; `children` replaces the word, `icon` the icon where the word is of another kind. */
export function StatusBadge({
  status,
  icon,
  children,
  className,
}: {
  status: Status;
  icon?: LucideIcon;
  children?: ReactNode;
  className?: string;
}) {
  const { icon: own, word, ink, wash } = looks[status];
  const Icon = icon ?? own;
  return (
    <span
      data-status={status}
      className={cn(
        'inline-flex items-center gap-1 whitespace-nowrap rounded-full px-2 py-0.5 text-xs font-medium',
        ink,
        wash,
        className,
      )}
    >
      <Icon aria-hidden className="size-3.5 shrink-0" />
      {children ?? word}
    </span>
  );
}

/** The icon alone, beside a word that stands there anyway. */
export function StatusIcon({ status, className }: { status: Status; className?: string }) {
  const { icon: Icon, word, ink } = looks[status];
  return <Icon role="img" aria-label={word} className={cn('size-4 shrink-0', ink, className)} />;
}
