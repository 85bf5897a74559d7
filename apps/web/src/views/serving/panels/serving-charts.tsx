'use client';

import type { ChartMark } from '#charts/chart-overlay.tsx';
import { linesOf } from '#charts/lines.ts';
import { TimeSeriesChart } from '#charts/time-series-chart.tsx';
import type { ChartBand, ChartLine } from '#charts/time-series-model.ts';
import { useInstant, useRange } from '#data/hooks.ts';
import type { RangeAnswer } from '#data/prometheus.ts';
import type { QueryState } from '#data/query-state.ts';
import type { Unit } from '#format/units.ts';
import { linesCsv } from '#panel/csv.ts';
import { Panel } from '#panel/panel.tsx';
import { servingGuide } from '../guide.ts';
import {
  firstTokenLimitSeconds,
  fullCacheShare,
  type QuantileName,
  quantileNames,
  quantiles,
  unresolvedBand,
} from '../prepare.ts';
import { boundsOf, families, gaugeOverTime, quantileOverTime, rateOverTime } from '../queries.ts';

interface ChartsProps {
  readonly model: string | null;
  readonly quantile: QuantileName;
  readonly marks: readonly ChartMark[];
}

const modelOf = (labels: Readonly<Record<string, string>>) => labels.model_name ?? 'without a name';
const half = { share: 1 / 2 } as const;

/** Everything along the way of a request, on one time axis: arriving, waiting, first token, further tokens, memory. */
export function ServingCharts({ model, quantile, marks }: ChartsProps) {
  const requests = useRange(
    rateOverTime(families.requests, model === null ? 'model_name' : 'finished_reason', model),
    half,
  );
  const running = useRange(gaugeOverTime(families.running, 'sum', model), half);
  const waiting = useRange(gaugeOverTime(families.waiting, 'sum', model), half);
  const generated = useRange(rateOverTime(families.generated, 'model_name', model), half);
  const prompt = useRange(rateOverTime(families.prompt, 'model_name', model), half);
  const cache = useRange(gaugeOverTime(families.cache, 'max', model), half);
  const preemptions = useRange(rateOverTime(families.preemptions, 'model_name', model), half);
  const both = (first: QueryState<RangeAnswer>, a: string, second: QueryState<RangeAnswer>, b: string) => [
    ...linesOf(first.data, (labels) => (model === null ? `${modelOf(labels)} ${a}` : a)),
    ...linesOf(second.data, (labels) => (model === null ? `${modelOf(labels)} ${b}` : b)).map((line) => ({
      ...line,
      dashed: true,
    })),
  ];
  const shared = { marks };
  return (
    <div className="grid gap-3 xl:grid-cols-2">
      <Latency
        title="Time to first token"
        note="What a user waits before the answer begins"
        family={families.firstToken}
        model={model}
        quantile={quantile}
        marks={marks}
        threshold={{ value: firstTokenLimitSeconds, label: 'at p99 the rule fires above' }}
      />
      <Latency
        title="Inter-token latency"
        note="How fast the answer goes on"
        family={families.interToken}
        model={model}
        quantile={quantile}
        marks={marks}
      />
      <Chart
        {...shared}
        title="Finished requests"
        note={model === null ? 'Per second, by deployment' : 'Per second, by how they ended'}
        queries={[requests]}
        lines={linesOf(requests.data, (labels) =>
          model === null ? modelOf(labels) : (labels.finished_reason ?? 'unknown'),
        )}
        unit="perSecond"
        metrics={[families.requests]}
      />
      <Latency
        title="Queue time"
        note="Waiting for a place in a batch"
        family={families.queueTime}
        model={model}
        quantile={quantile}
        marks={marks}
      />
      <Chart
        {...shared}
        title="Running and waiting requests"
        note="Waiting is dashed"
        queries={[running, waiting]}
        lines={both(running, 'running', waiting, 'waiting')}
        unit="count"
        metrics={[families.running, families.waiting]}
      />
      <Chart
        {...shared}
        title="KV cache in use"
        note="Of the fullest engine"
        queries={[cache]}
        lines={linesOf(cache.data, modelOf)}
        unit="ratio"
        metrics={[families.cache]}
        yMax={1}
        threshold={{ value: fullCacheShare, label: 'full from' }}
      />
      <Chart
        {...shared}
        title="Tokens per second"
        note="Generated; tokens of prompts are dashed"
        queries={[generated, prompt]}
        lines={both(generated, 'generated', prompt, 'prompt')}
        unit="perSecond"
        metrics={[families.generated, families.prompt]}
      />
      <Chart
        {...shared}
        title="Preemptions"
        note="Requests thrown out of the KV cache, to be computed again"
        queries={[preemptions]}
        lines={linesOf(preemptions.data, modelOf)}
        unit="perSecond"
        metrics={[families.preemptions]}
      />
    </div>
  );
}

/** A latency: the chosen quantile of every deployment, or three quantiles of the chosen one. */
function Latency({
  title,
  note,
  family,
  model,
  quantile,
  marks,
  threshold,
}: {
  title: string;
  note: string;
  family: string;
  model: string | null;
  quantile: QuantileName;
  marks: readonly ChartMark[];
  threshold?: { value: number; label: string };
}) {
  const chosen = useRange(quantileOverTime(family, quantiles[quantile], null), { ...half, enabled: model === null });
  const p50 = useRange(quantileOverTime(family, 0.5, model), { ...half, enabled: model !== null });
  const p90 = useRange(quantileOverTime(family, 0.9, model), { ...half, enabled: model !== null });
  const p99 = useRange(quantileOverTime(family, 0.99, model), { ...half, enabled: model !== null });
  const bounds = useInstant(boundsOf(family));
  const three = [p50, p90, p99];
  const lines =
    model === null
      ? linesOf(chosen.data, modelOf)
      : three.flatMap((query, i) => linesOf(query.data, () => quantileNames[i] as string));
  return (
    <Chart
      title={`${title}, ${model === null ? quantile : 'p50, p90 and p99'}`}
      note={note}
      queries={model === null ? [chosen] : three}
      lines={lines}
      unit="seconds"
      metrics={[family]}
      marks={marks}
      band={unresolvedBand(bounds.data?.samples, lines)}
      {...(threshold === undefined || (model === null && quantile !== 'p99') ? {} : { threshold })}
    />
  );
}

function Chart({
  title,
  note,
  queries,
  lines,
  unit,
  metrics,
  marks,
  yMax,
  band,
  threshold,
}: {
  title: string;
  note: string;
  queries: readonly QueryState<RangeAnswer>[];
  lines: readonly ChartLine[];
  unit: Unit;
  metrics: readonly string[];
  marks: readonly ChartMark[];
  yMax?: number;
  band?: ChartBand | undefined;
  threshold?: { value: number; label: string };
}) {
  const range = queries.find((query) => query.data !== undefined)?.data;
  return (
    <Panel
      title={title}
      note={note}
      queries={queries}
      empty={lines.length === 0}
      metrics={metrics}
      guide={servingGuide}
      csv={() => linesCsv(lines)}
    >
      {range !== undefined && (
        <TimeSeriesChart
          label={title}
          lines={lines}
          unit={unit}
          range={range}
          marks={marks}
          band={band}
          {...(yMax === undefined ? {} : { yMax })}
          {...(threshold === undefined ? {} : { threshold })}
        />
      )}
    </Panel>
  );
}
