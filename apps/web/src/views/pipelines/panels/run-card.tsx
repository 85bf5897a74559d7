'use client';

import type { PipelineRun } from '@binnacle/shared/api/domain.ts';
import { X } from 'lucide-react';
import { Button } from '#components/ui/button.tsx';
import { cn } from '#components/ui/class-names.ts';
import { useClock } from '#data/clock.tsx';
import type { QueryState } from '#data/query-state.ts';
import { age, timeLabel } from '#format/units.ts';
import { Panel } from '#panel/panel.tsx';
import { pipelineGuide } from '../guide.ts';
import { durationMs, failureOf, type GanttRow, ganttOf } from '../prepare.ts';
import { barColors, StateBadge } from './state-mark.tsx';

const moment = (ms: number) => new Date(ms).toLocaleString('en-GB', { dateStyle: 'medium', timeStyle: 'medium' });

/** One run: its steps as bars over its time, in the order in which they depend on each other. */
export function RunCard({
  id,
  run,
  query,
  onClose,
}: {
  id: string;
  run: PipelineRun | undefined;
  query: QueryState<unknown>;
  onClose: () => void;
}) {
  const { nowMs } = useClock();
  const gantt = run === undefined ? undefined : ganttOf(run, nowMs);
  const took = run === undefined ? null : durationMs(run, nowMs);
  const failure = run === undefined ? null : failureOf(run);
  return (
    <Panel
      title={run?.name ?? 'Run'}
      note={
        run === undefined
          ? undefined
          : [
              run.pipeline,
              run.startedAt === null ? 'not started' : `started ${moment(run.startedAt)}`,
              took === null ? null : run.finishedAt === null ? `${age(took)} so far` : `took ${age(took)}`,
            ]
              .filter(Boolean)
              .join(' · ')
      }
      queries={[query]}
      empty={run === undefined}
      emptyText={`Nothing is known of run ${id}: it is older than the 500 newest, or of another cluster.`}
      metrics={[]}
      guide={pipelineGuide}
      minHeight={140}
      actions={
        <>
          {run !== undefined && <StateBadge state={run.state} />}
          <Button variant="ghost" size="iconSmall" aria-label="Close the run" onClick={onClose}>
            <X aria-hidden />
          </Button>
        </>
      }
      csv={() => ({
        header: ['step', 'state', 'started', 'finished', 'seconds', 'depends_on', 'error'],
        rows: (gantt?.rows ?? []).map(({ task, durationMs: length, dependsOn }) => [
          task.name,
          task.state,
          task.startedAt === null ? null : new Date(task.startedAt).toISOString(),
          task.finishedAt === null ? null : new Date(task.finishedAt).toISOString(),
          length === null ? null : length / 1e3,
          dependsOn.join(' '),
          task.error,
        ]),
      })}
    >
      {failure !== null && (
        <p className="mb-2 rounded-md bg-bad-wash px-2.5 py-1.5 text-[13px] text-bad [overflow-wrap:anywhere]">
          {failure}
        </p>
      )}
      {gantt !== undefined && gantt.rows.length === 0 && (
        <p className="m-auto text-[13px] text-ink-soft">The pipeline server does not name the steps of this run.</p>
      )}
      {gantt !== undefined && gantt.rows.length > 0 && (
        <>
          <ol className="grid gap-1">
            {gantt.rows.map((row) => (
              <Step key={row.task.id} row={row} />
            ))}
          </ol>
          {gantt.fromMs !== null && (
            <p
              aria-hidden
              className="mt-1 flex justify-between text-2xs tabular text-ink-faint sm:ml-[17.5rem] sm:mr-16"
            >
              <span>{timeLabel(gantt.fromMs, 600e3)}</span>
              <span>{timeLabel(gantt.toMs, 600e3)}</span>
            </p>
          )}
          <p className="mt-2 text-xs text-ink-faint">
            Outlined: the chain of steps that decided how long the run takes. A step taken from the cache takes no time.
          </p>
        </>
      )}
    </Panel>
  );
}

function Step({ row }: { row: GanttRow }) {
  const { task, left, width, critical, dependsOn } = row;
  const after = dependsOn.length === 0 ? 'first' : `after ${dependsOn.join(', ')}`;
  return (
    <li className="grid grid-cols-[minmax(0,1fr)_auto] items-center gap-x-3 gap-y-0.5 border-b border-line py-1 last:border-b-0 sm:grid-cols-[9.5rem_6.75rem_minmax(0,1fr)_3.5rem]">
      <span className="min-w-0">
        <span className="block truncate text-[13px]" title={task.name}>
          {task.name}
        </span>
        <span className="block truncate text-2xs text-ink-faint" title={after}>
          {after}
        </span>
      </span>
      <span>
        <StateBadge state={task.state} />
      </span>
      <span
        aria-hidden
        className={cn(
          'relative block h-4 rounded-sm bg-sunken max-sm:col-span-1 max-sm:col-start-1 max-sm:row-start-2',
          left === null && 'hatched',
        )}
      >
        {left !== null && (
          <span
            className="absolute inset-y-0 min-w-0.5 rounded-sm"
            style={{
              left: `${left * 100}%`,
              width: `${width * 100}%`,
              background: barColors[task.state],
              outline: critical ? '2px solid var(--ink)' : undefined,
              opacity: task.state === 'cached' ? 0.5 : 1,
            }}
          />
        )}
      </span>
      <span
        className="whitespace-nowrap text-right text-xs tabular text-ink-soft"
        title={critical ? 'On the chain that decided' : undefined}
      >
        {row.durationMs === null ? '–' : age(row.durationMs)}
      </span>
      {task.error !== null && (
        <span className="col-span-full text-xs text-bad [overflow-wrap:anywhere]">{task.error}</span>
      )}
    </li>
  );
}
