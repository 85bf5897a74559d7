'use client';

import type { RangeAnswer } from '#data/prometheus.ts';
import type { Carried } from '../carried.ts';
import { letterOf, type QueryRow } from '../query-list.ts';
import { type Asked, lackOf } from '../use-answers.ts';
import type { ExploreOptions } from '../use-explore-options.ts';
import { GraphPanel } from './graph.tsx';
import { Nothing } from './nothing.tsx';

/** All queries in one chart, or each in its own. */
export function Graphs({
  drawn,
  asked,
  rows,
  options,
}: {
  drawn: Carried<RangeAnswer>;
  asked: ReadonlyMap<string, Asked<RangeAnswer>>;
  rows: readonly QueryRow[];
  options: ExploreOptions;
}) {
  const shared = {
    stacked: options.draw === 'stacked',
    pick: options.pick,
    onPick: (pick: typeof options.pick) => void options.setOptions({ pick }),
  };
  const { answered, waiting } = drawn;
  const lack = lackOf(asked, answered.length);
  if (lack !== undefined) return <Nothing text={lack} />;
  if (options.charts === 'one')
    return (
      <GraphPanel
        title="Graph"
        asked={[...asked.values()]}
        answered={answered}
        waiting={waiting}
        families={rows.filter((row) => !row.hidden && row.expr !== '').length > 1}
        height={320}
        {...shared}
      />
    );
  return rows.flatMap((row, place) => {
    const state = row.hidden ? undefined : asked.get(row.expr);
    const letter = letterOf(place);
    const mine = answered.filter((one) => one.letter === letter);
    // What failed or was canceled is said at the query.
    if (state === undefined || (mine.length === 0 && !state.loading)) return [];
    return [
      <GraphPanel
        key={row.id}
        title={`Graph ${letter}`}
        asked={[state]}
        answered={mine}
        waiting={state.loading}
        families={false}
        height={220}
        {...shared}
      />,
    ];
  });
}
