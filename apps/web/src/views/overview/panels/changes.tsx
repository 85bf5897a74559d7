'use client';

import Link from 'next/link';
import { type Status, StatusIcon } from '#components/ui/status.tsx';
import { useClock } from '#data/clock.tsx';
import { useRange } from '#data/hooks.ts';
import type { ActiveAlert } from '#data/prometheus.ts';
import { timeLabel } from '#format/units.ts';
import { activeSince, alertTitle, severityStatus } from '#frame/alert-pages.ts';
import { Panel } from '#panel/panel.tsx';
import { useFrameHref } from '#state/frame-state.ts';
import { xidEvents } from '#views/gpus/prepare.ts';
import { overviewGuide } from '../guide.ts';
import { findings, rises } from '../prepare.ts';
import * as ask from '../queries.ts';

interface Change {
  readonly at: number;
  readonly text: string;
  readonly status: Status;
  readonly path: string;
}

const times = (count: number) => (count === 1 ? 'once' : `${count} times`);

/** What became different within the time range, newest first. */
export function Changes({ active }: { active: readonly ActiveAlert[] }) {
  const href = useFrameHref();
  const { range } = useClock();
  const xid = useRange(ask.xid);
  const links = useRange(ask.linkDowned);
  const tools = useRange(ask.toolChanges);

  const changes: Change[] = [
    ...(xid.data === undefined ? [] : xidEvents(xid.data))
      .filter((event) => !event.before)
      .map((event) => ({
        at: event.seenAt,
        text: `XID ${event.code} on ${event.node} GPU ${event.gpu}`,
        status: 'bad' as const,
        path: '/gpus',
      })),
    ...rises(links.data).map(({ labels, by, at }) => ({
      at,
      text: `${labels.device} of ${labels.instance} went down ${times(Math.round(by))}`,
      status: 'attention' as const,
      path: '/fabric',
    })),
    ...rises(tools.data).map(({ labels, at }) => ({
      at,
      text: `${labels.tool} of ${labels.server}: ${labels.change} changed`,
      status: 'attention' as const,
      path: '/mcp',
    })),
    ...findings(active).flatMap(({ first, alerts }) => {
      const at = activeSince(first);
      if (at === null || at < range.fromMs) return [];
      const more = alerts.length > 1 ? ` and ${alerts.length - 1} more` : '';
      return [{ at, text: `Fires: ${alertTitle(first)}${more}`, status: severityStatus(first), path: '/alerts' }];
    }),
  ].sort((a, b) => b.at - a.at);

  return (
    <Panel
      title="What changed"
      note="In this time range, newest first"
      queries={[xid, links, tools]}
      empty={false}
      metrics={[]}
      guide={overviewGuide}
      minHeight={120}
      csv={() => ({
        header: ['time', 'change'],
        rows: changes.map((change) => [new Date(change.at).toISOString(), change.text]),
      })}
    >
      {changes.length === 0 ? (
        <p className="m-auto text-[13px] text-ink-soft">Nothing that Binnacle watches changed in this time range.</p>
      ) : (
        <ol className="-mx-3.5 -mb-3 max-h-96 divide-y divide-line overflow-y-auto border-t border-line">
          {changes.map((change) => (
            <li
              key={`${change.at}${change.text}`}
              className="relative flex items-center gap-2.5 px-3.5 py-2 text-[13px] hover:bg-sunken"
            >
              <time
                dateTime={new Date(change.at).toISOString()}
                className="w-12 shrink-0 whitespace-nowrap tabular text-ink-faint"
              >
                {timeLabel(change.at, 3600e3)}
              </time>
              <StatusIcon status={change.status} />
              <Link href={href(change.path)} className="min-w-0 flex-1 after:absolute after:inset-0">
                {change.text}
              </Link>
            </li>
          ))}
        </ol>
      )}
    </Panel>
  );
}
