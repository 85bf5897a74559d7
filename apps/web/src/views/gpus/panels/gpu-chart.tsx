'use client';

import type { ChartMark } from '#charts/chart-overlay.tsx';
import { linesOf } from '#charts/lines.ts';
import { TimeSeriesChart } from '#charts/time-series-chart.tsx';
import { useRange } from '#data/hooks.ts';
import type { Unit } from '#format/units.ts';
import { linesCsv } from '#panel/csv.ts';
import { Panel } from '#panel/panel.tsx';
import { gpuGuide } from '../guide.ts';
import { nodeOf } from '../prepare.ts';
import { overTime } from '../queries.ts';

/** One quantity over time: a line per node, or per GPU of the chosen node. */
export function GpuChart({
  title,
  note,
  metric,
  aggregate,
  unit,
  node,
  marks,
  yMin,
  yMax,
  threshold,
}: {
  title: string;
  note?: string;
  metric: string;
  aggregate: 'avg' | 'max' | 'min' | 'sum';
  unit: Unit;
  node: string | undefined;
  marks: readonly ChartMark[];
  yMin?: number | 'auto';
  yMax?: number;
  threshold?: { value: number; label: string };
}) {
  const query = useRange(overTime(metric, aggregate, node), { share: 1 / 2 });
  const lines = linesOf(query.data, (labels) => (node === undefined ? nodeOf(labels) : `GPU ${labels.gpu}`));
  return (
    <Panel
      title={node === undefined ? `${title} by node` : `${title} of ${node}`}
      note={note}
      queries={[query]}
      empty={lines.length === 0}
      metrics={[metric]}
      guide={gpuGuide}
      csv={() => linesCsv(lines)}
    >
      {query.data !== undefined && (
        <TimeSeriesChart
          label={title}
          lines={lines}
          unit={unit}
          range={query.data}
          marks={marks}
          {...(yMin === undefined ? {} : { yMin })}
          {...(yMax === undefined ? {} : { yMax })}
          threshold={threshold}
        />
      )}
    </Panel>
  );
}
