import { cn } from '#components/ui/class-names.ts';

/** A bar in a cell: `share` of 0 to 1 filled, optional tick at `mark` (quota, expected). The number stands beside it as text. */
export function Bar({
  share,
  mark,
  color = 'var(--cat-1)',
  className,
}: {
  share: number | null;
  mark?: number | undefined;
  color?: string;
  className?: string;
}) {
  return (
    <span
      aria-hidden
      className={cn(
        'relative inline-block h-2 w-20 overflow-hidden rounded-sm bg-sunken',
        share === null && 'hatched',
        className,
      )}
    >
      {share !== null && (
        <span
          className="absolute inset-y-0 left-0"
          style={{ width: `${Math.min(1, Math.max(0, share)) * 100}%`, background: color }}
        />
      )}
      {mark !== undefined && (
        <span
          className="absolute inset-y-0 w-0.5 bg-ink"
          style={{ left: `calc(${Math.min(1, Math.max(0, mark)) * 100}% - 1px)` }}
        />
      )}
    </span>
  );
}
