'use client';

import { Play } from 'lucide-react';
import dynamic from 'next/dynamic';
import { parseAsString, parseAsStringLiteral, useQueryStates } from 'nuqs';
import { useCallback, useEffect, useRef, useState } from 'react';
import { DataTable } from '#charts/data-table.tsx';
import { TimeSeriesChart } from '#charts/time-series-chart.tsx';
import { Button } from '#components/ui/button.tsx';
import { Segmented } from '#components/ui/segmented.tsx';
import { useClock } from '#data/clock.tsx';
import { useCluster } from '#data/cluster.ts';
import type { GatewayError } from '#data/gateway-error.ts';
import { useInstant, useRange } from '#data/hooks.ts';
import type { Sample } from '#data/prometheus.ts';
import { ViewHeader } from '#frame/view-header.tsx';
import { linesCsv } from '#panel/csv.ts';
import { Panel } from '#panel/panel.tsx';
import { exploreGuide } from './guide.ts';
import { drawn, errorPlace, guessUnit, labelColumns, mostLines } from './prepare.ts';

const PromqlEditor = dynamic(() => import('./editor.tsx'), {
  ssr: false,
  loading: () => <div className="h-[60px] animate-pulse rounded-md bg-sunken" />,
});

/** Let me ask. */
export function ExploreView() {
  const [{ expr, show }, setState] = useQueryStates(
    {
      expr: parseAsString.withDefault(''),
      show: parseAsStringLiteral(['graph', 'table']).withDefault('graph'),
    },
    { history: 'push' },
  );
  const [text, setText] = useState(expr);
  // The address may change under the editor: back, forward, a link from a panel.
  useEffect(() => setText(expr), [expr]);
  const { matcher } = useCluster();
  const clock = useClock();
  const refresh = useRef(clock.refresh);
  refresh.current = clock.refresh;

  const run = useCallback(
    (next: string) => {
      void setState({ expr: next.trim() === '' ? null : next });
      refresh.current();
    },
    [setState],
  );

  return (
    <>
      <ViewHeader title="Explore" question="Let me ask." />
      <div className="grid grid-cols-[minmax(0,1fr)] gap-3">
        <section aria-label="Query" className="rounded-lg border border-line bg-surface p-3 shadow-panel">
          <div className="rounded-md border border-line-strong focus-within:border-accent focus-within:ring-1 focus-within:ring-accent">
            <PromqlEditor value={text} onChange={setText} onRun={run} />
          </div>
          <div className="mt-2 flex flex-wrap items-center gap-2">
            <Button variant="primary" onClick={() => run(text)}>
              <Play aria-hidden /> Run
            </Button>
            <span className="text-xs text-ink-faint max-sm:hidden">ctrl-enter runs, ctrl-space completes</span>
            <div className="flex-1" />
            <Segmented
              label="Show"
              value={show}
              options={[
                { value: 'graph', label: 'Graph over the range' },
                { value: 'table', label: 'Table of the newest' },
              ]}
              onChange={(value) => void setState({ show: value })}
            />
          </div>
        </section>
        {expr === '' ? (
          <Examples matcher={matcher} onPick={run} />
        ) : show === 'graph' ? (
          <Graph expr={expr} />
        ) : (
          <Table expr={expr} />
        )}
      </div>
    </>
  );
}

function Graph({ expr }: { expr: string }) {
  const query = useRange(() => expr, { free: true });
  if (query.error !== undefined && query.data === undefined)
    return <QueryFailure expr={expr} error={query.error} onRetry={query.retry} />;
  const answer = query.data === undefined ? undefined : drawn(query.data);
  return (
    <Panel
      title="Graph"
      note={
        answer === undefined || query.data === undefined ? undefined : (
          <span className="tabular">
            {answer.series} series, {answer.points} points, one every {query.data.stepSeconds} s
            {answer.series > mostLines && `; the first ${mostLines} are drawn`}
            {query.data.warnings.map((warning) => `; ${warning}`)}
          </span>
        )
      }
      queries={[query]}
      empty={answer !== undefined && answer.series === 0}
      metrics={[]}
      guide={exploreGuide}
      emptyText="The expression gives no series in this time range."
      csv={() => linesCsv(answer?.lines ?? [])}
      minHeight={360}
    >
      {answer !== undefined && query.data !== undefined && (
        <TimeSeriesChart
          label={`Graph of ${expr}`}
          lines={answer.lines}
          unit={guessUnit(expr)}
          range={query.data}
          yMin="auto"
          height={320}
        />
      )}
    </Panel>
  );
}

function Table({ expr }: { expr: string }) {
  const query = useInstant(() => expr, { free: true });
  if (query.error !== undefined && query.data === undefined)
    return <QueryFailure expr={expr} error={query.error} onRetry={query.retry} />;
  const samples = query.data?.samples ?? [];
  const names = labelColumns(samples);
  return (
    <Panel
      title="Table"
      note={
        query.data === undefined ? undefined : (
          <span className="tabular">{samples.length} series at the end of the range</span>
        )
      }
      queries={[query]}
      empty={query.data !== undefined && samples.length === 0}
      metrics={[]}
      guide={exploreGuide}
      emptyText="The expression gives no sample at this time."
      csv={() => ({
        header: [...names, 'value'],
        rows: samples.map((s) => [...names.map((name) => s.labels[name] ?? null), s.value]),
      })}
      minHeight={360}
    >
      <DataTable<Sample>
        label="Samples"
        rows={samples}
        rowKey={(sample) => JSON.stringify(sample.labels)}
        maxHeight={560}
        columns={[
          ...names.map((name) => ({
            key: name,
            title: name === '__name__' ? 'metric' : name,
            value: (sample: Sample) => sample.labels[name] ?? null,
          })),
          {
            key: 'value',
            title: 'value',
            align: 'right' as const,
            value: (sample: Sample) => sample.value,
            cell: (sample: Sample) => String(sample.value),
          },
        ]}
      />
    </Panel>
  );
}

/** What is wrong with the expression, with a caret under the place. */
function QueryFailure({ expr, error, onRetry }: { expr: string; error: GatewayError; onRetry: () => void }) {
  const place = errorPlace(expr, error.position);
  return (
    <section role="alert" data-query-error className="rounded-lg border border-bad-mark bg-surface p-4">
      <h2 className="text-[13px] font-semibold text-bad">
        {error.code === 'query_invalid' ? 'The expression is not valid' : 'The query failed'}
      </h2>
      {place !== null && (
        <pre className="mt-2 overflow-x-auto font-mono text-[13px] leading-5 text-ink">
          {place.line}
          {'\n'}
          <span className="text-bad">{place.caret}</span>
        </pre>
      )}
      <p className="mt-2 break-words text-[13px] text-ink-soft">{error.message}</p>
      {error.code !== 'query_invalid' && (
        <Button size="small" className="mt-2" onClick={onRetry}>
          Retry
        </Button>
      )}
    </section>
  );
}

function Examples({ matcher, onPick }: { matcher: string | undefined; onPick: (expr: string) => void }) {
  const at = matcher === undefined ? '' : `{${matcher}}`;
  const examples = [
    ['Mean GPU utilization of each node', `avg by (hostname) (DCGM_FI_DEV_GPU_UTIL${at})`],
    ['What each port transmits', `rate(node_infiniband_port_data_transmitted_bytes_total${at}[2m])`],
    [
      'GPUs that queues ask for and do not hold',
      `binnacle_queue_requested_gpus${at} - binnacle_queue_allocated_gpus${at}`,
    ],
    ['Sources that do not answer', `up${at} == 0`],
  ] as const;
  return (
    <section aria-label="Examples" className="rounded-lg border border-line bg-surface p-4 shadow-panel">
      <h2 className="text-[13px] font-semibold">To begin with</h2>
      <ul className="mt-2 grid gap-1">
        {examples.map(([what, expr]) => (
          <li key={expr}>
            <button
              type="button"
              onClick={() => onPick(expr)}
              className="w-full rounded-md px-2 py-1.5 text-left hover:bg-sunken"
            >
              <span className="block text-[13px]">{what}</span>
              <code className="block break-all font-mono text-xs text-ink-faint">{expr}</code>
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}
