'use client';

import { parseAsString, useQueryState } from 'nuqs';
import { useAlertMarks } from '#charts/use-alert-marks.ts';
import { useClock } from '#data/clock.tsx';
import { useInstant, useRecords } from '#data/hooks.ts';
import { age } from '#format/units.ts';
import { ViewHeader } from '#frame/view-header.tsx';
import { ViewBody } from '#panel/view-body.tsx';
import { queueGuide } from './guide.ts';
import { FairShare } from './panels/fair-share.tsx';
import { AllocatedChart, OldestPendingChart } from './panels/over-time.tsx';
import { gpuText, QueueTree } from './panels/queue-tree.tsx';
import { WaitingTable } from './panels/waiting-table.tsx';
import {
  allocatedTotal,
  type Queue,
  queueTree,
  reasonWords,
  tellingQueue,
  type WaitingGroup,
  waitingGroups,
} from './prepare.ts';
import { capacity as capacityOf, queueFacts, schedulerFairShare } from './queries.ts';

/** Who has what, who should, and why am I waiting? */
export function SchedulerView() {
  const [chosen, setChosen] = useQueryState('queue', parseAsString.withOptions({ history: 'push' }));
  const facts = useInstant(queueFacts);
  const shares = useInstant(schedulerFairShare);
  const total = useInstant(capacityOf);
  const records = useRecords({ kind: 'pod_group', limit: 1000 });
  const marks = useAlertMarks('/scheduler');

  const queues = queueTree(facts.data?.samples ?? [], shares.data?.samples ?? []);
  const capacity = total.data?.samples[0]?.value ?? null;
  const groups = waitingGroups(records.data ?? [], queues);
  const name = chosen !== null && queues.some((queue) => queue.name === chosen) ? chosen : tellingQueue(queues);
  const select = (queue: string) => void setChosen(queue);
  const queries = [facts, shares, total];

  return (
    <>
      <ViewHeader
        title="Scheduler"
        question="Who has what, who should, and why am I waiting?"
        answer={
          <Answer
            queues={queues}
            capacity={capacity}
            groups={records.data === undefined ? null : groups}
            onSelect={select}
          />
        }
      />
      <ViewBody guide={queueGuide}>
        <div className="grid gap-3 xl:grid-cols-2">
          <div className="min-w-0 xl:col-span-2">
            <QueueTree queues={queues} capacity={capacity} queries={queries} selected={name} onSelect={select} />
          </div>
          <FairShare
            queue={queues.find((queue) => queue.name === name)}
            queues={queues}
            capacity={capacity}
            queries={queries}
          />
          <WaitingTable
            groups={groups}
            queues={queues}
            query={records}
            readAt={groups.length === 0 ? null : (records.data?.[0]?.at ?? null)}
            onSelect={select}
          />
          <AllocatedChart queues={queues} marks={marks} />
          <OldestPendingChart marks={marks} />
        </div>
      </ViewBody>
    </>
  );
}

function Answer({
  queues,
  capacity,
  groups,
  onSelect,
}: {
  queues: readonly Queue[];
  capacity: number | null;
  /** null: not known yet. */
  groups: readonly WaitingGroup[] | null;
  onSelect: (queue: string) => void;
}) {
  const { nowMs } = useClock();
  if (queues.length === 0) return null;
  const held = allocatedTotal(queues);
  const leaves = queues.filter((queue) => queue.leaf);
  const starved = leaves.filter((queue) => queue.condition === 'starved');
  const borrowing = leaves.filter((queue) => queue.condition === 'borrowing');
  const unknown = leaves.filter((queue) => queue.condition === 'unknown');
  const oldest = groups?.[0];
  return (
    <>
      <strong className="tabular">
        {held === null ? 'An unknown number' : gpuText(held)} of{' '}
        {capacity === null ? 'an unknown number of' : gpuText(capacity)} GPUs
      </strong>{' '}
      are allocated.{' '}
      {starved.length === 0 ? (
        unknown.length === 0 ? (
          'No queue holds less than its fair share while it asks for more. '
        ) : (
          `Of ${unknown.length} of ${leaves.length} queues it is unknown whether they get their share. `
        )
      ) : (
        <>
          {starved.map((queue, i) => (
            <span key={queue.name}>
              {i > 0 && '; '}
              <QueueLink name={queue.name} onSelect={onSelect} /> is starved: it holds{' '}
              <span className="tabular">{gpuText(queue.allocated)}</span> of its fair share of{' '}
              <span className="tabular">{gpuText(queue.fairShare)}</span>
            </span>
          ))}
          {'. '}
        </>
      )}
      {borrowing.map((queue) => (
        <span key={queue.name}>
          <QueueLink name={queue.name} onSelect={onSelect} /> borrows{' '}
          <span className="tabular">{gpuText((queue.allocated ?? 0) - (queue.fairShare ?? 0))}</span> beyond its share.{' '}
        </span>
      ))}
      {groups !== null && (
        <span className="block text-[13px] text-ink-soft">
          {groups.length === 0
            ? 'No pod group waits.'
            : `${groups.length} pod ${groups.length === 1 ? 'group waits' : 'groups wait'}.`}
          {oldest !== undefined &&
            ` The oldest, ${oldest.name} in ${oldest.queue}, since ${age(nowMs - oldest.createdAt)}: ${reasonWords(oldest.reason) ?? 'the scheduler gave no reason yet'}.`}
        </span>
      )}
    </>
  );
}

function QueueLink({ name, onSelect }: { name: string; onSelect: (queue: string) => void }) {
  return (
    <button type="button" className="rounded text-accent hover:underline" onClick={() => onSelect(name)}>
      {name}
    </button>
  );
}
