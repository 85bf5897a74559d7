'use client';

import type { PipelineRun } from '@binnacle/shared/api/domain.ts';
import { parseAsString, useQueryState } from 'nuqs';
import { DataTable } from '#charts/data-table.tsx';
import { useClock } from '#data/clock.tsx';
import { useInstant, useRecords } from '#data/hooks.ts';
import { age, format } from '#format/units.ts';
import { ViewHeader } from '#frame/view-header.tsx';
import { Panel } from '#panel/panel.tsx';
import { useInSight } from '#panel/use-in-sight.ts';
import { ViewBody } from '#panel/view-body.tsx';
import { pipelineGuide } from './guide.ts';
import { RunCard } from './panels/run-card.tsx';
import { RunMatrix } from './panels/run-matrix.tsx';
import { StateBadge } from './panels/state-mark.tsx';
import { countStates, durationMs, failureOf, runsOf, runsWithin } from './prepare.ts';

const newest = 500;
const moment = (ms: number) =>
  new Date(ms).toLocaleString('en-GB', { day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit' });

/** Did it run, what did it make? */
export function PipelinesView() {
  const { range, nowMs } = useClock();
  const [selected, select] = useQueryState('run', parseAsString.withOptions({ history: 'push' }));
  const query = useRecords({ kind: 'pipeline_run', limit: newest });
  const listed = useInstant(({ cluster }) => `sum(binnacle_pipeline_runs{${cluster}})`);
  const { runs: all, unreadable } = runsOf(query.data ?? []);
  const runs = runsWithin(all, range);
  const total = listed.data?.samples[0]?.value ?? null;
  const card = useInSight<HTMLDivElement>(selected);
  const toggle = (id: string) => void select(id === selected ? null : id);
  return (
    <>
      <ViewHeader
        title="Pipelines"
        question="Did it run, what did it make?"
        answer={
          query.data === undefined || all.length === 0 ? undefined : (
            <Answer
              runs={runs}
              newestRun={all[0]}
              total={total}
              unreadable={unreadable}
              nowMs={nowMs}
              onSelect={toggle}
            />
          )
        }
      />
      <ViewBody guide={pipelineGuide}>
        <div className="grid items-start gap-3 xl:grid-cols-2">
          <RunMatrix
            runs={runs}
            query={query}
            selected={selected}
            onSelect={toggle}
            className={selected === null ? 'xl:col-span-2' : 'max-xl:order-2'}
          />
          {selected !== null && (
            <div ref={card} className="min-w-0 scroll-mt-28">
              <RunCard
                id={selected}
                run={all.find(({ id }) => id === selected)}
                query={query}
                onClose={() => void select(null)}
              />
            </div>
          )}
          <Panel
            title="Runs"
            note="Under way at some time of the range, newest first"
            queries={[query]}
            empty={runs.length === 0}
            metrics={['binnacle_pipeline_run_state']}
            guide={pipelineGuide}
            minHeight={140}
            className="xl:col-span-2 max-xl:order-3"
            csv={() => ({
              header: ['run', 'pipeline', 'state', 'started', 'seconds', 'error'],
              rows: runs.map((run) => {
                const took = durationMs(run, nowMs);
                return [
                  run.name,
                  run.pipeline,
                  run.state,
                  run.startedAt === null ? null : new Date(run.startedAt).toISOString(),
                  took === null ? null : took / 1e3,
                  failureOf(run),
                ];
              }),
            })}
          >
            <RunTable runs={runs} selected={selected} onSelect={toggle} nowMs={nowMs} />
          </Panel>
        </div>
      </ViewBody>
    </>
  );
}

function RunTable({
  runs,
  selected,
  onSelect,
  nowMs,
}: {
  runs: readonly PipelineRun[];
  selected: string | null;
  onSelect: (id: string) => void;
  nowMs: number;
}) {
  return (
    <DataTable<PipelineRun>
      label="Runs"
      rows={runs}
      rowKey={(run) => run.id}
      selected={selected ?? undefined}
      onRow={(run) => onSelect(run.id)}
      columns={[
        { key: 'state', title: 'State', value: (r) => r.state, cell: (r) => <StateBadge state={r.state} /> },
        {
          key: 'run',
          title: 'Run',
          value: (r) => r.name,
          cell: (r) => (
            <button type="button" className="rounded text-left text-accent hover:underline">
              {r.name}
            </button>
          ),
        },
        { key: 'pipeline', title: 'Pipeline', wide: true, value: (r) => r.pipeline },
        {
          key: 'started',
          title: 'Started',
          align: 'right',
          value: (r) => r.startedAt,
          cell: (r) => (r.startedAt === null ? 'not yet' : moment(r.startedAt)),
        },
        {
          key: 'duration',
          title: 'Duration',
          align: 'right',
          value: (r) => durationMs(r, nowMs),
          cell: (r) => {
            const took = durationMs(r, nowMs);
            return took === null ? '–' : `${age(took)}${r.finishedAt === null ? ' so far' : ''}`;
          },
        },
        {
          key: 'steps',
          title: 'Steps done',
          align: 'right',
          wide: true,
          value: (r) => r.tasks.filter(({ state }) => state === 'succeeded' || state === 'cached').length,
          cell: (r) =>
            r.tasks.length === 0
              ? '–'
              : `${r.tasks.filter(({ state }) => state === 'succeeded' || state === 'cached').length} of ${r.tasks.length}`,
        },
        {
          key: 'error',
          title: 'Error',
          wrap: true,
          value: (r) => failureOf(r),
          cell: (r) => <span className="text-xs text-bad [overflow-wrap:anywhere]">{failureOf(r) ?? ''}</span>,
        },
      ]}
    />
  );
}

function Answer({
  runs,
  newestRun,
  total,
  unreadable,
  nowMs,
  onSelect,
}: {
  runs: readonly PipelineRun[];
  newestRun: PipelineRun | undefined;
  total: number | null;
  unreadable: number;
  nowMs: number;
  onSelect: (id: string) => void;
}) {
  const counts = countStates(runs);
  const failed = runs.filter(({ state }) => state === 'failed');
  const over = (counts.get('succeeded') ?? 0) + failed.length + (counts.get('canceled') ?? 0);
  const running = counts.get('running') ?? 0;
  const began = newestRun?.startedAt ?? newestRun?.createdAt ?? null;
  return (
    <>
      {runs.length === 0 ? (
        <>
          No run in this range
          {newestRun !== undefined &&
            began !== null &&
            `; the newest, ${newestRun.name}, began ${age(nowMs - began)} ago`}
          .
        </>
      ) : (
        <>
          {over > 0 ? (
            <>
              <strong className="tabular">
                {counts.get('succeeded') ?? 0} of {over}
              </strong>{' '}
              ended runs succeeded, {failed.length} failed
            </>
          ) : (
            'No run has ended in this range'
          )}
          ; {running} {running === 1 ? 'runs' : 'run'} now.
        </>
      )}
      <span className="block text-[13px] text-ink-soft">
        {failed[0] !== undefined && (
          <>
            Last failure:{' '}
            <button
              type="button"
              className="rounded text-accent hover:underline"
              onClick={() => onSelect((failed[0] as PipelineRun).id)}
            >
              {failed[0].name}
            </button>{' '}
            at {failureOf(failed[0]) ?? 'a step that nobody names'}.{' '}
          </>
        )}
        {total !== null && `The pipeline server lists ${format(total, 'count')} runs.`}
        {unreadable > 0 && ` ${unreadable} records could not be read.`}
      </span>
    </>
  );
}
