'use client';

import type { Refusal } from '@binnacle/shared/api/freshness.ts';
import Link from 'next/link';
import type { ReactNode } from 'react';
import { Dialog, DialogContent } from '#components/ui/dialog.tsx';
import { StatusBadge } from '#components/ui/status.tsx';
import { quote } from '#data/cluster.ts';
import { age, format } from '#format/units.ts';
import { useFrameHref } from '#state/frame-state.ts';
import type { SourceRow } from '../prepare.ts';
import { reasonText } from '../reasons.ts';
import { laneWords, type Segment, troubles } from '../timeline.ts';

const moment = (ms: number) =>
  new Date(ms).toLocaleString('en-GB', {
    day: 'numeric',
    month: 'short',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
  });

/** All that is known of one source: why it is in its state, its numbers, each refusal with an example and a cure, its gaps. */
export function SourceDrawer({
  row,
  segments,
  nowMs,
  onClose,
}: {
  row: SourceRow;
  /** Of the page's range; undefined while it is not drawn. */
  segments: readonly Segment[] | undefined;
  nowMs: number;
  onClose: () => void;
}) {
  const href = useFrameHref();
  const kind = row.sender === null ? 'source' : 'sender';
  const selector = `{receiver=${quote(row.receiver)},${kind}=${quote(row.name)}}`;
  return (
    <Dialog open onOpenChange={(open) => !open && onClose()}>
      <DialogContent title={row.name} description={row.sentence} side="right">
        <div data-freshness-drawer className="grid gap-5 p-4 text-[13px]">
          <div>
            <StatusBadge status={row.status}>{row.word}</StatusBadge>
          </div>
          <dl className="grid grid-cols-[auto_minmax(0,1fr)] gap-x-4 gap-y-1.5">
            <Fact name="Receiver">{row.receiver}</Fact>
            {row.address !== null && <Fact name="Address">{row.address}</Fact>}
            <Fact name="Newest sample">{row.lastSampleAt === null ? 'none taken in' : moment(row.lastSampleAt)}</Fact>
            <Fact name="Last arrival">
              {row.lastArrivalAt === null
                ? 'none since the gateway began'
                : `${moment(row.lastArrivalAt)}, ${age(nowMs - row.lastArrivalAt)} ago${row.recalled ? ', before the gateway’s restart' : ''}`}
            </Fact>
            <Fact name="Sends every">
              {row.usualIntervalMs === null
                ? row.intervalMs === null
                  ? 'not known yet'
                  : `${age(row.intervalMs)}, as configured`
                : `${age(row.usualIntervalMs)}, as seen`}
            </Fact>
            <Fact name="Silent after">
              {row.silenceAfterMs === null ? 'not known yet' : `${age(row.silenceAfterMs)} without anything`}
            </Fact>
            <Fact name="Clock">
              {row.clock.word}
              <span className="block text-xs text-ink-soft">{row.clock.sentence}</span>
            </Fact>
            <Fact name="Accepted">
              {format(row.accepted, 'count')} samples since the gateway began,{' '}
              {row.acceptedPerSecond === null
                ? 'its rate is not known yet'
                : `${format(row.acceptedPerSecond, 'perSecond')} now`}
            </Fact>
            <Fact name="Active series">
              {row.activeSeries === null
                ? row.sender === null
                  ? 'not known'
                  : 'counted at the door'
                : format(row.activeSeries, 'count')}
            </Fact>
          </dl>
          <Refusals title="Samples refused since the gateway began" list={row.refused} unit="samples" nowMs={nowMs} />
          <Refusals
            title="Requests refused as a whole since the gateway began"
            list={row.refusedRequests}
            unit="requests"
            nowMs={nowMs}
          />
          <Gaps segments={segments} />
          <div className="flex flex-wrap gap-x-4 gap-y-1">
            <Link
              className="rounded text-accent underline underline-offset-2"
              href={href('/explore', { expr: `rate(binnacle_${kind}_samples_total${selector}[5m])` })}
            >
              Accepted over time
            </Link>
            <Link
              className="rounded text-accent underline underline-offset-2"
              href={href('/explore', { expr: `binnacle_${kind}_arrival_lag_seconds${selector}` })}
            >
              Lag over time
            </Link>
          </div>
        </div>
      </DialogContent>
    </Dialog>
  );
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <>
      <dt className="text-ink-faint">{name}</dt>
      <dd className="min-w-0 tabular [overflow-wrap:anywhere]">{children}</dd>
    </>
  );
}

function Refusals({
  title,
  list,
  unit,
  nowMs,
}: {
  title: string;
  list: readonly Refusal[];
  unit: string;
  nowMs: number;
}) {
  return (
    <section aria-label={title}>
      <h3 className="mb-1.5 text-xs font-semibold">{title}</h3>
      {list.length === 0 ? (
        <p className="text-ink-faint">None.</p>
      ) : (
        <ul className="grid gap-3">
          {list.map(({ reason, count, lastAt, example }) => {
            const { title: what, mend } = reasonText(reason);
            return (
              <li key={reason} data-reason={reason} className="border-l-2 border-attention-mark pl-2.5">
                <div className="flex flex-wrap items-baseline justify-between gap-x-3">
                  <span className="font-medium">{what}</span>
                  <span className="tabular text-ink-soft">
                    {format(count, 'count')} {count === 1 ? unit.slice(0, -1) : unit}, last {age(nowMs - lastAt)} ago
                  </span>
                </div>
                <code className="block font-mono text-2xs text-ink-faint">{reason}</code>
                <p className="mt-1 text-ink-soft">{mend}</p>
                <code className="mt-1 block rounded bg-sunken p-1.5 font-mono text-2xs [overflow-wrap:anywhere]">
                  {example}
                </code>
              </li>
            );
          })}
        </ul>
      )}
    </section>
  );
}

function Gaps({ segments }: { segments: readonly Segment[] | undefined }) {
  const found = segments === undefined ? [] : troubles(segments);
  return (
    <section aria-label="Gaps in this time range">
      <h3 className="mb-1.5 text-xs font-semibold">Gaps in this time range</h3>
      {segments === undefined ? (
        <p className="text-ink-faint">Not known yet.</p>
      ) : found.length === 0 ? (
        <p className="text-ink-faint">
          {segments.some(({ state }) => state === 'receiving')
            ? 'None that is known.'
            : 'Nobody knows: nothing was noted of it in this range.'}
        </p>
      ) : (
        <ul className="grid gap-0.5 tabular text-ink-soft">
          {found.slice(0, 20).map(({ state, fromMs, toMs }) => (
            <li key={`${state}${fromMs}`}>
              {laneWords[state]} {moment(fromMs)} to {moment(toMs)}, {age(toMs - fromMs)}
            </li>
          ))}
          {found.length > 20 && <li>and {found.length - 20} before</li>}
        </ul>
      )}
    </section>
  );
}
