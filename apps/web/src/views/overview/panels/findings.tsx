'use client';

import { ArrowRight } from 'lucide-react';
import Link from 'next/link';
import { StatusBadge } from '#components/ui/status.tsx';
import { useClock } from '#data/clock.tsx';
import type { ActiveAlert } from '#data/prometheus.ts';
import type { QueryState } from '#data/query-state.ts';
import { age } from '#format/units.ts';
import { activeSince, alertPage, alertTitle, severityOf, severityStatus } from '#frame/alert-pages.ts';
import { pages } from '#frame/navigation-items.ts';
import { Panel } from '#panel/panel.tsx';
import { useFrameHref } from '#state/frame-state.ts';
import { overviewGuide } from '../guide.ts';
import type { Finding } from '../prepare.ts';

const words: Record<string, string> = { critical: 'critical', warning: 'warning', info: 'info' };

/** What deserves attention: rules that fire, worst first, each with its cause, its age and where to look. */
export function Findings({ query, found }: { query: QueryState<unknown>; found: readonly Finding[] }) {
  const href = useFrameHref();
  const { nowMs } = useClock();
  return (
    <Panel
      title="Findings"
      note="What fires now, worst first"
      queries={[query]}
      empty={false}
      metrics={[]}
      guide={overviewGuide}
      minHeight={120}
      csv={() => ({
        header: ['severity', 'finding', 'cause', 'since'],
        rows: found
          .flatMap(({ alerts }) => alerts)
          .map((alert) => {
            const since = activeSince(alert);
            return [
              severityOf(alert),
              alertTitle(alert),
              alert.annotations.description ?? null,
              since === null ? null : new Date(since).toISOString(),
            ];
          }),
      })}
    >
      {found.length === 0 ? (
        <p className="m-auto flex items-center gap-2 text-[13px] text-ink-soft">
          <StatusBadge status="ok">Nothing fires</StatusBadge> Rules watch the sources that are connected.
        </p>
      ) : (
        <ul className="-mx-3.5 -mb-3 divide-y divide-line border-t border-line">
          {found.map(({ first: alert, alerts }) => {
            const page = alertPage(alert);
            const since = activeSince(alert);
            return (
              <li
                key={JSON.stringify(alert.labels)}
                data-finding={alert.labels.alertname}
                className="relative flex flex-wrap items-start gap-x-3 gap-y-1 px-3.5 py-2.5 hover:bg-sunken"
              >
                <StatusBadge status={severityStatus(alert)} className="w-20">
                  {words[severityOf(alert)] ?? severityOf(alert)}
                </StatusBadge>
                <div className="min-w-0 flex-1 basis-60">
                  <Link href={href(page, gpuOf(alert))} className="font-medium after:absolute after:inset-0">
                    {alertTitle(alert)}
                  </Link>
                  {alerts.length > 1 && (
                    <span className="text-[13px] text-ink-faint"> and {alerts.length - 1} more</span>
                  )}
                  {alert.annotations.description !== undefined && (
                    <p className="text-[13px] text-ink-soft">{alert.annotations.description}</p>
                  )}
                  {alert.annotations.runbook !== undefined && (
                    <p className="text-xs text-ink-faint">{alert.annotations.runbook}</p>
                  )}
                </div>
                <span className="whitespace-nowrap text-xs tabular text-ink-faint">
                  {since === null ? 'since unknown' : `for ${age(nowMs - since)}`}
                </span>
                <span className="flex w-24 items-center justify-end gap-1 text-xs text-ink-soft">
                  {pages.find((item) => item.path === page)?.title}
                  <ArrowRight aria-hidden className="size-3.5" />
                </span>
              </li>
            );
          })}
        </ul>
      )}
    </Panel>
  );
}

/** Where the alert names one GPU, its card opens. */
function gpuOf(alert: ActiveAlert): Record<string, string> {
  const { hostname, gpu } = alert.labels;
  return hostname !== undefined && gpu !== undefined ? { gpu: `${hostname}/${gpu}` } : {};
}
