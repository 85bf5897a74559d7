'use client';

import { StatusBadge } from '#components/ui/status.tsx';
import type { Delivery } from '#data/app-answers.ts';
import { useClock } from '#data/clock.tsx';
import { age, timeLabel } from '#format/units.ts';
import { type AlertRow, phasesOf } from '../prepare.ts';
import { Part } from './story-part.tsx';

const moment = (ms: number) =>
  new Date(ms).toLocaleString('en-GB', {
    day: 'numeric',
    month: 'short',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
  });

/** When the alert was pending and firing, this time and before: a lane over the range, and the times in words. */
export function StateTimeline({ rows }: { rows: readonly AlertRow[] }) {
  const { range, nowMs } = useClock();
  const phases = phasesOf(rows, range, nowMs);
  const span = range.toMs - range.fromMs;
  return (
    <Part title={rows.length > 1 ? `States, ${rows.length} times in this range` : 'States'}>
      <div aria-hidden className="relative h-4 overflow-hidden rounded-sm bg-sunken">
        {phases.map((phase) => (
          <span
            key={`${phase.state}${phase.fromMs}`}
            title={`${phase.state} ${moment(phase.fromMs)} to ${moment(phase.toMs)}`}
            className="absolute inset-y-0 min-w-0.5"
            style={{
              left: `${phase.left * 100}%`,
              width: `${phase.width * 100}%`,
              background: phase.state === 'firing' ? 'var(--bad-mark)' : 'var(--attention-mark)',
            }}
          />
        ))}
      </div>
      <div aria-hidden className="flex justify-between text-2xs tabular text-ink-faint">
        <span>{timeLabel(range.fromMs, span)}</span>
        <span className="flex gap-3">
          <span className="flex items-center gap-1">
            <span className="size-2 rounded-sm bg-attention-mark" /> pending
          </span>
          <span className="flex items-center gap-1">
            <span className="size-2 rounded-sm bg-bad-mark" /> firing
          </span>
        </span>
        <span>{timeLabel(range.toMs, span)}</span>
      </div>
      <ul className="mt-1.5 grid gap-0.5 text-[13px] tabular text-ink-soft">
        {rows.slice(0, 5).map((row) => (
          <li key={row.id}>{story(row, nowMs)}</li>
        ))}
        {rows.length > 5 && <li>and {rows.length - 5} times before</li>}
      </ul>
    </Part>
  );
}

function story({ activeAt, firedAt, resolvedAt, state }: AlertRow, nowMs: number): string {
  if (activeAt === null) return 'Since when is not known.';
  const parts = [`pending ${moment(activeAt)}`];
  if (firedAt !== null) parts.push(`firing ${moment(firedAt)}`);
  if (resolvedAt !== null) parts.push(`resolved ${moment(resolvedAt)}, after ${age(resolvedAt - activeAt)}`);
  else parts.push(`still ${state}, ${age(nowMs - activeAt)}`);
  return parts.join(' → ');
}

const looks = { sent: 'ok', queued: 'attention', dead: 'bad', canceled: 'unknown' } as const;
const words = { sent: 'sent', queued: 'waiting', dead: 'given up', canceled: 'over before it was sent' } as const;

/** Which channels were told, how often it was tried, and what they answered. */
export function DeliveryTable({
  deliveries,
  state,
}: {
  deliveries: readonly Delivery[] | null;
  state: AlertRow['state'];
}) {
  if (deliveries === null)
    return <p className="text-[13px] text-ink-faint">Not known yet: it is not in the history, or Postgres is away.</p>;
  if (deliveries.length === 0) {
    return (
      <p className="text-[13px] text-ink-faint">
        {state === 'pending'
          ? 'Nobody: pending alerts are not sent.'
          : 'Nobody: no channel was on for this severity when it fired. Channels are under Settings.'}
      </p>
    );
  }
  return (
    <ul className="grid gap-1.5 text-[13px]">
      {deliveries.map((one) => (
        <li key={`${one.channel}${one.event}`} className="min-w-0">
          <span className="flex flex-wrap items-baseline gap-x-2">
            <StatusBadge status={looks[one.state]}>{words[one.state]}</StatusBadge>
            <span className="font-medium">{one.channel}</span>
            <span className="text-ink-faint">
              {one.kind}, {one.event}
            </span>
            <span className="ml-auto text-xs tabular text-ink-soft">
              {one.attempts} {one.attempts === 1 ? 'attempt' : 'attempts'}
              {one.lastStatus !== null && `, status ${one.lastStatus}`}
              {one.sentAt !== null && `, ${moment(Date.parse(one.sentAt))}`}
              {one.state === 'queued' && `, next ${moment(Date.parse(one.nextAttemptAt))}`}
            </span>
          </span>
          {one.lastError !== null && (
            <span className="block text-xs text-ink-soft [overflow-wrap:anywhere]">{one.lastError}</span>
          )}
        </li>
      ))}
    </ul>
  );
}
