'use client';

import { CalendarClock, ChevronDown } from 'lucide-react';
import { type FormEvent, useState } from 'react';
import { Button } from '#components/ui/button.tsx';
import { cn } from '#components/ui/class-names.ts';
import { Input, Label } from '#components/ui/input.tsx';
import { Popover, PopoverContent, PopoverTrigger } from '#components/ui/popover.tsx';
import { useClock } from '#data/clock.tsx';
import { useFrameState } from '#state/frame-state.ts';
import { parseMoment, quickRanges } from '#state/time-range.ts';

const short = (ms: number) =>
  new Date(ms).toLocaleString('en-GB', { day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit' });

/** What the field shows: a relative time as typed, an absolute one in local time. */
const fieldText = (text: string) => {
  if (text.startsWith('now')) return text;
  const ms = parseMoment(text, 0);
  if (ms === undefined) return text;
  const date = new Date(ms - new Date(ms).getTimezoneOffset() * 60e3);
  return date.toISOString().slice(0, 19).replace('T', ' ');
};

/** Range of the page: quick ranges that move with now, or two ends typed in. */
export function TimePicker() {
  const { from, to, setState } = useFrameState();
  const { range } = useClock();
  const [open, setOpen] = useState(false);
  const quick = quickRanges.find((choice) => choice.from === from && to === 'now');
  const text =
    quick?.label ??
    (from.startsWith('now')
      ? `${from} to ${to}`
      : `${short(range.fromMs)} – ${to === 'now' ? 'now' : short(range.toMs)}`);

  return (
    <Popover open={open} onOpenChange={setOpen}>
      <PopoverTrigger asChild>
        <Button aria-label={`Time range: ${text}`} className="min-w-0">
          <CalendarClock aria-hidden />
          <span className="truncate tabular">{text}</span>
          <ChevronDown aria-hidden className="text-ink-faint" />
        </Button>
      </PopoverTrigger>
      <PopoverContent
        className="grid w-[min(30rem,calc(100vw-24px))] gap-4 sm:grid-cols-[1fr_11rem]"
        aria-label="Time range"
      >
        <AbsoluteForm
          key={`${from} ${to}`}
          from={fieldText(from)}
          to={fieldText(to)}
          onApply={(next) => {
            setOpen(false);
            void setState(next);
          }}
        />
        <ul className="grid max-h-64 content-start overflow-y-auto max-sm:grid-cols-2 sm:border-l sm:border-line sm:pl-3">
          {quickRanges.map((choice) => (
            <li key={choice.from}>
              <button
                type="button"
                aria-pressed={quick === choice}
                onClick={() => {
                  setOpen(false);
                  void setState({ from: choice.from, to: null });
                }}
                className={cn(
                  'w-full rounded px-2 py-1 text-left text-[13px] hover:bg-sunken',
                  quick === choice && 'bg-accent-soft font-medium',
                )}
              >
                {choice.label}
              </button>
            </li>
          ))}
        </ul>
      </PopoverContent>
    </Popover>
  );
}

function AbsoluteForm({
  from,
  to,
  onApply,
}: {
  from: string;
  to: string;
  onApply: (range: { from: string; to: string }) => void;
}) {
  const [error, setError] = useState<string | null>(null);
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const ends = [String(form.get('from')).trim(), String(form.get('to')).trim()] as const;
    const now = Date.now();
    const [low, high] = ends.map((end) => parseMoment(end, now));
    if (low === undefined || high === undefined) setError('Write a time like 2026-07-01 14:00 or now-6h.');
    else if (high <= low) setError('The end must be after the start.');
    else {
      const [fromText, toText] = ends.map((end, i) =>
        end.startsWith('now') ? end : new Date(i === 0 ? low : high).toISOString(),
      );
      onApply({ from: fromText as string, to: toText as string });
    }
  };
  return (
    <form onSubmit={submit} className="grid content-start gap-2.5">
      <Label>
        From
        <Input name="from" defaultValue={from} autoComplete="off" className="tabular" aria-invalid={error !== null} />
      </Label>
      <Label>
        To
        <Input name="to" defaultValue={to} autoComplete="off" className="tabular" aria-invalid={error !== null} />
      </Label>
      {error !== null && (
        <p role="alert" className="text-xs text-bad">
          {error}
        </p>
      )}
      <Button type="submit" variant="primary">
        Apply
      </Button>
      <p className="text-xs text-ink-faint">
        Local time, or relative: now, now-90m, now-2d. Dragging over any chart does the same.
      </p>
    </form>
  );
}
