'use client';

import type { ChartMark } from '#charts/chart-overlay.tsx';
import { linesOf } from '#charts/lines.ts';
import { TimeSeriesChart } from '#charts/time-series-chart.tsx';
import { type Expression, useRange } from '#data/hooks.ts';
import type { Unit } from '#format/units.ts';
import { linesCsv } from '#panel/csv.ts';
import { Panel } from '#panel/panel.tsx';
import { driftGuide } from '../guide.ts';
import { probeNames } from '../prepare.ts';

/** One quantity over time, a line per probe and model. */
export function DriftChart({
  title,
  note,
  expression,
  unit,
  marks,
  yMax,
  emptyIsGood,
  rounds,
}: {
  title: string;
  note: string;
  expression: Expression;
  unit: Unit;
  marks: readonly ChartMark[];
  yMax?: number;
  emptyIsGood?: string;
  /** What has samples whenever rounds were made: without them emptiness is no good news. */
  rounds?: Expression;
}) {
  const query = useRange(expression, { share: 1 / 2 });
  const made = useRange(rounds ?? expression, { share: 1 / 2 });
  const lines = linesOf(query.data, probeNames((query.data?.series ?? []).map((series) => series.labels)));
  return (
    <Panel
      title={title}
      note={note}
      queries={[query]}
      empty={lines.length === 0}
      {...(emptyIsGood === undefined || !made.data?.series.length ? {} : { emptyIsGood })}
      metrics={['binnacle_drift_agreement_ratio']}
      guide={driftGuide}
      csv={() => linesCsv(lines)}
    >
      {query.data !== undefined && (
        <TimeSeriesChart
          label={title}
          lines={lines}
          unit={unit}
          range={query.data}
          marks={marks}
          {...(yMax === undefined ? {} : { yMax })}
        />
      )}
    </Panel>
  );
}
