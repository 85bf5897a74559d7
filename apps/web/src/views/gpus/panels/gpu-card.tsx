'use client';

import { X } from 'lucide-react';
import { linesOf } from '#charts/lines.ts';
import { TimeSeriesChart } from '#charts/time-series-chart.tsx';
import { Button } from '#components/ui/button.tsx';
import { StatusBadge } from '#components/ui/status.tsx';
import { useInstant, useRange } from '#data/hooks.ts';
import { format, type Unit } from '#format/units.ts';
import { Panel } from '#panel/panel.tsx';
import { gpuGuide } from '../guide.ts';
import type { GpuState } from '../prepare.ts';
import { clockMetric, gpuMetrics, oneGpu, oneGpuOverTime } from '../queries.ts';

const facts: readonly (readonly [metric: string, name: string, unit: Unit])[] = [
  ['DCGM_FI_DEV_GPU_UTIL', 'Utilization', 'percent'],
  ['DCGM_FI_PROF_PIPE_TENSOR_ACTIVE', 'Tensor activity', 'ratio'],
  ['DCGM_FI_DEV_FB_USED', 'Memory used', 'mebibytes'],
  ['DCGM_FI_DEV_FB_FREE', 'Memory free', 'mebibytes'],
  ['DCGM_FI_DEV_POWER_USAGE', 'Power', 'watts'],
  ['DCGM_FI_DEV_GPU_TEMP', 'GPU temperature', 'celsius'],
  ['DCGM_FI_DEV_MEMORY_TEMP', 'Memory temperature', 'celsius'],
  ['DCGM_FI_DEV_SM_CLOCK', 'SM clock', 'megahertz'],
  ['DCGM_FI_DEV_UNCORRECTABLE_REMAPPED_ROWS', 'Rows remapped, uncorrectable', 'count'],
  ['DCGM_FI_DEV_PCIE_REPLAY_COUNTER', 'PCIe replays since boot', 'count'],
];

const looks = { works: 'ok', idle: 'unknown', suffers: 'bad', unknown: 'unknown' } as const;

/** One GPU: what it is, what it does now, and its last hours. */
export function GpuCard({ id, state, onClose }: { id: string; state: GpuState | undefined; onClose: () => void }) {
  const slash = id.lastIndexOf('/');
  const [node, gpu] = [id.slice(0, slash), id.slice(slash + 1)];
  const now = useInstant(oneGpu(node, gpu));
  const values = new Map((now.data?.samples ?? []).map((sample) => [sample.labels.__name__ ?? '', sample]));
  const about = now.data?.samples.find((sample) => sample.labels.modelName !== undefined)?.labels;
  return (
    <Panel
      title={`${node} GPU ${gpu}`}
      note={
        about === undefined ? undefined : [about.modelName, about.UUID, about.pci_bus_id].filter(Boolean).join(' · ')
      }
      queries={[now]}
      empty={values.size === 0}
      metrics={['DCGM_FI_DEV_GPU_UTIL']}
      guide={gpuGuide}
      actions={
        <>
          {state !== undefined && (
            <StatusBadge status={looks[state.work]}>{state.reason === null ? state.work : state.reason}</StatusBadge>
          )}
          <Button variant="ghost" size="iconSmall" aria-label="Close the GPU's card" onClick={onClose}>
            <X aria-hidden />
          </Button>
        </>
      }
    >
      <dl className="grid grid-cols-2 gap-x-6 gap-y-0.5 text-[13px]">
        {facts.map(([metric, name, unit]) => (
          <div key={metric} className="flex items-baseline justify-between gap-2 border-b border-line py-1">
            <dt className="min-w-0 truncate text-ink-soft" title={metric}>
              {name}
            </dt>
            <dd className="whitespace-nowrap tabular font-medium">{format(values.get(metric)?.value, unit)}</dd>
          </div>
        ))}
      </dl>
      <div className="mt-3 grid gap-3 sm:grid-cols-2">
        <Small
          title="Utilization"
          metric={gpuMetrics.utilization.metric}
          unit="percent"
          node={node}
          gpu={gpu}
          yMax={100}
        />
        <Small title="SM clock" metric={clockMetric} unit="megahertz" node={node} gpu={gpu} />
        <Small title="Temperature" metric={gpuMetrics.temperature.metric} unit="celsius" node={node} gpu={gpu} />
        <Small title="Power" metric={gpuMetrics.power.metric} unit="watts" node={node} gpu={gpu} />
      </div>
    </Panel>
  );
}

function Small({
  title,
  metric,
  unit,
  node,
  gpu,
  yMax,
}: {
  title: string;
  metric: string;
  unit: Unit;
  node: string;
  gpu: string;
  yMax?: number;
}) {
  const query = useRange(oneGpuOverTime(metric, node, gpu), { share: 1 / 3 });
  return (
    <figure className="min-w-0">
      <figcaption className="text-xs text-ink-soft">{title}</figcaption>
      {query.data === undefined ? (
        <div className="h-28 rounded bg-sunken" />
      ) : (
        <TimeSeriesChart
          label={`${title} of ${node} GPU ${gpu}`}
          lines={linesOf(query.data, () => title)}
          unit={unit}
          range={query.data}
          height={112}
          legend={false}
          {...(yMax === undefined ? {} : { yMax })}
        />
      )}
    </figure>
  );
}
