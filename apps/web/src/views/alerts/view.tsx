'use client';

import { parseAsString, parseAsStringLiteral, useQueryState } from 'nuqs';
import { Segmented } from '#components/ui/segmented.tsx';
import { alertHistory } from '#data/app-answers.ts';
import { useApp } from '#data/app-api.ts';
import { useClock } from '#data/clock.tsx';
import { useCluster } from '#data/cluster.ts';
import { useAlerts } from '#data/hooks.ts';
import { age } from '#format/units.ts';
import { ViewHeader } from '#frame/view-header.tsx';
import { useInSight } from '#panel/use-in-sight.ts';
import { useFrameState } from '#state/frame-state.ts';
import { resolveRange } from '#state/time-range.ts';
import { AlertList } from './panels/alert-list.tsx';
import { AlertStory } from './panels/alert-story.tsx';
import { RuleTable } from './panels/rule-table.tsx';
import { type AlertRow, alertRows } from './prepare.ts';

const views = ['alerts', 'rules'] as const;

/** What fires, who has it, what was it? */
export function AlertsView() {
  const [shown, show] = useQueryState('view', parseAsStringLiteral(views).withDefault('alerts'));
  const [selected, select] = useQueryState('alert', parseAsString.withOptions({ history: 'push' }));
  const { from, to } = useFrameState();
  const { nowMs } = useClock();
  const { name } = useCluster();
  const live = useAlerts();
  const history = useApp(
    ['alerts', from, to],
    () => {
      const range = resolveRange(from, to, Date.now());
      return `/api/alerts/history?from=${Math.round(range.fromMs)}&to=${Math.round(range.toMs)}`;
    },
    alertHistory,
  );
  const rows = alertRows(history.data, live.data).filter(
    ({ labels }) => name === undefined || labels.cluster === undefined || labels.cluster === name,
  );
  const story = useInSight<HTMLDivElement>(selected);
  const one = rows.find(({ id }) => id === selected);
  const known = history.data !== undefined || live.data !== undefined;
  return (
    <>
      <ViewHeader
        title="Alerts"
        question="What fires, who has it, what was it?"
        answer={known ? <Answer rows={rows} nowMs={nowMs} complete={history.data !== undefined} /> : undefined}
        actions={
          <Segmented
            label="What to show"
            value={shown}
            options={[
              { value: 'alerts', label: 'Alerts' },
              { value: 'rules', label: 'Rules' },
            ]}
            onChange={(value) => void show(value)}
          />
        }
      />
      {shown === 'rules' ? (
        <RuleTable />
      ) : (
        <div className="grid items-start gap-3 xl:grid-cols-2">
          <div className={selected === null ? 'min-w-0 xl:col-span-2' : 'min-w-0 max-xl:order-2'}>
            <AlertList
              rows={rows}
              queries={[live, history]}
              truncated={history.data?.truncated ?? false}
              selected={selected}
              onSelect={(id) => void select(id)}
            />
          </div>
          {selected !== null && (
            <div ref={story} className="min-w-0 scroll-mt-28 xl:sticky xl:top-[4.25rem]">
              <AlertStory
                key={selected}
                row={one}
                rows={rows}
                queries={[live, history]}
                onSelect={(id) => void select(id)}
                onClose={() => void select(null)}
              />
            </div>
          )}
        </div>
      )}
    </>
  );
}

function Answer({ rows, nowMs, complete }: { rows: readonly AlertRow[]; nowMs: number; complete: boolean }) {
  const count = (state: AlertRow['state'], severity?: string) =>
    rows.filter((row) => row.state === state && (severity === undefined || row.severity === severity)).length;
  const firing = rows.filter(({ state }) => state === 'firing');
  const oldest = Math.min(...firing.flatMap(({ firedAt, activeAt }) => firedAt ?? activeAt ?? []));
  const critical = count('firing', 'critical');
  return (
    <>
      {firing.length === 0 ? (
        'Nothing fires'
      ) : (
        <>
          <strong className="tabular">{firing.length}</strong> {firing.length === 1 ? 'alert fires' : 'alerts fire'}
          {critical > 0 && (
            <>
              , <strong className="tabular">{critical}</strong> of them critical
            </>
          )}
          {Number.isFinite(oldest) && <>; the oldest for {age(nowMs - oldest)}</>}
        </>
      )}
      . {count('pending')} pending
      {complete
        ? `, ${count('resolved')} resolved in this range.`
        : '. The history is not known: Postgres does not answer.'}
    </>
  );
}
