'use client';

import type { SourcesAnswer } from '@binnacle/shared/api/domain.ts';
import { StatusBadge } from '#components/ui/status.tsx';
import type { QueryState } from '#data/query-state.ts';
import { format } from '#format/units.ts';
import { Panel } from '#panel/panel.tsx';
import { doorHints, sourceGuide } from '../guide.ts';
import { doorRows } from '../prepare.ts';

/** What came in through the doors of the gateway, and what was sent back and why. */
export function Doors({ query }: { query: QueryState<SourcesAnswer> }) {
  const doors = doorRows(query.data?.doors ?? []);
  return (
    <Panel
      title="Doors"
      note="Where senders push to, since the gateway started"
      queries={[query]}
      empty={doors.length === 0}
      emptyText="No door is open."
      metrics={[]}
      guide={sourceGuide}
      minHeight={120}
      csv={() => ({
        header: ['receiver', 'path', 'accepted', 'reason', 'refused'],
        rows: doors.flatMap((d) =>
          d.reasons.length === 0
            ? [[d.receiver, d.path, d.accepted, null, 0]]
            : d.reasons.map(([reason, count]) => [d.receiver, d.path, d.accepted, reason, count]),
        ),
      })}
    >
      <ul className="grid gap-2.5 text-[13px]">
        {doors.map((door) => (
          <li key={door.key} className="border-b border-line pb-2.5 last:border-b-0 last:pb-0">
            <div className="flex flex-wrap items-baseline gap-x-3 gap-y-1">
              <code className="font-mono text-xs font-medium">POST {door.path}</code>
              <span className="ml-auto whitespace-nowrap tabular text-ink-soft">
                {format(door.accepted, 'count')} samples accepted
              </span>
              <StatusBadge status={door.refused > 0 ? 'attention' : door.accepted > 0 ? 'ok' : 'unknown'}>
                {door.refused > 0
                  ? `${format(door.refused, 'count')} refused`
                  : door.accepted > 0
                    ? 'none refused'
                    : 'nothing came yet'}
              </StatusBadge>
            </div>
            {door.reasons.length > 0 && (
              <ul className="mt-1 text-xs text-ink-soft">
                {door.reasons.map(([reason, count]) => (
                  <li key={reason} className="flex justify-between gap-3">
                    <span>{reason.replaceAll('_', ' ')}</span>
                    <span className="tabular">{format(count, 'count')}</span>
                  </li>
                ))}
              </ul>
            )}
            {doorHints[door.receiver] !== undefined && (
              <code className="mt-1 block font-mono text-2xs text-ink-faint [overflow-wrap:anywhere]">
                {doorHints[door.receiver]}
              </code>
            )}
          </li>
        ))}
      </ul>
    </Panel>
  );
}
