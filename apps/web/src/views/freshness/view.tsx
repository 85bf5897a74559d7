'use client';

import { parseAsString, useQueryState } from 'nuqs';
import { useMemo, useState } from 'react';
import { useClock } from '#data/clock.tsx';
import { useFreshness, useRange } from '#data/hooks.ts';
import { age } from '#format/units.ts';
import { ViewHeader } from '#frame/view-header.tsx';
import { Agents, DoorRefusals } from './panels/doors-and-agents.tsx';
import { Lanes } from './panels/lanes.tsx';
import { PipelineTiles } from './panels/pipeline-tiles.tsx';
import { SourceDrawer } from './panels/source-drawer.tsx';
import { SourceTable } from './panels/source-table.tsx';
import { countRows, type SourceRow, sourceRows } from './prepare.ts';
import * as ask from './queries.ts';
import { lanesAtOnce, lanesOf, type Restarts, restartsOf } from './timeline.ts';

const free = { free: true } as const;

/** Is what I see what is, and since when not? Of every cluster: what sends nothing has no cluster to be chosen by. */
export function FreshnessView() {
  const { nowMs, range } = useClock();
  const [selected, select] = useQueryState('source', parseAsString.withOptions({ history: 'push' }));
  const [drawn, setDrawn] = useState(lanesAtOnce);
  const query = useFreshness();
  const instance = query.data?.instance;
  const rows = useMemo(() => sourceRows(query.data, nowMs), [query.data, nowMs]);
  const chosen = rows.find(({ key }) => key === selected);
  const shown = rows.slice(0, drawn);
  const inLanes = chosen === undefined || shown.includes(chosen) ? shown : [...shown, chosen];

  const selection: ask.Selection = {
    instance,
    sources: inLanes.flatMap(({ sender, source }) => (sender === null ? [source] : [])),
    senders: inLanes.flatMap(({ sender }) => (sender === null ? [] : [sender])),
  };
  const on = { ...free, enabled: instance !== undefined };
  const of = {
    started: useRange(ask.processStart(instance), on),
    previous: useRange(ask.previousSeen(instance), on),
    lastArrival: useRange(ask.lastArrival(selection), on),
    silent: useRange(ask.silentSeconds(selection), on),
    up: useRange(ask.up(selection), on),
    accepted: useRange(ask.acceptedRate(selection), on),
    refused: useRange(ask.refusedRate(selection), on),
  };
  const restarts = restartsOf(of.started.data, of.previous.data, range);
  const lanes = lanesOf(
    inLanes,
    {
      started: of.started.data,
      lastArrival: of.lastArrival.data,
      silent: of.silent.data,
      up: of.up.data,
      accepted: of.accepted.data,
      refused: of.refused.data,
    },
    restarts.away,
  );

  return (
    <>
      <ViewHeader
        title="Freshness"
        question="Is what I see what is, and since when not?"
        answer={
          query.data === undefined ? undefined : (
            <Answer rows={rows} restarts={restarts} recall={query.data.recall} evicted={query.data.evicted} />
          )
        }
      />
      <div className="grid gap-3">
        <PipelineTiles query={query} />
        <SourceTable query={query} rows={rows} selected={selected} onSelect={(key) => void select(key)} />
        <Lanes
          rows={shown}
          lanes={lanes}
          restarts={(of.started.data?.series.length ?? 0) > 0 ? restarts : undefined}
          range={range}
          queries={[query, ...Object.values(of)]}
          more={rows.length - shown.length}
          onMore={() => setDrawn(drawn + 100)}
          onSelect={(key) => void select(key)}
        />
        <div className="grid items-start gap-3 xl:grid-cols-2">
          <Agents />
          <DoorRefusals freshness={query} />
        </div>
      </div>
      {chosen !== undefined && (
        <SourceDrawer row={chosen} segments={lanes.get(chosen.key)} nowMs={nowMs} onClose={() => void select(null)} />
      )}
    </>
  );
}

function Answer({
  rows,
  restarts,
  recall,
  evicted,
}: {
  rows: readonly SourceRow[];
  restarts: Restarts;
  recall: 'done' | 'nothing' | 'failed';
  evicted: number;
}) {
  const counts = countRows(rows);
  const awayMs = restarts.away.reduce((sum, { fromMs, toMs }) => sum + toMs - fromMs, 0);
  const wrong = rows.filter(({ status }) => status === 'bad' || status === 'attention');
  const parts = [
    counts.down > 0 && `${counts.down} ${counts.down === 1 ? 'is' : 'are'} down`,
    counts.refused > 0 && `${counts.refused} ${counts.refused === 1 ? 'is' : 'are'} refused altogether`,
    counts.silent > 0 && `${counts.silent} ${counts.silent === 1 ? 'is' : 'are'} silent`,
    counts.clocks > 0 &&
      `${counts.clocks} ${counts.clocks === 1 ? 'has' : 'have'} a wrong clock or ${counts.clocks === 1 ? 'is' : 'are'} late`,
    counts.waiting > 0 && `of ${counts.waiting} nobody can say`,
  ].filter((part) => part !== false);
  return (
    <>
      <strong className="tabular">
        {counts.receiving} of {counts.total}
      </strong>{' '}
      sources and senders are heard{parts.length > 0 && `; ${parts.join(', ')}`}.{' '}
      {awayMs > 0
        ? `The gateway was away for ${age(awayMs)} in this range.`
        : restarts.starts.length > 0
          ? 'The gateway started in this range.'
          : ''}
      {wrong.length > 0 && (
        <span className="block text-[13px] text-ink-soft">
          {wrong
            .slice(0, 3)
            .map((row) => `${row.name}: ${row.word}`)
            .join(' · ')}
          {wrong.length > 3 && ` · and ${wrong.length - 3} more`}
        </span>
      )}
      {recall === 'failed' && (
        <span className="block text-[13px] text-attention">
          What sent before the gateway’s restart could not be recalled: a source that stopped then is missing here.
        </span>
      )}
      {evicted > 0 && (
        <span className="block text-[13px] text-attention">
          {evicted} sources or senders are no longer told apart: there were too many. The longest silent went first.
        </span>
      )}
    </>
  );
}
