'use client';

import dynamic from 'next/dynamic';
import { ChartComing } from '#charts/chart-coming.tsx';
import type { ChartMark } from '#charts/chart-overlay.tsx';
import { linesOf } from '#charts/lines.ts';
import { TimeSeriesChart } from '#charts/time-series-chart.tsx';
import { useInstant, useRange } from '#data/hooks.ts';
import type { RangeAnswer } from '#data/prometheus.ts';
import type { QueryState } from '#data/query-state.ts';
import { linesCsv } from '#panel/csv.ts';
import { Panel } from '#panel/panel.tsx';
import { collectiveGuide } from '../guide.ts';
import { bandwidthLines, type JobBandwidth, sizeLines } from '../prepare.ts';
import * as ask from '../queries.ts';

// It brings the chart library, which is fetched beside the first answers.
const SizeChart = dynamic(() => import('#charts/size-chart.tsx').then((module) => module.SizeChart), {
  ssr: false,
  loading: () => <ChartComing />,
});

/** Measured against expected over time, per job. */
export function BandwidthOverTime({
  jobs,
  queries,
  range,
  marks,
}: {
  jobs: readonly JobBandwidth[];
  queries: readonly QueryState<unknown>[];
  range: RangeAnswer | undefined;
  marks: readonly ChartMark[];
}) {
  const lines = bandwidthLines(jobs);
  const alone = jobs.length === 1 ? jobs[0]?.expected : null;
  const band =
    alone === null || alone === undefined
      ? undefined
      : {
          name: '80 to 105 % of expected',
          times: alone.times,
          low: alone.values.map((v) => v * 0.8),
          high: alone.values.map((v) => v * 1.05),
        };
  return (
    <Panel
      title="All-reduce bus bandwidth"
      note="Mean over the ranks at the largest message; dashed: what the alpha-beta model expects"
      queries={queries}
      empty={lines.length === 0}
      metrics={[ask.measuredMetric]}
      guide={collectiveGuide}
      csv={() => linesCsv(lines)}
    >
      {range !== undefined && (
        <TimeSeriesChart
          label="All-reduce bus bandwidth, measured and expected"
          lines={lines}
          unit="bytesPerSecond"
          range={range}
          band={band}
          marks={marks}
          height={240}
        />
      )}
    </Panel>
  );
}

/** Bandwidth by message size, as nccl-tests measured it. */
export function BandwidthBySize() {
  const measured = useInstant(ask.tested);
  const expected = useInstant(ask.testExpected);
  const lines = sizeLines(measured.data?.samples ?? [], expected.data?.samples ?? []);
  return (
    <Panel
      title="Bus bandwidth by message size"
      note="Points: measured by nccl-tests; dashed: expected by the model"
      queries={[measured, expected]}
      empty={lines.length === 0}
      metrics={[ask.testMetric]}
      guide={collectiveGuide}
      csv={() => ({
        header: ['line', 'size_bytes', 'bytes_per_second'],
        rows: lines.flatMap((line) => line.sizes.map((size, i) => [line.name, size, line.values[i] ?? null])),
      })}
    >
      <SizeChart label="Bus bandwidth over message size" lines={lines} unit="bytesPerSecond" />
    </Panel>
  );
}

/** How far the ranks of a collective are apart. */
export function SkewOverTime({ marks }: { marks: readonly ChartMark[] }) {
  const query = useRange(ask.skew, { share: 1 / 2 });
  const lines = linesOf(query.data, (labels) => `${labels.job}, ${labels.collective}`);
  return (
    <Panel
      title="Skew between ranks"
      note="Slowest minus fastest execution time of the same collective"
      queries={[query]}
      empty={lines.length === 0}
      metrics={[ask.skewMetric]}
      guide={collectiveGuide}
      csv={() => linesCsv(lines)}
    >
      {query.data !== undefined && (
        <TimeSeriesChart label="Skew between ranks" lines={lines} unit="seconds" range={query.data} marks={marks} />
      )}
    </Panel>
  );
}
