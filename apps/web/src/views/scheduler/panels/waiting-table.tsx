'use client';

import { DataTable } from '#charts/data-table.tsx';
import { useClock } from '#data/clock.tsx';
import type { QueryState } from '#data/query-state.ts';
import { age } from '#format/units.ts';
import { Panel } from '#panel/panel.tsx';
import { queueGuide } from '../guide.ts';
import { type Queue, reasonWords, type WaitingGroup } from '../prepare.ts';
import { ConditionBadge } from './condition-badge.tsx';
import { gpuText } from './queue-tree.tsx';

/** Why am I waiting: each pod group that waits, with the one reason that the scheduler gave. */
export function WaitingTable({
  groups,
  queues,
  query,
  readAt,
  onSelect,
}: {
  groups: readonly WaitingGroup[];
  queues: readonly Queue[];
  query: QueryState<unknown>;
  /** When the list was read, ms since 1970; null where there is none. */
  readAt: number | null;
  onSelect: (queue: string) => void;
}) {
  const { nowMs } = useClock();
  const conditions = new Map(queues.map((queue) => [queue.name, queue.condition]));
  return (
    <Panel
      title="Waiting pod groups"
      note={
        readAt === null
          ? 'With the scheduler’s own reason; oldest first'
          : `As read ${age(nowMs - readAt)} ago, with the scheduler’s own reason; oldest first`
      }
      queries={[query]}
      empty={groups.length === 0}
      {...(queues.some((queue) => queue.pendingGroups !== null) ? { emptyIsGood: 'Nothing waits.' } : {})}
      metrics={['binnacle_queue_pending_pod_groups']}
      guide={queueGuide}
      minHeight={120}
      csv={() => ({
        header: ['namespace', 'pod group', 'queue', 'gpus', 'created', 'reason', 'message'],
        rows: groups.map((g) => [
          g.namespace,
          g.name,
          g.queue,
          g.requestedGpus,
          new Date(g.createdAt).toISOString(),
          g.reason,
          g.message,
        ]),
      })}
    >
      <DataTable<WaitingGroup>
        label="Waiting pod groups"
        rows={groups}
        rowKey={(group) => group.id}
        columns={[
          {
            key: 'group',
            title: 'Pod group',
            value: (g) => `${g.queue} ${g.namespace}/${g.name}`,
            cell: (g) => (
              <span className="block" title={g.id}>
                {g.name}
                <span className="flex items-center gap-1.5 text-xs text-ink-faint">
                  in
                  <button
                    type="button"
                    className="rounded text-accent hover:underline"
                    onClick={() => onSelect(g.queue)}
                  >
                    {g.queue}
                  </button>
                  {conditions.has(g.queue) && (
                    <span className="max-md:hidden">
                      <ConditionBadge condition={conditions.get(g.queue) ?? 'unknown'} />
                    </span>
                  )}
                </span>
              </span>
            ),
          },
          {
            key: 'why',
            title: 'Why',
            wrap: true,
            value: (g) => [g.reason, g.message].filter(Boolean).join(' ') || null,
            cell: (g) => (
              <span className="block min-w-36">
                <span title={g.reason ?? undefined}>{reasonWords(g.reason) ?? 'the scheduler gave no reason yet'}</span>
                {g.message !== null && <span className="block text-xs text-ink-faint">{g.message}</span>}
              </span>
            ),
          },
          {
            key: 'gpus',
            title: 'GPUs',
            align: 'right',
            value: (g) => g.requestedGpus,
            cell: (g) => gpuText(g.requestedGpus),
          },
          {
            key: 'age',
            title: 'Waits for',
            align: 'right',
            value: (g) => nowMs - g.createdAt,
            cell: (g) => (
              <span className="whitespace-nowrap" title={`created ${new Date(g.createdAt).toLocaleString('en-GB')}`}>
                {age(nowMs - g.createdAt)}
              </span>
            ),
          },
        ]}
      />
    </Panel>
  );
}
