import { cn } from '#components/ui/class-names.ts';

/** A trend without axes; gaps break the line. `values` are evenly spaced, null where there is no sample. */
export function Sparkline({
  values,
  label,
  className,
  color = 'var(--cat-1)',
  min,
  max,
}: {
  values: readonly (number | null)[];
  label: string;
  className?: string;
  color?: string;
  min?: number;
  max?: number;
}) {
  const known = values.filter((value): value is number => value !== null && Number.isFinite(value));
  const low = min ?? Math.min(...known);
  const high = max ?? Math.max(...known);
  const span = high - low || Math.abs(high) || 1;
  const flat = high === low;
  const y = (value: number) => (flat ? 12 : 22 - ((value - low) / span) * 20);
  const x = (i: number) => (values.length < 2 ? 50 : (i / (values.length - 1)) * 100);
  let path = '';
  let pen = false;
  values.forEach((value, i) => {
    if (value === null || !Number.isFinite(value)) {
      pen = false;
      return;
    }
    path += `${pen ? 'L' : 'M'}${x(i).toFixed(2)} ${y(value).toFixed(2)}`;
    pen = true;
  });
  return (
    <svg
      role="img"
      aria-label={label}
      viewBox="0 0 100 24"
      preserveAspectRatio="none"
      className={cn('h-6 w-full', className)}
    >
      {known.length > 0 && (
        <path d={path} fill="none" stroke={color} strokeWidth="1.5" vectorEffect="non-scaling-stroke" />
      )}
    </svg>
  );
}
