'use client';

import type { ChartMark } from '#charts/chart-overlay.tsx';
import { linesOf } from '#charts/lines.ts';
import { TimeSeriesChart } from '#charts/time-series-chart.tsx';
import { useRange } from '#data/hooks.ts';
import { linesCsv } from '#panel/csv.ts';
import { Panel } from '#panel/panel.tsx';
import { mcpGuide } from '../guide.ts';
import { serverTokens } from '../queries.ts';

export function TokensOverTime({
  marks,
  colorOf,
}: {
  marks: readonly ChartMark[];
  colorOf: (server: string) => string;
}) {
  const query = useRange(serverTokens, { share: 1 / 2 });
  const lines = linesOf(query.data, (labels) => labels.server ?? 'unnamed').map((line) => ({
    ...line,
    color: colorOf(line.name),
  }));
  return (
    <Panel
      title="Tokens of all definitions by server"
      note="Marks are changes of definitions and alerts"
      queries={[query]}
      empty={lines.length === 0}
      metrics={['binnacle_mcp_server_tokens']}
      guide={mcpGuide}
      csv={() => linesCsv(lines)}
    >
      {query.data !== undefined && (
        <TimeSeriesChart
          label="Tokens of all definitions by server"
          lines={lines}
          unit="count"
          range={query.data}
          marks={marks}
        />
      )}
    </Panel>
  );
}
