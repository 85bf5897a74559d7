'use client';

import type { ChartMark } from '#charts/chart-overlay.tsx';
import { linesOf } from '#charts/lines.ts';
import { TimeSeriesChart } from '#charts/time-series-chart.tsx';
import { useRange } from '#data/hooks.ts';
import { linesCsv } from '#panel/csv.ts';
import { Panel } from '#panel/panel.tsx';
import { portGuide } from '../guide.ts';
import { errorRate, received, throughput, transmitted } from '../queries.ts';

export interface PortChoice {
  readonly instance: string;
  readonly device: string;
}

const half = { share: 1 / 2 };

/** Throughput and errors over time: of all nodes, or of one port. */
export function PortCharts({ port, marks }: { port: PortChoice | null; marks: readonly ChartMark[] }) {
  const out = useRange(throughput(transmitted, port), half);
  const into = useRange(throughput(received, port), { ...half, enabled: port !== null });
  const errors = useRange(errorRate(port), half);
  const of = port === null ? '' : ` of ${port.device} on ${port.instance}`;
  const throughputLines =
    port === null
      ? linesOf(out.data, (labels) => labels.instance ?? '')
      : [...linesOf(out.data, () => 'transmitted'), ...linesOf(into.data, () => 'received')];
  const errorLines = linesOf(errors.data, (labels) => `${labels.instance} ${labels.device}`);
  return (
    <>
      <Panel
        title={port === null ? 'Transmitted by node' : `Throughput${of}`}
        note={port === null ? 'Sum of the ports of each node' : undefined}
        queries={port === null ? [out] : [out, into]}
        empty={throughputLines.length === 0}
        metrics={[transmitted]}
        guide={portGuide}
        csv={() => linesCsv(throughputLines)}
      >
        {out.data !== undefined && (
          <TimeSeriesChart
            label={`Throughput${of}`}
            lines={throughputLines}
            unit="bytesPerSecond"
            range={out.data}
            marks={marks}
          />
        )}
      </Panel>
      <Panel
        title={`Port errors${of}`}
        note="Symbol errors and packets received with errors, per second"
        queries={[errors]}
        empty={errorLines.length === 0}
        emptyIsGood="No port counted an error in this time range."
        metrics={['node_infiniband_symbol_error_total']}
        guide={portGuide}
        csv={() => linesCsv(errorLines)}
      >
        {errors.data !== undefined && (
          <TimeSeriesChart
            label={`Port errors${of}`}
            lines={errorLines}
            unit="perSecond"
            range={errors.data}
            marks={marks}
          />
        )}
      </Panel>
    </>
  );
}
