'use client';

import type { ReactNode } from 'react';
import { cn } from '#components/ui/class-names.ts';
import type { QueryState } from '#data/query-state.ts';
import { Panel } from '#panel/panel.tsx';
import { queueGuide } from '../guide.ts';
import { type Explained, explainShare, type Queue } from '../prepare.ts';
import { ConditionBadge } from './condition-badge.tsx';
import { gpuText } from './queue-tree.tsx';

const gpus = (value: number | null) => `${gpuText(value)} ${value === 1 ? 'GPU' : 'GPUs'}`;

/** Why the chosen queue is entitled to what it is: quota, then surplus, then the remainder of rounding. */
export function FairShare({
  queue,
  queues,
  capacity,
  queries,
}: {
  queue: Queue | undefined;
  queues: readonly Queue[];
  capacity: number | null;
  queries: readonly QueryState<unknown>[];
}) {
  const explained = queue === undefined ? undefined : explainShare(queues, capacity, queue.name);
  return (
    <Panel
      title={queue === undefined ? 'Fair share' : `Fair share of ${queue.displayName ?? queue.name}`}
      note={queue === undefined ? undefined : queue.path.length > 1 ? queue.path.join(' › ') : 'A root queue'}
      queries={queries}
      empty={queue === undefined}
      metrics={['binnacle_queue_info']}
      guide={queueGuide}
      actions={queue === undefined ? undefined : <ConditionBadge condition={queue.condition} />}
    >
      {queue !== undefined && explained !== undefined && <Explanation queue={queue} explained={explained} />}
    </Panel>
  );
}

function Explanation({ queue, explained }: { queue: Queue; explained: Explained }) {
  if (explained.kind === 'unknown') {
    return (
      <div className="hatched m-auto w-full rounded-md p-4 text-center">
        <p className="inline-block rounded-md bg-surface px-3 py-2 text-[13px] text-ink-soft">
          The division cannot be explained. Unknown: {explained.missing.join('; ')}.
          {queue.fairShare !== null && ` The ${queue.fairShareFrom} gives ${gpus(queue.fairShare)}.`}
        </p>
      </div>
    );
  }
  const { explanation: e, rivals } = explained;
  const group = e.parent === null ? 'the root queues' : `the children of ${e.parent}`;
  const scale = Math.max(1, e.want, e.share, Number.isFinite(queue.allocated ?? 0) ? (queue.allocated ?? 0) : 0);
  const agrees = queue.fairShareFrom !== 'scheduler' || Math.abs((queue.fairShare ?? 0) - e.share) < 0.01;
  const steps: { name: string; from: number; size: number; why: ReactNode; total?: boolean }[] = [
    {
      name: 'Quota',
      from: 0,
      size: e.quota,
      why:
        queue.quota === Number.POSITIVE_INFINITY
          ? `its quota is unlimited: all it asks for, up to the ${gpus(e.divided)} that ${group} divide`
          : e.quota < (queue.quota ?? 0)
            ? `of its quota of ${gpuText(queue.quota)} it asks for no more`
            : queue.quota === 0
              ? 'it has none: nothing is guaranteed'
              : 'guaranteed, whatever the others ask',
    },
    {
      name: 'Surplus',
      from: e.quota,
      size: e.surplus,
      why:
        e.quota >= e.want
          ? 'nothing needed: its quota covers what it may get'
          : queue.weight === 0
            ? 'its over-quota weight is 0: never any surplus'
            : e.divided === 0
              ? `${group} have nothing to divide`
              : e.surplus === 0
                ? `nothing is left for its priority ${gpuText(queue.priority)} after the quotas and higher priorities`
                : `by weight ${gpuText(queue.weight)}${rivals.length > 0 ? ` against ${rivals.join(', ')}` : ', with no sibling that asks'}`,
    },
    {
      name: 'Remainder',
      from: e.quota + e.surplus,
      size: e.remainder,
      why: e.remainder === 0 ? 'no unit of the rounding falls to it' : 'a unit that rounding left over',
    },
    { name: 'Fair share', from: 0, size: e.share, total: true, why: boundWords(queue, e.boundBy, e.divided, group) },
  ];
  return (
    <div className="grid gap-3">
      <p className="text-[13px] text-ink-soft">{verdict(queue)}</p>
      <table className="w-full text-[13px]" aria-label="Fair share, step by step">
        <tbody>
          {steps.map((step) => (
            <tr key={step.name} className={cn(step.total && 'border-t border-line-strong font-medium')}>
              <th scope="row" className="py-1.5 pr-2 text-left align-top font-[inherit] text-ink-soft">
                {step.name}
              </th>
              <td className="w-14 whitespace-nowrap py-1.5 pr-3 text-right align-top tabular">
                {step.total ? '' : '+'}
                {gpuText(step.size)}
              </td>
              <td className="w-full py-1.5">
                <span aria-hidden className="relative mt-1 block h-3 rounded-sm bg-sunken">
                  <span
                    className={cn('absolute inset-y-0 rounded-sm', step.total ? 'bg-ink' : 'bg-(--cat-3)')}
                    style={{ left: `${(step.from / scale) * 100}%`, width: `${(step.size / scale) * 100}%` }}
                  />
                  <span
                    className="absolute -inset-y-0.5 border-l-2 border-dotted border-ink-faint"
                    style={{ left: `calc(${(e.want / scale) * 100}% - 1px)` }}
                  />
                </span>
                <span className="mt-0.5 block text-xs font-normal text-ink-faint">{step.why}</span>
              </td>
            </tr>
          ))}
          <tr>
            <th scope="row" className="py-1.5 pr-2 text-left align-top font-normal text-ink-soft">
              Allocated
            </th>
            <td className="w-14 py-1.5 pr-3 text-right align-top tabular">{gpuText(queue.allocated)}</td>
            <td className="py-1.5">
              <span
                aria-hidden
                className={cn('relative mt-1 block h-3 rounded-sm bg-sunken', queue.allocated === null && 'hatched')}
              >
                <span
                  className="absolute inset-y-0 left-0 rounded-sm bg-(--cat-1)"
                  style={{ width: `${((queue.allocated ?? 0) / scale) * 100}%` }}
                />
              </span>
            </td>
          </tr>
        </tbody>
      </table>
      <p className="text-xs text-ink-faint">
        Dotted line: what it may get now, the smaller of what it asks for ({gpuText(queue.requested)}) and its limit (
        {gpuText(queue.limit)}). {group[0]?.toUpperCase()}
        {group.slice(1)} divide {gpus(e.divided)}.
      </p>
      {!agrees && (
        <p className="rounded-md bg-attention-wash px-2.5 py-1.5 text-xs text-attention">
          The scheduler’s own figure is {gpus(queue.fairShare)}; the division explained here gives {gpus(e.share)}.
          Usual reasons: historical usage (a usage database with kValue), GPUs held by pods of other schedulers, or a
          change within the last seconds.
        </p>
      )}
    </div>
  );
}

function boundWords(queue: Queue, bound: 'request' | 'limit' | 'group', divided: number, group: string): string {
  if (bound === 'request') return 'all it asks for';
  if (bound === 'limit') return `capped by its limit of ${gpuText(queue.limit)}`;
  return `${group} have ${gpus(divided)} to divide, and no more falls to it`;
}

function verdict({ condition, allocated, fairShare, requested }: Queue): string {
  const [has, share, asks] = [gpuText(allocated), gpuText(fairShare), gpuText(requested)];
  switch (condition) {
    case 'starved':
      return `Holds ${has} of the ${share} GPUs it is entitled to and asks for ${asks}: others must give back, or its pods do not fit.`;
    case 'borrowing':
      return `Holds ${has} GPUs, ${gpuText((allocated ?? 0) - (fairShare ?? 0))} beyond its fair share of ${share}: the scheduler may take those back when another queue asks.`;
    case 'waiting':
      return `Holds ${has} GPUs, all that its fair share of ${share} entitles it to, and asks for ${asks}: the rest waits until others ask for less.`;
    case 'idle':
      return 'Holds nothing and asks for nothing; its fair share is 0 as long as it asks for nothing.';
    case 'satisfied':
      return `Has the ${has} GPUs that it asks for.`;
    case 'unknown':
      return 'Not enough is known of this queue to say how it stands.';
  }
}
