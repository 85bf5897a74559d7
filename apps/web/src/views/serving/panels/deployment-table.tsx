'use client';

import { Bar } from '#charts/bar.tsx';
import { DataTable } from '#charts/data-table.tsx';
import { Sparkline } from '#charts/sparkline.tsx';
import { type Status, StatusBadge } from '#components/ui/status.tsx';
import { useRange } from '#data/hooks.ts';
import type { QueryState } from '#data/query-state.ts';
import { format, type Unit } from '#format/units.ts';
import { Panel } from '#panel/panel.tsx';
import { servingGuide } from '../guide.ts';
import {
  type Deployment,
  fullCacheShare,
  type Quantile,
  quantileText,
  quantileValue,
  trendOfModel,
} from '../prepare.ts';
import { families, quantileOverTime, rateOverTime } from '../queries.ts';

const verdicts: Record<Deployment['verdict'], readonly [Status, string]> = {
  in_time: ['ok', 'in time'],
  slow: ['bad', 'slow'],
  full: ['attention', 'cache full'],
  idle: ['unknown', 'idle'],
  unknown: ['unknown', 'unknown'],
};

const absent = (
  <span className="text-xs text-ink-faint" title="This engine or version does not export the family">
    not exported
  </span>
);
const amount = (value: number | null, unit: Unit) => (value === null ? absent : format(value, unit));

function QuantileCell({ quantile }: { quantile: Quantile }) {
  if (quantile.kind === 'missing') return absent;
  const hint =
    quantile.kind === 'below'
      ? 'In the first bucket of the histogram: where in it is not known'
      : quantile.kind === 'above'
        ? 'Beyond the last bound of the histogram'
        : undefined;
  return (
    <span title={hint} className={quantile.kind === 'idle' ? 'text-xs text-ink-faint' : undefined}>
      {quantileText(quantile)}
    </span>
  );
}

/** Deployments side by side: the figures of the last five minutes, and how they went over the range. */
export function DeploymentTable({
  deployments,
  queries,
  selected,
  onSelect,
}: {
  deployments: readonly Deployment[];
  queries: readonly QueryState<unknown>[];
  selected: string | null;
  onSelect: (model: string) => void;
}) {
  const firstToken = useRange(quantileOverTime(families.firstToken, 0.99, null), { share: 1 / 3 });
  const requests = useRange(rateOverTime(families.requests, 'model_name', null), { share: 1 / 3 });
  return (
    <Panel
      title="Deployments"
      note="Last five minutes; preemptions over the range. Engines of one model_name are taken together"
      queries={queries}
      empty={deployments.length === 0}
      metrics={Object.values(families)}
      guide={servingGuide}
      minHeight={130}
      csv={() => ({
        header: [
          'deployment',
          'requests_per_second',
          'ttft_p50_s',
          'ttft_p90_s',
          'ttft_p99_s',
          'itl_p50_s',
          'itl_p99_s',
          'kv_cache',
          'running',
          'waiting',
          'generated_tokens_per_second',
          'prompt_tokens_per_second',
          'preemptions',
        ],
        rows: deployments.map((d) => [
          d.model,
          d.requests,
          quantileText(d.firstToken.p50),
          quantileText(d.firstToken.p90),
          quantileText(d.firstToken.p99),
          quantileText(d.interToken.p50),
          quantileText(d.interToken.p99),
          d.cache,
          d.running,
          d.waiting,
          d.generated,
          d.prompt,
          d.preemptions,
        ]),
      })}
    >
      <DataTable<Deployment>
        label="Deployments"
        rows={deployments}
        rowKey={(d) => d.model}
        selected={selected ?? undefined}
        onRow={(d) => onSelect(d.model)}
        columns={[
          {
            key: 'model',
            title: 'Deployment',
            value: (d) => d.model,
            cell: (d) => (
              <button type="button" className="rounded text-accent hover:underline">
                {d.model}
              </button>
            ),
          },
          {
            key: 'verdict',
            title: 'Users',
            value: (d) => d.verdict,
            cell: (d) => <StatusBadge status={verdicts[d.verdict][0]}>{verdicts[d.verdict][1]}</StatusBadge>,
          },
          {
            key: 'requests',
            title: 'Requests',
            align: 'right',
            value: (d) => d.requests,
            cell: (d) => (
              <span className="inline-flex items-center gap-2">
                <span className="w-12 max-md:hidden">
                  <Sparkline values={trendOfModel(requests.data, d.model)} label={`Requests of ${d.model}`} min={0} />
                </span>
                {amount(d.requests, 'perSecond')}
              </span>
            ),
          },
          {
            key: 'ttft50',
            title: 'First token p50',
            align: 'right',
            value: (d) => quantileValue(d.firstToken.p50),
            cell: (d) => <QuantileCell quantile={d.firstToken.p50} />,
          },
          {
            key: 'ttft99',
            title: 'p99',
            align: 'right',
            value: (d) => quantileValue(d.firstToken.p99),
            cell: (d) => (
              <span className="inline-flex items-center gap-2">
                <span className="w-12 max-md:hidden">
                  <Sparkline
                    values={trendOfModel(firstToken.data, d.model)}
                    label={`First token p99 of ${d.model}`}
                    min={0}
                  />
                </span>
                <QuantileCell quantile={d.firstToken.p99} />
              </span>
            ),
          },
          {
            key: 'itl50',
            title: 'Inter-token p50',
            align: 'right',
            wide: true,
            value: (d) => quantileValue(d.interToken.p50),
            cell: (d) => <QuantileCell quantile={d.interToken.p50} />,
          },
          {
            key: 'itl99',
            title: 'p99',
            align: 'right',
            wide: true,
            value: (d) => quantileValue(d.interToken.p99),
            cell: (d) => <QuantileCell quantile={d.interToken.p99} />,
          },
          {
            key: 'cache',
            title: 'KV cache',
            align: 'right',
            value: (d) => d.cache,
            cell: (d) => (
              <span className="inline-flex items-center gap-2">
                {d.cache !== null && <Bar share={d.cache} mark={fullCacheShare} className="w-10 max-md:hidden" />}
                {amount(d.cache, 'ratio')}
              </span>
            ),
          },
          {
            key: 'running',
            title: 'Running',
            align: 'right',
            value: (d) => d.running,
            cell: (d) => amount(d.running, 'count'),
          },
          {
            key: 'waiting',
            title: 'Waiting',
            align: 'right',
            value: (d) => d.waiting,
            cell: (d) => amount(d.waiting, 'count'),
          },
          {
            key: 'tokens',
            title: 'Tokens out',
            hint: 'Generated per second',
            align: 'right',
            wide: true,
            value: (d) => d.generated,
            cell: (d) => amount(d.generated, 'perSecond'),
          },
          {
            key: 'preemptions',
            title: 'Preempted',
            align: 'right',
            wide: true,
            hint: 'Requests thrown out of the KV cache in the range',
            value: (d) => d.preemptions,
            cell: (d) => amount(d.preemptions === null ? null : Math.round(d.preemptions), 'count'),
          },
        ]}
      />
    </Panel>
  );
}
