import {
  Archive,
  Ban,
  Check,
  CircleHelp,
  Clock,
  type LucideIcon,
  Minus,
  Pause,
  Play,
  SkipForward,
  X,
} from 'lucide-react';
import { cn } from '#components/ui/class-names.ts';
import { type AnyState, stateLooks } from '../prepare.ts';

const icons: Readonly<Record<AnyState, LucideIcon>> = {
  succeeded: Check,
  cached: Archive,
  running: Play,
  pending: Clock,
  paused: Pause,
  canceling: Ban,
  canceled: Ban,
  skipped: SkipForward,
  not_run: Minus,
  failed: X,
  unknown: CircleHelp,
};

const looks: Readonly<Record<AnyState, string>> = {
  succeeded: 'bg-ok-wash text-ok',
  cached: 'bg-ok-wash text-ok',
  running: 'bg-accent-soft text-accent',
  pending: 'bg-unknown-wash text-unknown',
  paused: 'bg-attention-wash text-attention',
  canceling: 'bg-attention-wash text-attention',
  canceled: 'bg-attention-wash text-attention',
  skipped: 'bg-unknown-wash text-unknown',
  not_run: 'bg-unknown-wash text-unknown',
  failed: 'bg-bad-wash text-bad',
  unknown: 'bg-unknown-wash text-unknown',
};

/** Solid colour of a state, for bars. */
export const barColors: Readonly<Record<AnyState, string>> = {
  succeeded: 'var(--ok-mark)',
  cached: 'var(--ok-mark)',
  running: 'var(--accent)',
  pending: 'var(--unknown-mark)',
  paused: 'var(--attention-mark)',
  canceling: 'var(--attention-mark)',
  canceled: 'var(--attention-mark)',
  skipped: 'var(--unknown-mark)',
  not_run: 'var(--unknown-mark)',
  failed: 'var(--bad-mark)',
  unknown: 'var(--unknown-mark)',
};

/** Colour, icon and word of a run's or a step's state. */
export function StateBadge({ state }: { state: AnyState }) {
  const Icon = icons[state];
  return (
    <span
      className={cn(
        'inline-flex items-center gap-1 whitespace-nowrap rounded-full px-2 py-0.5 text-xs font-medium',
        looks[state],
      )}
    >
      <Icon aria-hidden className="size-3.5 shrink-0" />
      {stateLooks[state].word}
    </span>
  );
}

/** Colour and icon alone, in a cell whose label says the word. */
export function StateCell({ state, className }: { state: AnyState; className?: string }) {
  const Icon = icons[state];
  return (
    <span className={cn('grid size-6 place-items-center rounded', looks[state], className)}>
      <Icon aria-hidden className="size-3.5" />
    </span>
  );
}
