'use client';

import { CornerDownRight } from 'lucide-react';
import { DataTable } from '#charts/data-table.tsx';
import { cn } from '#components/ui/class-names.ts';
import type { QueryState } from '#data/query-state.ts';
import { digits } from '#format/units.ts';
import { Panel } from '#panel/panel.tsx';
import { queueGuide } from '../guide.ts';
import type { Queue } from '../prepare.ts';
import { ConditionBadge } from './condition-badge.tsx';

/** GPUs as text: unknown is a dash, +Inf is what it means. */
export const gpuText = (value: number | null): string =>
  value === null ? '–' : Number.isFinite(value) ? digits(value, 4) : 'unlimited';

/** What a bar shows: allocated solid, asked for pale, fair share as a tick, quota as a dotted tick. */
function QueueBar({ queue, scale }: { queue: Queue; scale: number }) {
  const at = (value: number) => `${Math.min(1, Math.max(0, value / scale)) * 100}%`;
  const { allocated, requested, fairShare, quota } = queue;
  return (
    <span
      aria-hidden
      className={cn('relative block h-3 min-w-20 rounded-sm md:min-w-48 bg-sunken', allocated === null && 'hatched')}
      title={`allocated ${gpuText(allocated)}, asks for ${gpuText(requested)}, fair share ${gpuText(fairShare)}, quota ${gpuText(quota)}`}
    >
      {requested !== null && (
        <span
          className="absolute inset-y-0 left-0 rounded-sm bg-(--cat-1) opacity-25"
          style={{ width: at(requested) }}
        />
      )}
      {allocated !== null && (
        <span className="absolute inset-y-0 left-0 rounded-sm bg-(--cat-1)" style={{ width: at(allocated) }} />
      )}
      {quota !== null && Number.isFinite(quota) && quota > 0 && (
        <span
          className="absolute -inset-y-0.5 border-l-2 border-dotted border-ink-faint"
          style={{ left: `calc(${at(quota)} - 1px)` }}
        />
      )}
      {fairShare !== null && (
        <span className="absolute -inset-y-0.5 w-0.5 bg-ink" style={{ left: `calc(${at(fairShare)} - 1px)` }} />
      )}
    </span>
  );
}

function Key() {
  return (
    <span className="flex flex-wrap items-center gap-x-3 gap-y-0.5">
      <span>A parent’s numbers contain its children’s.</span>
      <span className="inline-flex items-center gap-1">
        <span aria-hidden className="h-2.5 w-3 rounded-sm bg-(--cat-1)" /> allocated
      </span>
      <span className="inline-flex items-center gap-1">
        <span aria-hidden className="h-2.5 w-3 rounded-sm bg-(--cat-1) opacity-25" /> asked for
      </span>
      <span className="inline-flex items-center gap-1">
        <span aria-hidden className="h-3 w-0.5 bg-ink" /> fair share
      </span>
      <span className="inline-flex items-center gap-1">
        <span aria-hidden className="h-3 border-l-2 border-dotted border-ink-faint" /> quota
      </span>
    </span>
  );
}

/** Who has what and who should: the tree of queues, a row each. */
export function QueueTree({
  queues,
  capacity,
  queries,
  selected,
  onSelect,
}: {
  queues: readonly Queue[];
  capacity: number | null;
  queries: readonly QueryState<unknown>[];
  selected: string | null;
  onSelect: (queue: string) => void;
}) {
  const finite = queues.flatMap((q) => [q.allocated, q.requested, q.fairShare]).filter((v) => v !== null);
  const scale = Math.max(1, capacity ?? 0, ...finite.filter(Number.isFinite));
  const sources = new Set(queues.map((queue) => queue.fairShareFrom));
  return (
    <Panel
      title="Queues"
      note={<Key />}
      queries={queries}
      empty={queues.length === 0}
      metrics={['binnacle_queue_info']}
      guide={queueGuide}
      minHeight={260}
      csv={() => ({
        header: [
          'queue',
          'parent',
          'state',
          'allocated',
          'fair share',
          'fair share from',
          'requested',
          'quota',
          'limit',
          'over-quota weight',
          'priority',
        ],
        rows: queues.map((q) => [
          q.name,
          q.parent,
          q.condition,
          q.allocated,
          q.fairShare,
          q.fairShareFrom,
          q.requested,
          ...[q.quota, q.limit].map((v) => (v === Number.POSITIVE_INFINITY ? 'unlimited' : v)),
          q.weight,
          q.priority,
        ]),
      })}
    >
      <DataTable<Queue>
        label="Queues"
        rows={queues}
        rowKey={(queue) => queue.name}
        selected={selected ?? undefined}
        onRow={(queue) => onSelect(queue.name)}
        filterFrom={16}
        maxHeight={560}
        columns={[
          {
            key: 'queue',
            title: 'Queue',
            hint: 'Sorted by this column, children stand under their parents',
            value: (q) => q.path.join(' / '),
            cell: (q) => (
              <span
                className="flex items-center gap-1 whitespace-nowrap"
                style={{ paddingLeft: Math.min(q.depth, 6) * 16 }}
              >
                {q.depth > 0 && <CornerDownRight aria-hidden className="size-3.5 shrink-0 text-ink-faint" />}
                <button
                  type="button"
                  className={cn('rounded hover:underline', q.leaf ? 'text-accent' : 'font-medium')}
                  onClick={() => onSelect(q.name)}
                >
                  {q.displayName ?? q.name}
                </button>
                {q.orphan && (
                  <span
                    className="text-xs text-attention"
                    title={`Its parent ${q.parent} leads to no root: the scheduler skips this queue`}
                  >
                    no root
                  </span>
                )}
              </span>
            ),
          },
          {
            key: 'state',
            title: 'State',
            value: (q) => q.condition,
            cell: (q) => <ConditionBadge condition={q.condition} />,
          },
          {
            key: 'bar',
            title: `GPUs, 0 to ${digits(scale, 4)}`,
            value: (q) => q.allocated,
            cell: (q) => <QueueBar queue={q} scale={scale} />,
          },
          {
            key: 'allocated',
            title: 'Allocated',
            align: 'right',
            value: (q) => q.allocated,
            cell: (q) => gpuText(q.allocated),
          },
          {
            key: 'fair',
            title: 'Fair share',
            align: 'right',
            hint: 'What the queue is entitled to now; depends on who asks',
            value: (q) => q.fairShare,
            cell: (q) => (
              <span title={q.fairShareFrom === null ? 'no source' : `by the ${q.fairShareFrom}`}>
                {gpuText(q.fairShare)}
                {q.modelDiffers !== null && (
                  <span className="block text-2xs text-attention">model: {gpuText(q.modelDiffers)}</span>
                )}
              </span>
            ),
          },
          {
            key: 'requested',
            title: 'Asks for',
            align: 'right',
            hint: 'Allocated and pending',
            value: (q) => q.requested,
            cell: (q) => gpuText(q.requested),
          },
          {
            key: 'quota',
            title: 'Quota',
            align: 'right',
            wide: true,
            value: (q) => q.quota,
            cell: (q) => gpuText(q.quota),
          },
          {
            key: 'limit',
            title: 'Limit',
            align: 'right',
            wide: true,
            value: (q) => q.limit,
            cell: (q) => gpuText(q.limit),
          },
          {
            key: 'weight',
            title: 'Weight',
            align: 'right',
            wide: true,
            hint: 'Over-quota weight: how the surplus is divided among siblings of one priority',
            value: (q) => q.weight,
            cell: (q) => gpuText(q.weight),
          },
          {
            key: 'priority',
            title: 'Priority',
            align: 'right',
            wide: true,
            hint: 'The surplus goes to higher priorities first; quotas do not depend on it',
            value: (q) => q.priority,
            cell: (q) => gpuText(q.priority),
          },
        ]}
      />
      {queues.length > 0 && (
        <p className="mt-2 text-xs text-ink-faint">
          {sources.has('scheduler') && sources.has('model')
            ? 'Fair share: the scheduler’s own figure where it exports one, else Binnacle’s model of its division.'
            : sources.has('scheduler')
              ? 'Fair share: the scheduler’s own figure (kai_queue_fair_share_gpu).'
              : sources.has('model')
                ? 'Fair share: Binnacle’s model of KAI’s division, since the scheduler’s own figure is not scraped.'
                : 'Fair share: unknown, neither the scheduler nor the model gives one.'}
        </p>
      )}
    </Panel>
  );
}
