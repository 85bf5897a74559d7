'use client';

import dynamic from 'next/dynamic';
import { useCallback, useEffect, useRef, useState } from 'react';
import { useClock } from '#data/clock.tsx';
import { formatQuery, type InstantAnswer, type RangeAnswer } from '#data/prometheus.ts';
import { ViewHeader } from '#frame/view-header.tsx';
import { useFrameState } from '#state/frame-state.ts';
import { type Carried, carriedAnswers } from './carried.ts';
import { costText } from './cost.ts';
import { withRun } from './history.ts';
import { notesOf } from './notes.ts';
import { Examples } from './panels/examples.tsx';
import { Graphs } from './panels/graphs.tsx';
import { InstantTable } from './panels/instant-table.tsx';
import { Nothing } from './panels/nothing.tsx';
import { QueryRowView, type RowCommand } from './panels/query-row.tsx';
import { type Drawer, Toolbar } from './panels/toolbar.tsx';
import {
  allRun,
  letterOf,
  mostQueries,
  moved,
  type QueryRow,
  withAdded,
  withDraft,
  withDuplicate,
  withHidden,
  withoutQuery,
  withPicked,
} from './query-list.ts';
import { type Asked, lackOf, useInstantAnswers, useRangeAnswers, useStep, useStopping } from './use-answers.ts';
import { useExploreOptions } from './use-explore-options.ts';
import { changeHistory } from './use-history.ts';
import { useQueryList } from './use-query-list.ts';

// Drawers load when they open: the page is for asking.
const HistoryDrawer = dynamic(() => import('./panels/history-drawer.tsx').then((file) => file.HistoryDrawer));
const MetricsDrawer = dynamic(() => import('./panels/metrics-drawer.tsx').then((file) => file.MetricsDrawer));
const PlanDrawer = dynamic(() => import('./panels/plan-drawer.tsx').then((file) => file.PlanDrawer));

/** Let me ask. */
export function ExploreView() {
  const { rows, change } = useQueryList();
  const options = useExploreOptions();
  const { from, to } = useFrameState();
  const { refresh } = useClock();
  const [drawer, setDrawer] = useState<Drawer | null>(null);
  const [planOf, setPlanOf] = useState<string | null>(null);

  const shown = rows.filter((row) => !row.hidden && row.expr !== '');
  const exprs = shown.map((row) => row.expr);
  const step = useStep(options.step);
  const { stopped, stop, again } = useStopping(JSON.stringify([exprs, from, to, step]));
  const graph = options.show !== 'table';
  const table = options.show !== 'graph';
  const ranges = useRangeAnswers(graph ? exprs : [], step, { enabled: graph, stopped });
  const instants = useInstantAnswers(table ? exprs : [], { enabled: table, stopped });
  const running = [...ranges.values(), ...instants.values()].some((one) => one.fetching);

  useHistoryOf(exprs);
  const run = useCallback(() => {
    change((before) => {
      const after = allRun(before);
      const ranAtMs = Date.now();
      changeHistory((entries) => after.reduceRight((all, row) => withRun(all, row.expr, ranAtMs), [...entries]));
      return after;
    });
    void again().then(refresh);
  }, [change, again, refresh]);

  const pick = useCallback(
    (expr: string) => {
      change((before) => withPicked(before, expr));
      run();
    },
    [change, run],
  );

  const command = (row: QueryRow, what: RowCommand) => {
    if (what === 'hide') change((before) => withHidden(before, row.id, !row.hidden));
    else if (what === 'duplicate') change((before) => withDuplicate(before, row.id));
    else if (what === 'remove') change((before) => withoutQuery(before, row.id));
    else if (what === 'up' || what === 'down') change((before) => moved(before, row.id, what === 'up' ? -1 : 1));
    else if (what === 'plan') setPlanOf(row.id);
    else {
      // What does not parse stays as it is: its place is underlined already.
      formatQuery(row.draft).then(
        (text) => change((before) => withDraft(before, row.id, text)),
        () => undefined,
      );
    }
  };

  const planned = rows.findIndex((row) => row.id === planOf);
  const drawn = useCarried(rows, ranges);
  const listed = useCarried(rows, instants);
  const lack = lackOf(instants, listed.answered.length);

  return (
    <>
      <ViewHeader title="Explore" question="Let me ask." />
      <div className="grid grid-cols-[minmax(0,1fr)] gap-3">
        <section aria-label="Queries" className="rounded-lg border border-line bg-surface p-3 shadow-panel">
          <ol className="grid gap-1.5">
            {rows.map((row, place) => {
              const asked = [ranges.get(row.expr), instants.get(row.expr)];
              const failed = asked.find((one) => one?.error !== undefined);
              const answer = asked.find((one) => one?.data !== undefined)?.data;
              return (
                <QueryRowView
                  key={row.id}
                  row={row}
                  letter={letterOf(place)}
                  place={place}
                  total={rows.length}
                  notes={row.expr === '' ? [] : notesOf(answer, failed?.error)}
                  cost={costOf(answer, asked)}
                  autoFocus={place === rows.length - 1}
                  onDraft={(draft) => change((before) => withDraft(before, row.id, draft))}
                  onRun={run}
                  onCommand={(what) => command(row, what)}
                  onRetry={failed?.error?.code === 'query_invalid' ? undefined : failed?.retry}
                />
              );
            })}
          </ol>
          <Toolbar
            options={options}
            step={step}
            running={running}
            full={rows.length >= mostQueries}
            onRun={run}
            onStop={stop}
            onAdd={() => change((before) => withAdded(before))}
            onDrawer={setDrawer}
          />
        </section>
        {exprs.length === 0 ? (
          rows.some((row) => row.expr !== '') ? (
            <Nothing text="All queries are hidden." />
          ) : (
            <Examples onPick={pick} />
          )
        ) : (
          <>
            {graph && <Graphs drawn={drawn} asked={ranges} rows={rows} options={options} />}
            {table &&
              (lack !== undefined ? (
                <Nothing text={lack} />
              ) : (
                <InstantTable asked={[...instants.values()]} answered={listed.answered} waiting={listed.waiting} />
              ))}
          </>
        )}
      </div>
      {drawer === 'history' && <HistoryDrawer onClose={() => setDrawer(null)} onPick={pick} />}
      {drawer === 'metrics' && (
        <MetricsDrawer
          onClose={() => setDrawer(null)}
          onPick={(expr) => change((before) => withPicked(before, expr))}
        />
      )}
      {planned >= 0 && (
        <PlanDrawer
          letter={letterOf(planned)}
          expr={rows[planned]?.draft ?? ''}
          step={graph ? step : undefined}
          onClose={() => setPlanOf(null)}
        />
      )}
    </>
  );
}

/** What is shown of the rows while their next answers are on their way. */
function useCarried<Answer>(rows: readonly QueryRow[], answers: ReadonlyMap<string, Asked<Answer>>): Carried<Answer> {
  const last = useRef<Carried<Answer>['last']>(new Map());
  const carried = carriedAnswers(rows, answers, last.current);
  last.current = carried.last;
  return carried;
}

function costOf(
  answer: RangeAnswer | InstantAnswer | undefined,
  asked: readonly (Asked<RangeAnswer> | Asked<InstantAnswer> | undefined)[],
): string | undefined {
  if (asked.some((one) => one?.canceled)) return 'Canceled.';
  if (answer === undefined) return asked.some((one) => one?.loading) ? 'Asking…' : undefined;
  if ('samples' in answer) return costText(answer.samples.length, undefined, answer.cost);
  const points = answer.series.reduce((sum, series) => sum + series.times.length, 0);
  return costText(answer.series.length, points, answer.cost);
}

/** What ran by a link, a reload or the browser's back is history too, where it is not yet. */
function useHistoryOf(exprs: readonly string[]) {
  const asked = JSON.stringify(exprs);
  useEffect(() => {
    const ranAtMs = Date.now();
    changeHistory((entries) =>
      (JSON.parse(asked) as string[])
        .filter((expr) => !entries.some((one) => one.expr === expr.trim()))
        .reduceRight((all, expr) => withRun(all, expr, ranAtMs), [...entries]),
    );
  }, [asked]);
}
