'use client';

import { useCallback, useMemo, useRef, useState } from 'react';
import { same } from '#charts/same.ts';
import { TimeSeriesChart } from '#charts/time-series-chart.tsx';
import { Button } from '#components/ui/button.tsx';
import { cn } from '#components/ui/class-names.ts';
import { Select } from '#components/ui/input.tsx';
import type { RangeAnswer } from '#data/prometheus.ts';
import { linesCsv } from '#panel/csv.ts';
import { Panel } from '#panel/panel.tsx';
import { commonUnit, guessUnit } from '../guess-unit.ts';
import { exploreGuide } from '../guide.ts';
import {
  type Answered,
  type ByHand,
  chartLines,
  commonRange,
  type DrawRule,
  exploreSeries,
  isDrawn,
  isolated,
  mostLines,
  pickedKeys,
  toggled,
} from '../prepare.ts';
import type { Asked } from '../use-answers.ts';
import { SeriesTable } from './series-table.tsx';

const rules: Readonly<Record<DrawRule, string>> = {
  top: `The ${mostLines} largest now`,
  bottom: `The ${mostLines} smallest now`,
  first: `The first ${mostLines} by name`,
};

/** One chart of one or several queries, and the table of their series. */
export function GraphPanel({
  title,
  asked,
  answered,
  waiting,
  families,
  stacked,
  height,
  pick,
  onPick,
}: {
  title: string;
  asked: readonly Asked<RangeAnswer>[];
  answered: readonly Answered<RangeAnswer>[];
  /** Whether some of it is the answer before, since the new one is on its way. */
  waiting: boolean;
  /** Whether the chart is for several queries, answered or not. */
  families: boolean;
  stacked: boolean;
  height: number;
  pick: DrawRule;
  onPick: (rule: DrawRule) => void;
}) {
  const [byHand, setByHand] = useState<ByHand>(new Map());
  const queries = useKept(answered);
  const { series, range, unit, unitOf } = useMemo(() => {
    const units = new Map(queries.map(({ letter, expr }) => [letter, guessUnit(expr)]));
    return {
      series: exploreSeries(queries, families),
      range: commonRange(queries.map(({ answer }) => answer)),
      unit: commonUnit([...units.values()]),
      unitOf: (letter: string) => units.get(letter) ?? 'none',
    };
  }, [queries, families]);
  const picked = useMemo(() => pickedKeys(series, pick), [series, pick]);
  const drawn = useCallback((key: string) => isDrawn(key, picked, byHand), [picked, byHand]);
  const onToggle = useCallback((key: string) => setByHand((before) => toggled(key, picked, before)), [picked]);
  const onIsolate = useCallback(
    (key: string) =>
      setByHand((before) =>
        isolated(
          key,
          series.map((one) => one.key),
          picked,
          before,
        ),
      ),
    [series, picked],
  );
  const lines = useMemo(
    () =>
      chartLines(
        series.filter((one) => drawn(one.key)),
        families,
      ),
    [series, drawn, families],
  );
  // Where something is drawn already, what is still asked for is waited for quietly.
  const known = asked.filter((one) => one.data !== undefined || (one.error === undefined && answered.length === 0));
  const tooMany = series.length > mostLines;

  return (
    <Panel
      title={title}
      note={
        answered.length === 0 ? undefined : (
          <span className="tabular">
            {series.length} series, one point every {range.stepSeconds} s
            {lines.length < series.length && `; ${lines.length} are drawn, the table has all`}
            {byHand.size > 0 && (
              <Button size="small" variant="ghost" className="-my-1 ml-1 h-6" onClick={() => setByHand(new Map())}>
                Show all again
              </Button>
            )}
          </span>
        )
      }
      actions={
        tooMany && (
          <Select
            aria-label="Which series are drawn"
            value={pick}
            className="h-7 w-auto text-xs"
            onChange={(event) => {
              setByHand(new Map());
              onPick(event.target.value as DrawRule);
            }}
          >
            {Object.entries(rules).map(([rule, text]) => (
              <option key={rule} value={rule}>
                {text}
              </option>
            ))}
          </Select>
        )
      }
      queries={known}
      empty={answered.length > 0 && series.length === 0}
      metrics={[]}
      guide={exploreGuide}
      emptyText="The expression gives no series in this time range."
      csv={() => linesCsv(lines)}
      minHeight={height + 40}
    >
      {answered.length > 0 && (
        <div data-waiting={waiting || undefined} aria-busy={waiting} className={cn(waiting && 'opacity-50')}>
          <TimeSeriesChart
            label={`Graph of ${answered.map(({ expr }) => expr).join(' and ')}`}
            lines={lines}
            unit={unit}
            range={range}
            yMin="auto"
            height={height}
            legend={false}
            stacked={stacked}
          />
          <div className="mt-2">
            <SeriesTable
              label={`Series of ${title}`}
              series={series}
              unitOf={unitOf}
              drawn={drawn}
              letters={families}
              onToggle={onToggle}
              onIsolate={onIsolate}
            />
          </div>
        </div>
      )}
    </Panel>
  );
}

/** The list as it was while it holds the same answers: it is made anew with every drawing of the page. */
function useKept<Item>(list: readonly Item[]): readonly Item[] {
  const kept = useRef(list);
  if (!same(kept.current, list, 2)) kept.current = list;
  return kept.current;
}
